//! RSASSA-PSS (RFC 8017 §8.1) as RFC 7518 §3.5 fixes it: MGF1 with the same hash, salt as long as the hash.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::RsaPublicKey;
use crate::algorithm::{Algorithm, Hash};
use crate::signature::{NoSigningKey, SignatureBytes};

/// Last byte of an encoded message.
const TRAILER: u8 = 0xbc;

/// Verifier of RSASSA-PSS. Envoy's `verify_signature` has no way to ask for this padding, so no host is asked.
pub(crate) struct Pss {
    pub(crate) hash: Hash,
}

impl jwt_compact::Algorithm for Pss {
    type SigningKey = NoSigningKey;
    type VerifyingKey = RsaPublicKey;
    type Signature = SignatureBytes;

    fn name(&self) -> Cow<'static, str> {
        let algorithm = match self.hash {
            Hash::Sha256 => Algorithm::PS256,
            Hash::Sha384 => Algorithm::PS384,
            Hash::Sha512 => Algorithm::PS512,
        };
        Cow::Borrowed(algorithm.name())
    }

    fn sign(&self, signing_key: &NoSigningKey, _: &[u8]) -> SignatureBytes {
        match *signing_key {}
    }

    fn verify_signature(
        &self,
        signature: &SignatureBytes,
        key: &RsaPublicKey,
        message: &[u8],
    ) -> bool {
        key.recover(signature.as_slice()).is_some_and(|encoded| {
            let bits = key.bits().saturating_sub(1);
            is_encoding_of(&encoded, bits, self.hash, message)
        })
    }
}

/// EMSA-PSS-VERIFY (RFC 8017 §9.1.2) for an encoded message of `bits` bits, given with the length of the modulus.
fn is_encoding_of(encoded: &[u8], bits: u64, hash: Hash, message: &[u8]) -> bool {
    // Bits of the first byte that a number of `bits` bits does not have. With 8k + 1 bits in the modulus, a whole byte.
    let encoded = if bits.is_multiple_of(8) {
        match encoded.split_first() {
            Some((0, rest)) => rest,
            Some(_) | None => return false,
        }
    } else {
        encoded
    };
    let unused = match bits % 8 {
        0 => 0u8,
        used => 0xffu8
            .checked_shl(u32::try_from(used).unwrap_or(8))
            .unwrap_or(0),
    };

    let Some((&TRAILER, rest)) = encoded.split_last() else {
        return false;
    };
    let Some((masked, digest)) = rest
        .len()
        .checked_sub(hash.output_len())
        .and_then(|at| rest.split_at_checked(at))
    else {
        return false;
    };
    if masked.first().is_none_or(|first| first & unused != 0) {
        return false;
    }

    let mut block = mask(hash, digest, masked.len());
    for (byte, masked) in block.iter_mut().zip(masked) {
        *byte ^= masked;
    }
    if let Some(first) = block.first_mut() {
        *first &= !unused;
    }
    let Some((padding, salt)) = block
        .len()
        .checked_sub(hash.output_len())
        .and_then(|at| block.split_at_checked(at))
    else {
        return false;
    };
    let Some((&0x01, zeros)) = padding.split_last() else {
        return false;
    };
    if zeros.iter().any(|&byte| byte != 0) {
        return false;
    }
    let message_digest = hash.digest(&[message]);
    hash.digest(&[&[0; 8], &message_digest, salt]) == digest
}

/// MGF1 (RFC 8017 §B.2.1).
fn mask(hash: Hash, seed: &[u8], len: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(len.saturating_add(hash.output_len()));
    let mut counter = 0u32;
    while mask.len() < len {
        mask.extend(hash.digest(&[seed, &counter.to_be_bytes()]));
        counter = counter.wrapping_add(1);
    }
    mask.truncate(len);
    mask
}
