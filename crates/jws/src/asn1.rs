//! ASN.1 of public keys: SubjectPublicKeyInfo (RFC 5280 §4.1), RSAPublicKey (RFC 8017 §A.1.1), certificates.

use alloc::vec::Vec;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Reader, SliceReader, Tag};

use crate::key::{Curve, Key, KeyError};

const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const PRIME256V1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// AlgorithmIdentifier { rsaEncryption, NULL }.
const RSA_ALGORITHM: [u8; 15] = [
    0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];
/// AlgorithmIdentifier { id-ecPublicKey, prime256v1 }.
const P256_ALGORITHM: [u8; 21] = [
    0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07,
];
/// AlgorithmIdentifier { id-ecPublicKey, secp384r1 }.
const P384_ALGORITHM: [u8; 18] = [
    0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04,
    0x00, 0x22,
];

const TAG_INTEGER: u8 = 0x02;
const TAG_BIT_STRING: u8 = 0x03;
const TAG_SEQUENCE: u8 = 0x30;

/// SubjectPublicKeyInfo of an RSA key; both numbers without leading zero bytes.
pub(crate) fn encode_rsa_spki(n: &[u8], e: &[u8]) -> Vec<u8> {
    let key = encode(TAG_SEQUENCE, &[&encode_unsigned(n), &encode_unsigned(e)]);
    encode(
        TAG_SEQUENCE,
        &[&RSA_ALGORITHM, &encode(TAG_BIT_STRING, &[&[0], &key])],
    )
}

/// SubjectPublicKeyInfo of an uncompressed point.
pub(crate) fn encode_ec_spki(curve: Curve, point: &[u8]) -> Vec<u8> {
    let algorithm: &[u8] = match curve {
        Curve::P256 => &P256_ALGORITHM,
        Curve::P384 => &P384_ALGORITHM,
    };
    encode(
        TAG_SEQUENCE,
        &[algorithm, &encode(TAG_BIT_STRING, &[&[0], point])],
    )
}

fn encode_unsigned(number: &[u8]) -> Vec<u8> {
    // A first bit that is set would make the number negative.
    let sign: &[u8] = match number.first() {
        Some(first) if first & 0x80 == 0 => &[],
        Some(_) | None => &[0],
    };
    encode(TAG_INTEGER, &[sign, number])
}

/// Tag, length and the concatenated content.
fn encode(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let mut encoded = Vec::with_capacity(content.len().saturating_add(6));
    encoded.push(tag);
    match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => encoded.push(short),
        Ok(_) | Err(_) => {
            let length = (content.len() as u64).to_be_bytes();
            let zeros = length.iter().take_while(|&&byte| byte == 0).count();
            let length = length.get(zeros..).unwrap_or_default();
            encoded.push(0x80 | u8::try_from(length.len()).unwrap_or(8));
            encoded.extend_from_slice(length);
        }
    }
    encoded.extend(content);
    encoded
}

/// The key in a SubjectPublicKeyInfo.
pub(crate) fn key_from_spki(der: &[u8]) -> Result<Key, KeyError> {
    let (algorithm, parameters, bits) = read_spki(der).map_err(|_| KeyError::Asn1)?;
    match algorithm {
        RSA_ENCRYPTION => key_from_rsa_public_key(bits),
        EC_PUBLIC_KEY => {
            let curve = match parameters.and_then(|any| any.decode_as().ok()) {
                Some(PRIME256V1) => Curve::P256,
                Some(SECP384R1) => Curve::P384,
                Some(_) | None => return Err(KeyError::UnsupportedCurve),
            };
            Key::from_sec1(curve, bits)
        }
        ED25519 => Key::ed25519(bits),
        _ => Err(KeyError::UnsupportedKeyType),
    }
}

type Spki<'a> = (ObjectIdentifier, Option<AnyRef<'a>>, &'a [u8]);

fn read_spki(der: &[u8]) -> der::Result<Spki<'_>> {
    let mut reader = SliceReader::new(der)?;
    let spki = reader.sequence(|reader| {
        let (algorithm, parameters) =
            reader.sequence(|reader| Ok((reader.decode()?, reader.decode()?)))?;
        let bits: BitStringRef<'_> = reader.decode()?;
        let bits = bits
            .as_bytes()
            .ok_or_else(|| Tag::BitString.value_error())?;
        Ok((algorithm, parameters, bits))
    })?;
    reader.finish(spki)
}

/// The key in an RSAPublicKey of PKCS #1.
pub(crate) fn key_from_rsa_public_key(der: &[u8]) -> Result<Key, KeyError> {
    fn read(der: &[u8]) -> der::Result<(UintRef<'_>, UintRef<'_>)> {
        let mut reader = SliceReader::new(der)?;
        let key = reader.sequence(|reader| Ok((reader.decode()?, reader.decode()?)))?;
        reader.finish(key)
    }
    let (n, e) = read(der).map_err(|_| KeyError::Asn1)?;
    Key::rsa(n.as_bytes(), e.as_bytes())
}

/// The public key of an X.509 certificate. Nothing else of the certificate is looked at: a key written in the
/// configuration is trusted because it is written there, not because of a date or a signature.
pub(crate) fn key_from_certificate(der: &[u8]) -> Result<Key, KeyError> {
    let spki = find_spki(der).map_err(|_| KeyError::Asn1)?;
    key_from_spki(spki)
}

/// Certificate { TBSCertificate { [0] version?, serial, signature, issuer, validity, subject, spki, … }, … }.
fn find_spki(der: &[u8]) -> der::Result<&[u8]> {
    const FIELDS_BEFORE_KEY: usize = 5;

    let mut reader = SliceReader::new(der)?;
    let certificate = AnyRef::decode(&mut reader)?;
    let mut certificate = SliceReader::new(content_of_sequence(certificate)?)?;
    let to_be_signed = AnyRef::decode(&mut certificate)?;
    let mut fields = SliceReader::new(content_of_sequence(to_be_signed)?)?;
    if fields.peek_tag()?.is_context_specific() {
        fields.tlv_bytes()?;
    }
    for _ in 0..FIELDS_BEFORE_KEY {
        fields.tlv_bytes()?;
    }
    let spki = fields.tlv_bytes()?;
    reader.finish(spki)
}

fn content_of_sequence(any: AnyRef<'_>) -> der::Result<&[u8]> {
    der::Tagged::tag(&any).assert_eq(Tag::Sequence)?;
    Ok(any.value())
}
