//! EdDSA on Ed25519 (RFC 8037, RFC 8032).

use alloc::borrow::Cow;

use ed25519_dalek::VerifyingKey;

use crate::algorithm::Algorithm;
use crate::key::KeyError;
use crate::signature::NoSigningKey;

/// Length of a public key in bytes.
pub(crate) const PUBLIC_KEY_LEN: usize = 32;

/// A point that is not of small order: with such a key one signature would fit nearly every message.
pub(crate) fn public_key(bytes: &[u8]) -> Result<VerifyingKey, KeyError> {
    let bytes: &[u8; PUBLIC_KEY_LEN] =
        bytes.try_into().map_err(|_| KeyError::CoordinateLength {
            expected: PUBLIC_KEY_LEN,
            found: bytes.len(),
        })?;
    let key = VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotOnEd25519)?;
    if key.is_weak() {
        return Err(KeyError::Ed25519SmallOrder);
    }
    Ok(key)
}

/// Verifier of Ed25519 that refuses what the cofactored equation would let through.
///
/// `jwt_compact` verifies without the strict rules, and without them libraries disagree on crafted signatures.
pub(crate) struct StrictEd25519;

impl jwt_compact::Algorithm for StrictEd25519 {
    type SigningKey = NoSigningKey;
    type VerifyingKey = VerifyingKey;
    type Signature = ed25519_dalek::Signature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(Algorithm::EdDSA.name())
    }

    fn sign(&self, signing_key: &NoSigningKey, _: &[u8]) -> Self::Signature {
        match *signing_key {}
    }

    fn verify_signature(
        &self,
        signature: &Self::Signature,
        key: &VerifyingKey,
        message: &[u8],
    ) -> bool {
        key.verify_strict(message, signature).is_ok()
    }
}
