//! PEM (RFC 7468), as far as public keys go.

use crate::asn1;
use crate::encoding::decode_base64_any;
use crate::key::{Key, KeyError};

/// Longest PEM text read. A certificate with an 8192-bit key takes about 6 KB; a chain a few of them.
pub const MAX_PEM_BYTES: usize = 64 * 1024;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// The key in the first block. A certificate chain starts with the certificate of the signer.
pub(crate) fn key_from_pem(text: &str) -> Result<Key, KeyError> {
    if text.len() > MAX_PEM_BYTES {
        return Err(KeyError::PemTooLong { bytes: text.len() });
    }
    let (label, body) = first_block(text).ok_or(KeyError::NotPem)?;
    let import = match label {
        "PUBLIC KEY" => asn1::key_from_spki,
        "CERTIFICATE" | "X509 CERTIFICATE" => asn1::key_from_certificate,
        "RSA PUBLIC KEY" => asn1::key_from_rsa_public_key,
        private if private.ends_with("PRIVATE KEY") => return Err(KeyError::PrivateKey),
        _ => return Err(KeyError::UnsupportedPem),
    };
    let der = decode_base64_any(body).map_err(|_| KeyError::NotPem)?;
    import(&der)
}

/// Label and body of the first block. White space in the body does not matter, so that a text whose line breaks
/// were lost on the way into a configuration still reads.
fn first_block(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (label, rest) = rest.split_once(DASHES)?;
    let (body, rest) = rest.split_once(END)?;
    let rest = rest.strip_prefix(label)?;
    rest.starts_with(DASHES).then_some((label, body))
}
