//! JSON Web Signature (RFC 7515) algorithms, keys and JWK sets (RFC 7517) for verifying tokens.
//!
//! The crate verifies and never signs. It does no I/O and knows no clock, so the same code runs inside a
//! WebAssembly filter and in a command-line tool. Three decisions shape it:
//!
//! - **The type of the key decides the algorithm family**, never the token. A [`Key`] refuses every
//!   [`Algorithm`] that its type and curve do not fit, so an RSA modulus cannot become an HMAC secret
//!   (RFC 8725 §2.1) and an EC key cannot be used under `RS256`.
//! - **The host verifies where it can** ([`HostCrypto`]), because native code is many times faster than the same
//!   in WebAssembly. Everything that decides which key and which algorithm is checked here before the
//!   host is asked, and the host's answer counts only when it gives one.
//! - **No input can panic.** Documents, keys and signatures come from outside.
//!
//! Each verifier is an implementation of [`jwt_compact::Algorithm`]; [`Verifier`] is the one that takes any [`Key`].

#![forbid(unsafe_code)]

extern crate alloc;

mod algorithm;
mod asn1;
mod ecdsa;
mod eddsa;
mod encoding;
mod hmac;
mod host;
mod json;
mod jwk;
mod jwk_set;
mod key;
pub mod known_answer;
mod pem;
mod printable;
mod rsa;
mod signature;
mod verifier;

pub use algorithm::{Algorithm, Hash};
pub use encoding::{Base64Error, decode_base64_any};
pub use host::{HostCrypto, NoHostCrypto};
pub use jwk::{Jwk, MAX_KEY_BYTES, MAX_KID_BYTES, Origin, SkipReason};
pub use jwk_set::{
    JwkSet, JwkSetError, MAX_DOCUMENT_BYTES, MAX_KEYS, Resemblance, SkippedKey, parse_jwk_set,
};
pub use key::{Curve, Key, KeyError};
pub use pem::MAX_PEM_BYTES;
pub use rsa::{MAX_RSA_BITS, MIN_RSA_BITS};
pub use signature::{NoSigningKey, SignatureBytes};
pub use verifier::Verifier;
