//! Keys that sign the tests' tokens, by a library that is not the one under test.

use std::sync::OnceLock;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as aws, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use validate_jwt_jws::{Algorithm, Curve, Jwk, Key};

/// The secret of the HMAC signer, as long as the longest hash.
pub(crate) const SECRET: &[u8; 64] = &[0x5a; 64];

/// One of a few key pairs of each type; the number tells those of one type apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signer(pub(crate) Algorithm, pub(crate) usize);

/// The signer of tests that are not about algorithms. Ed25519 is the quickest in an unoptimised build.
pub(crate) const ED: Signer = Signer(Algorithm::EdDSA, 0);
/// A second one of the same type.
pub(crate) const OTHER: Signer = Signer(Algorithm::EdDSA, 1);
/// One for which the shared secret stands.
pub(crate) const HS: Signer = Signer(Algorithm::HS256, 0);

fn rsa(number: usize) -> &'static RsaKeyPair {
    static KEYS: [OnceLock<RsaKeyPair>; 2] = [const { OnceLock::new() }; 2];
    KEYS[number].get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn ed25519(number: usize) -> &'static Ed25519KeyPair {
    static KEYS: [OnceLock<Ed25519KeyPair>; 20] = [const { OnceLock::new() }; 20];
    KEYS[number].get_or_init(|| Ed25519KeyPair::generate().unwrap())
}

fn p256(number: usize) -> &'static EcdsaKeyPair {
    static KEYS: [OnceLock<EcdsaKeyPair>; 2] = [const { OnceLock::new() }; 2];
    KEYS[number]
        .get_or_init(|| EcdsaKeyPair::generate(&aws::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
}

fn p384(number: usize) -> &'static EcdsaKeyPair {
    static KEYS: [OnceLock<EcdsaKeyPair>; 2] = [const { OnceLock::new() }; 2];
    KEYS[number]
        .get_or_init(|| EcdsaKeyPair::generate(&aws::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap())
}

impl Signer {
    /// The public key (or secret).
    pub(crate) fn key(self) -> Key {
        use Algorithm::*;
        let from_point = |curve: Curve, point: &[u8]| {
            let (x, y) = point[1..].split_at(curve.coordinate_len());
            Key::ec(curve, x, y).unwrap()
        };
        match self.0 {
            RS256 | RS384 | RS512 | PS256 | PS384 | PS512 => Key::from_pem(&self.pem()).unwrap(),
            ES256 => from_point(Curve::P256, p256(self.1).public_key().as_ref()),
            ES384 => from_point(Curve::P384, p384(self.1).public_key().as_ref()),
            EdDSA => Key::ed25519(ed25519(self.1).public_key().as_ref()).unwrap(),
            HS256 | HS384 | HS512 => Key::hmac(SECRET.to_vec()).unwrap(),
        }
    }

    /// The PEM of an RSA signer.
    pub(crate) fn pem(self) -> String {
        let der = STANDARD.encode(rsa(self.1).public_key().as_ref());
        format!("-----BEGIN RSA PUBLIC KEY-----\n{der}\n-----END RSA PUBLIC KEY-----\n")
    }

    /// The JWK, with a `kid` unless that is empty.
    pub(crate) fn jwk(self, kid: &str) -> Value {
        if self.0.is_symmetric() {
            return json!({ "kty": "oct", "kid": kid, "k": base64url(SECRET) });
        }
        let jwk = Jwk {
            kid: Some(kid.to_string()).filter(|kid| !kid.is_empty()),
            alg: None,
            issuer: None,
            key: self.key(),
        };
        serde_json::to_value(jwk).unwrap()
    }

    /// A set of this key alone.
    pub(crate) fn set(self, kid: &str) -> Value {
        json!({ "keys": [self.jwk(kid)] })
    }

    /// The signature of `message`.
    pub(crate) fn signature(self, message: &[u8]) -> Vec<u8> {
        use Algorithm::*;
        let random = SystemRandom::new();
        let by_rsa = |padding: &'static dyn aws::RsaEncoding| {
            let mut signature = vec![0; rsa(self.1).public_modulus_len()];
            rsa(self.1)
                .sign(padding, &random, message, &mut signature)
                .unwrap();
            signature
        };
        let by_hmac = |hash| {
            hmac::sign(&hmac::Key::new(hash, SECRET), message)
                .as_ref()
                .to_vec()
        };
        match self.0 {
            RS256 => by_rsa(&aws::RSA_PKCS1_SHA256),
            RS384 => by_rsa(&aws::RSA_PKCS1_SHA384),
            RS512 => by_rsa(&aws::RSA_PKCS1_SHA512),
            PS256 => by_rsa(&aws::RSA_PSS_SHA256),
            PS384 => by_rsa(&aws::RSA_PSS_SHA384),
            PS512 => by_rsa(&aws::RSA_PSS_SHA512),
            ES256 => p256(self.1).sign(&random, message).unwrap().as_ref().into(),
            ES384 => p384(self.1).sign(&random, message).unwrap().as_ref().into(),
            EdDSA => ed25519(self.1).sign(message).as_ref().to_vec(),
            HS256 => by_hmac(hmac::HMAC_SHA256),
            HS384 => by_hmac(hmac::HMAC_SHA384),
            HS512 => by_hmac(hmac::HMAC_SHA512),
        }
    }

    /// A token of these very texts, signed.
    pub(crate) fn token_of(self, header: &str, payload: &[u8]) -> String {
        let input = format!("{}.{}", base64url(header.as_bytes()), base64url(payload));
        let signature = self.signature(input.as_bytes());
        format!("{input}.{}", base64url(&signature))
    }

    /// A token with this `kid` (none when empty) and these claims.
    pub(crate) fn token(self, kid: &str, claims: &Value) -> String {
        let mut header = json!({ "alg": self.0.name(), "typ": "JWT" });
        if !kid.is_empty() {
            header["kid"] = kid.into();
        }
        self.token_of(&header.to_string(), claims.to_string().as_bytes())
    }
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
