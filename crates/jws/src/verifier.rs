//! The algorithm chosen at run time, as a `jwt_compact` algorithm.

use alloc::borrow::Cow;
use core::fmt;

use crate::algorithm::Algorithm;
use crate::host::HostCrypto;
use crate::key::Key;
use crate::signature::{NoSigningKey, SignatureBytes};

/// Any [`Algorithm`] with any [`Key`], to be used with `jwt_compact`'s validator.
///
/// A key that does not fit the algorithm verifies nothing.
#[derive(Clone, Copy)]
pub struct Verifier<'h> {
    algorithm: Algorithm,
    host: &'h dyn HostCrypto,
}

impl<'h> Verifier<'h> {
    /// A verifier of `algorithm` that asks `host` first.
    pub fn new(algorithm: Algorithm, host: &'h dyn HostCrypto) -> Self {
        Self { algorithm, host }
    }
}

impl fmt::Debug for Verifier<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Verifier")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl jwt_compact::Algorithm for Verifier<'_> {
    type SigningKey = NoSigningKey;
    type VerifyingKey = Key;
    type Signature = SignatureBytes;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(self.algorithm.name())
    }

    fn sign(&self, signing_key: &NoSigningKey, _: &[u8]) -> SignatureBytes {
        match *signing_key {}
    }

    fn verify_signature(&self, signature: &SignatureBytes, key: &Key, message: &[u8]) -> bool {
        key.verify(self.algorithm, message, signature.as_slice(), self.host)
    }
}
