//! What all verifiers share: signature bytes, the absent signing key, the length check.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use jwt_compact::AlgorithmSignature;

/// The signing key of an algorithm that only verifies. It has no value, so `sign` cannot be called.
#[derive(Clone, Copy, Debug)]
pub enum NoSigningKey {}

/// Signature whose form depends on the key and is checked by the verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureBytes(Vec<u8>);

impl SignatureBytes {
    pub(crate) fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl AlgorithmSignature for SignatureBytes {
    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        Ok(Self(slice.to_vec()))
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.0)
    }
}

/// Runs a verifier on signature bytes of unknown length.
///
/// `jwt_compact` promises its signature types a slice of [`AlgorithmSignature::LENGTH`] bytes, and those of its
/// HMACs panic on another; this is the one place that keeps the promise.
pub(crate) fn verify<A: jwt_compact::Algorithm>(
    algorithm: &A,
    key: &A::VerifyingKey,
    message: &[u8],
    signature: &[u8],
) -> bool {
    if A::Signature::LENGTH.is_some_and(|length| length.get() != signature.len()) {
        return false;
    }
    match A::Signature::try_from_slice(signature) {
        Ok(signature) => algorithm.verify_signature(&signature, key, message),
        Err(_) => false,
    }
}
