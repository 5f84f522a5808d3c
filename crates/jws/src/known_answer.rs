//! Signatures that are known to be valid, to find out whether a host verifies.
//!
//! A caller asks its [`HostCrypto`](crate::HostCrypto) once for each; a host that does not answer `Some(true)`, or
//! answers it for another message, is not used.
