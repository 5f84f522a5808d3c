//! Signature verification offered by the host.

use crate::algorithm::Hash;

/// What the host of this code can verify for us.
///
/// Asked by [`Key::verify`](crate::Key::verify) about RSASSA-PKCS1-v1_5 and ECDSA, after the type of the key and the
/// length and range of the signature were checked.
pub trait HostCrypto {
    /// Verifies `signature` over `message` with the DER SubjectPublicKeyInfo `spki_der`.
    ///
    /// RSA signatures are as in RFC 8017 §8.2; ECDSA signatures are the ASN.1 DER `SEQUENCE { r, s }`.
    /// `None` means that the host cannot tell, and the pure Rust verifier decides; `Some(false)` is final.
    fn verify(&self, hash: Hash, spki_der: &[u8], signature: &[u8], message: &[u8])
    -> Option<bool>;
}

/// A host without signature verification: every signature is verified in pure Rust.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHostCrypto;

impl HostCrypto for NoHostCrypto {
    fn verify(&self, _: Hash, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        None
    }
}
