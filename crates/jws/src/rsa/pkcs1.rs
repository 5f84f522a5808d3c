//! RSASSA-PKCS1-v1_5 (RFC 8017 §8.2): RS256, RS384, RS512.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::RsaPublicKey;
use crate::algorithm::{Algorithm, Hash};
use crate::host::HostCrypto;
use crate::signature::{NoSigningKey, SignatureBytes};

/// `DigestInfo` up to the digest: SEQUENCE { AlgorithmIdentifier { OID, NULL }, OCTET STRING }
/// (RFC 8017 §9.2, note 1).
const SHA256_PREFIX: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];
const SHA384_PREFIX: [u8; 19] = [
    0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05,
    0x00, 0x04, 0x30,
];
const SHA512_PREFIX: [u8; 19] = [
    0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05,
    0x00, 0x04, 0x40,
];

/// Verifier of RSASSA-PKCS1-v1_5, by the host where it can.
pub(crate) struct Pkcs1<'h> {
    pub(crate) hash: Hash,
    pub(crate) host: &'h dyn HostCrypto,
}

impl jwt_compact::Algorithm for Pkcs1<'_> {
    type SigningKey = NoSigningKey;
    type VerifyingKey = RsaPublicKey;
    type Signature = SignatureBytes;

    fn name(&self) -> Cow<'static, str> {
        let algorithm = match self.hash {
            Hash::Sha256 => Algorithm::RS256,
            Hash::Sha384 => Algorithm::RS384,
            Hash::Sha512 => Algorithm::RS512,
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
        let signature = signature.as_slice();
        if !key.has_representative(signature) {
            return false;
        }
        if let Some(verdict) = self.host.verify(self.hash, key.spki(), signature, message) {
            return verdict;
        }
        // Encoding the expected message and comparing all of it leaves nothing to parse, so none of the
        // forgeries by lenient parsing of the padding apply (CVE-2006-4339 and its heirs).
        key.recover(signature)
            .is_some_and(|encoded| encoded == encode(self.hash, message, key.n().len()))
    }
}

/// EMSA-PKCS1-v1_5 (RFC 8017 §9.2): 00 01 FF … FF 00 DigestInfo. Every allowed modulus is long enough.
fn encode(hash: Hash, message: &[u8], len: usize) -> Vec<u8> {
    let prefix = match hash {
        Hash::Sha256 => &SHA256_PREFIX,
        Hash::Sha384 => &SHA384_PREFIX,
        Hash::Sha512 => &SHA512_PREFIX,
    };
    let info_len = prefix.len().saturating_add(hash.output_len());
    let padding = len.saturating_sub(info_len).saturating_sub(3);
    let mut encoded = Vec::with_capacity(len);
    encoded.extend([0x00, 0x01]);
    encoded.extend(core::iter::repeat_n(0xff, padding));
    encoded.push(0x00);
    encoded.extend_from_slice(prefix);
    encoded.extend(hash.digest(&[message]));
    encoded
}
