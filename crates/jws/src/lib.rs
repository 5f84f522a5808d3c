//! JSON Web Signature.
