//! RSA public keys and the two signature schemes over them.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::asn1;
use crate::key::KeyError;

mod modulus;
mod pkcs1;
mod pss;

use modulus::Modulus;
pub(crate) use pkcs1::Pkcs1;
pub(crate) use pss::Pss;

/// Smallest modulus: "a key of size 2048 bits or larger MUST be used" (RFC 7518 §3.3).
pub const MIN_RSA_BITS: u32 = 2048;

/// Largest modulus. One verification takes time with the square of the length; 8192 bits is what BoringSSL
/// allows too, and no identity provider publishes more.
pub const MAX_RSA_BITS: u32 = 8192;

/// Largest public exponent, in bits: what BoringSSL allows, so that both paths take the same keys.
const MAX_EXPONENT_BITS: u32 = 33;

/// RSA public key within the limits, with all that can be computed once per key.
#[derive(Clone)]
pub(crate) struct RsaPublicKey {
    modulus: Modulus,
    /// Modulus in network byte order, first byte not zero.
    n: Box<[u8]>,
    exponent: u64,
    spki: Box<[u8]>,
}

impl RsaPublicKey {
    /// A key from big-endian modulus and exponent; leading zero bytes are dropped.
    pub(crate) fn new(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        let n = without_leading_zeros(n);
        let bits = bit_length(n);
        if bits < u64::from(MIN_RSA_BITS) || bits > u64::from(MAX_RSA_BITS) {
            return Err(KeyError::RsaModulusSize { bits });
        }
        let e = without_leading_zeros(e);
        let exponent = e
            .iter()
            .take(8)
            .fold(0u64, |value, &byte| (value << 8) | u64::from(byte));
        let in_range = exponent >= 3 && bit_length(e) <= u64::from(MAX_EXPONENT_BITS);
        if !in_range || exponent & 1 == 0 {
            return Err(KeyError::RsaExponent);
        }
        let modulus = Modulus::from_be_bytes(n).ok_or(KeyError::RsaModulusEven)?;
        Ok(Self {
            modulus,
            n: n.into(),
            exponent,
            spki: asn1::encode_rsa_spki(n, e).into(),
        })
    }

    /// Length of the modulus in bits.
    pub(crate) fn bits(&self) -> u64 {
        bit_length(&self.n)
    }

    pub(crate) fn n(&self) -> &[u8] {
        &self.n
    }

    pub(crate) fn e(&self) -> Vec<u8> {
        without_leading_zeros(&self.exponent.to_be_bytes()).to_vec()
    }

    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Whether a signature has the length of the modulus and is, as a number, less than it (RFC 8017 §5.2.2, §8.2.2).
    ///
    /// Without this a signature would have several spellings, and libraries differ in which they take.
    fn has_representative(&self, signature: &[u8]) -> bool {
        signature.len() == self.n.len() && signature < &*self.n
    }

    /// RSAVP1 (RFC 8017 §5.2.2): the encoded message, as long as the modulus.
    /// Nothing if the signature is out of range.
    fn recover(&self, signature: &[u8]) -> Option<Vec<u8>> {
        self.has_representative(signature)
            .then(|| self.modulus.power(signature, self.exponent))
    }
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// Bits of a big-endian number without leading zero bytes.
fn bit_length(bytes: &[u8]) -> u64 {
    let Some(&first) = bytes.first() else {
        return 0;
    };
    (bytes.len() as u64)
        .saturating_mul(8)
        .saturating_sub(u64::from(first.leading_zeros()))
}
