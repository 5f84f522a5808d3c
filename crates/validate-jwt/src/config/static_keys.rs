//! Static keys: RSA by its numbers, a secret, or PEM.

use alloc::format;
use alloc::vec::Vec;

use validate_jwt_jws::{Jwk, Key, decode_base64_any};

use super::diagnostics::{Diagnostics, Path};
use super::document::entries;
use super::raw;
use super::reader::Field;

/// Most static keys of a policy. A token that names none is tried with each.
const MAX_STATIC_KEYS: usize = 16;

/// Checks the keys of `issuer_signing_keys`; those that can be used are noted in `written`, with their places.
pub(super) fn check_static_keys(
    raw: &raw::Policy,
    path: &Path,
    written: &mut Vec<(Path, Key)>,
    found: &mut Diagnostics,
) -> Vec<Jwk> {
    let listed: Vec<_> = entries(&raw.issuer_signing_keys, path, "a key", found).collect();
    if listed.len() > MAX_STATIC_KEYS {
        found.error(
            path,
            format!("found {} keys", listed.len()),
            format!("write at most {MAX_STATIC_KEYS}, or a key set in `jwks`"),
        );
    }
    let mut keys = Vec::with_capacity(listed.len());
    for (path, key) in listed {
        if let Some(checked) = check_static_key(key, &path, found) {
            written.push((path, checked.clone()));
            keys.push(Jwk {
                kid: key.id.valid().cloned(),
                alg: None,
                issuer: None,
                key: checked,
            });
        }
    }
    keys
}

fn check_static_key(raw: &raw::StaticKey, path: &Path, found: &mut Diagnostics) -> Option<Key> {
    let mut bytes = |field: &Field<String>, name: &str| match decode_base64_any(field.valid()?) {
        Ok(bytes) => Some(bytes),
        Err(_) => {
            found.error(
                &path.member(name),
                "this is not base64",
                "write base64 or base64url",
            );
            None
        }
    };
    let key = match (&raw.n, &raw.e, &raw.value, &raw.pem) {
        (Field::Valid(_), Field::Valid(_), Field::Absent, Field::Absent) => {
            Key::rsa(&bytes(&raw.n, "n")?, &bytes(&raw.e, "e")?)
        }
        (Field::Absent, Field::Absent, Field::Valid(text), Field::Absent) => {
            if text.contains("-----BEGIN") {
                found.error(
                    &path.member("value"),
                    "this is PEM, and `value` is a symmetric secret",
                    "write it as `pem`",
                );
                return None;
            }
            let secret = bytes(&raw.value, "value")?;
            if is_der(&secret) {
                found.error(
                    &path.member("value"),
                    "this is a certificate or public key, and `value` is a symmetric secret: whoever has it can sign",
                    "write it as `pem`",
                );
                return None;
            }
            Key::hmac(secret)
        }
        (Field::Absent, Field::Absent, Field::Absent, Field::Valid(pem)) => Key::from_pem(pem),
        (Field::Invalid, ..)
        | (_, Field::Invalid, ..)
        | (_, _, Field::Invalid, _)
        | (.., Field::Invalid) => return None,
        (Field::Valid(_) | Field::Absent, ..) => {
            found.missing(
                path,
                "a key is one of: `n` and `e`, `value`, `pem`",
                "write exactly one of them",
            );
            return None;
        }
    };
    match key {
        Ok(key) => Some(key),
        Err(error) => {
            found.error(path, format!("the key cannot be used: {error}"), "");
            None
        }
    }
}

/// Whether the bytes are one ASN.1 SEQUENCE that begins with another, as every certificate and public key does. By chance
/// one secret in sixteen million is.
fn is_der(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, 0x82, high, low, content @ ..] => {
            content.first() == Some(&0x30)
                && content.len() == usize::from(u16::from_be_bytes([*high, *low]))
        }
        [0x30, 0x81, length, content @ ..] | [0x30, length @ 0..=0x7f, content @ ..] => {
            content.first() == Some(&0x30) && content.len() == usize::from(*length)
        }
        _ => false,
    }
}
