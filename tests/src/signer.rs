//! Keys that sign tokens.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use aws_lc_rs::{hmac, signature::EcdsaSigningAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::{Value, json};

use crate::jwk;

/// A private key with the algorithm that it signs with and the `kid` that it goes by.
#[derive(Clone)]
pub struct Signer {
    kid: String,
    algorithm: String,
    key: Key,
}

#[derive(Clone)]
pub(crate) enum Key {
    Rsa(Arc<RsaKeyPair>),
    Ec(Arc<EcdsaKeyPair>, &'static str),
    Ed25519(Arc<Ed25519KeyPair>),
    Secret(Vec<u8>),
}

impl Signer {
    /// A 2048 bit RSA key that signs with RS256. The same name gives the same key for the whole process.
    pub fn rsa(name: &str) -> Self {
        Self::rsa_of(name, KeySize::Rsa2048)
    }

    /// An RSA key of another size.
    pub fn rsa_of(name: &str, size: KeySize) -> Self {
        type Keys = Mutex<HashMap<(String, usize), Arc<RsaKeyPair>>>;
        static KEYS: OnceLock<Keys> = OnceLock::new();
        let mut keys = KEYS.get_or_init(Mutex::default).lock().unwrap();
        let key = keys
            .entry((name.to_owned(), size.len()))
            .or_insert_with(|| Arc::new(RsaKeyPair::generate(size).expect("an RSA key")));
        Self::new(name, "RS256", Key::Rsa(Arc::clone(key)))
    }

    /// A P-256 key that signs with ES256.
    pub fn ec256(kid: &str) -> Self {
        Self::ec(
            kid,
            "ES256",
            &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
            "P-256",
        )
    }

    /// A P-384 key that signs with ES384.
    pub fn ec384(kid: &str) -> Self {
        Self::ec(
            kid,
            "ES384",
            &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
            "P-384",
        )
    }

    /// A P-521 key that signs with ES512.
    pub fn ec521(kid: &str) -> Self {
        Self::ec(
            kid,
            "ES512",
            &signature::ECDSA_P521_SHA512_FIXED_SIGNING,
            "P-521",
        )
    }

    /// An Ed25519 key that signs with EdDSA.
    pub fn ed25519(kid: &str) -> Self {
        let key = Ed25519KeyPair::generate().expect("an Ed25519 key");
        Self::new(kid, "EdDSA", Key::Ed25519(Arc::new(key)))
    }

    /// A secret that signs with HS256.
    pub fn hmac(kid: &str, secret: impl Into<Vec<u8>>) -> Self {
        Self::new(kid, "HS256", Key::Secret(secret.into()))
    }

    /// The same key signing with another algorithm of its kind: `PS256`, `RS512`, `HS384`. An algorithm that does not
    /// fit, or none at all, is what the token claims; the signature stays the one before.
    #[must_use]
    pub fn with_algorithm(mut self, algorithm: &str) -> Self {
        self.algorithm = algorithm.to_owned();
        self
    }

    /// The same key under another `kid`.
    #[must_use]
    pub fn named(mut self, kid: &str) -> Self {
        self.kid = kid.to_owned();
        self
    }

    /// The `kid`.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The `alg`.
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// The public key as a JWK with `kid`, `use` and `alg`. For a secret, that is the secret itself.
    pub fn jwk(&self) -> Value {
        let mut jwk = jwk::of(&self.key);
        jwk["kid"] = json!(self.kid);
        jwk["use"] = json!("sig");
        jwk["alg"] = json!(self.algorithm);
        jwk
    }

    /// The public key as a DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), as attackers use it for a secret.
    ///
    /// # Panics
    ///
    /// When it is no RSA key.
    pub fn public_der(&self) -> Vec<u8> {
        let Key::Rsa(key) = &self.key else {
            panic!("an RSA key")
        };
        let der: PublicKeyX509Der<'_> = key.public_key().as_der().expect("a public key");
        der.as_ref().to_vec()
    }

    /// A token of exactly this header and these claims.
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of_bytes(header.to_string().as_bytes(), claims.to_string().as_bytes())
    }

    /// A token of exactly these bytes, which need not be JSON.
    pub fn token_of_bytes(&self, header: &[u8], claims: &[u8]) -> String {
        let input = [BASE64URL.encode(header), BASE64URL.encode(claims)].join(".");
        let signature = BASE64URL.encode(self.sign_raw(input.as_bytes()));
        [input, signature].join(".")
    }

    /// The signature of any bytes, as a token carries it.
    pub fn sign_raw(&self, bytes: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Rsa(key) => {
                let padding: &dyn signature::RsaEncoding = match self.algorithm.as_str() {
                    "RS384" => &signature::RSA_PKCS1_SHA384,
                    "RS512" => &signature::RSA_PKCS1_SHA512,
                    "PS256" => &signature::RSA_PSS_SHA256,
                    "PS384" => &signature::RSA_PSS_SHA384,
                    "PS512" => &signature::RSA_PSS_SHA512,
                    _ => &signature::RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(padding, &random, bytes, &mut signature)
                    .expect("an RSA signature");
                signature
            }
            Key::Ec(key, _) => {
                let signature = key.sign(&random, bytes).expect("an ECDSA signature");
                signature.as_ref().to_vec()
            }
            Key::Ed25519(key) => key.sign(bytes).as_ref().to_vec(),
            Key::Secret(secret) => {
                let algorithm = match self.algorithm.as_str() {
                    "HS384" => hmac::HMAC_SHA384,
                    "HS512" => hmac::HMAC_SHA512,
                    _ => hmac::HMAC_SHA256,
                };
                let key = hmac::Key::new(algorithm, secret);
                hmac::sign(&key, bytes).as_ref().to_vec()
            }
        }
    }

    fn ec(
        kid: &str,
        algorithm: &str,
        signing: &'static EcdsaSigningAlgorithm,
        curve: &'static str,
    ) -> Self {
        let key = EcdsaKeyPair::generate(signing).expect("an EC key");
        Self::new(kid, algorithm, Key::Ec(Arc::new(key), curve))
    }

    fn new(kid: &str, algorithm: &str, key: Key) -> Self {
        Self {
            kid: kid.to_owned(),
            algorithm: algorithm.to_owned(),
            key,
        }
    }
}
