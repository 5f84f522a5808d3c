//! Public keys as JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2).

use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use crate::signer::Key;

/// The members that describe the key itself.
pub(crate) fn of(key: &Key) -> Value {
    match key {
        Key::Rsa(key) => json!({
            "kty": "RSA",
            "n": encode(key.public_key().modulus().big_endian_without_leading_zero()),
            "e": encode(key.public_key().exponent().big_endian_without_leading_zero()),
        }),
        Key::Ec(key, curve) => {
            // An uncompressed point: a byte 4, then both coordinates at full length.
            let point = &key.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            json!({"kty": "EC", "crv": curve, "x": encode(x), "y": encode(y)})
        }
        Key::Ed25519(key) => json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": encode(key.public_key().as_ref()),
        }),
        Key::Secret(secret) => json!({"kty": "oct", "k": encode(secret)}),
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64URL.encode(bytes)
}
