//! Signers, and a host that verifies as Envoy's `verify_signature` does.

use std::cell::Cell;
use std::sync::OnceLock;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self as aws, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use validate_jwt_jws::{Algorithm, Curve, Hash, HostCrypto, Jwk, Key};

/// The secret of the HMAC signers, as long as the longest hash.
pub(crate) const SECRET: &[u8; 64] = &[0x5a; 64];

/// Imitates Envoy: hash by name, any SubjectPublicKeyInfo, PKCS#1 v1.5 for RSA and DER signatures for ECDSA.
///
/// Like the original it does not know which algorithm the token names, so it accepts any key with any hash.
#[derive(Default)]
pub(crate) struct EnvoyLikeHost {
    calls: Cell<u32>,
}

impl EnvoyLikeHost {
    /// How often the host was asked.
    pub(crate) fn calls(&self) -> u32 {
        self.calls.get()
    }
}

impl HostCrypto for EnvoyLikeHost {
    fn verify(&self, hash: Hash, spki: &[u8], signature: &[u8], message: &[u8]) -> Option<bool> {
        self.calls.set(self.calls.get() + 1);
        let schemes: [&dyn aws::VerificationAlgorithm; 3] = match hash {
            Hash::Sha256 => [
                &aws::RSA_PKCS1_2048_8192_SHA256,
                &aws::ECDSA_P256_SHA256_ASN1,
                &aws::ECDSA_P384_SHA256_ASN1,
            ],
            Hash::Sha384 => [
                &aws::RSA_PKCS1_2048_8192_SHA384,
                &aws::ECDSA_P256_SHA384_ASN1,
                &aws::ECDSA_P384_SHA384_ASN1,
            ],
            Hash::Sha512 => [
                &aws::RSA_PKCS1_2048_8192_SHA512,
                &aws::ECDSA_P256_SHA512_ASN1,
                &aws::ECDSA_P384_SHA512_ASN1,
            ],
        };
        Some(
            schemes
                .into_iter()
                .any(|scheme| scheme.verify_sig(spki, message, signature).is_ok()),
        )
    }
}

/// A host that gives the same answer to every question.
pub(crate) struct StubbornHost(pub(crate) Option<bool>);

impl HostCrypto for StubbornHost {
    fn verify(&self, _: Hash, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        self.0
    }
}

fn rsa() -> &'static RsaKeyPair {
    static KEY: OnceLock<RsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
}

fn p256() -> &'static EcdsaKeyPair {
    static KEY: OnceLock<EcdsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| EcdsaKeyPair::generate(&aws::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
}

fn p384() -> &'static EcdsaKeyPair {
    static KEY: OnceLock<EcdsaKeyPair> = OnceLock::new();
    KEY.get_or_init(|| EcdsaKeyPair::generate(&aws::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap())
}

fn ed25519() -> &'static Ed25519KeyPair {
    static KEY: OnceLock<Ed25519KeyPair> = OnceLock::new();
    KEY.get_or_init(|| Ed25519KeyPair::generate().unwrap())
}

/// The public key whose private half [`sign`] uses for `algorithm`.
pub(crate) fn key_for(algorithm: Algorithm) -> Key {
    use Algorithm::*;
    match algorithm {
        RS256 | RS384 | RS512 | PS256 | PS384 | PS512 => {
            Key::from_pem(&pem("RSA PUBLIC KEY", rsa().public_key().as_ref())).unwrap()
        }
        ES256 => from_point(Curve::P256, p256().public_key().as_ref()),
        ES384 => from_point(Curve::P384, p384().public_key().as_ref()),
        EdDSA => Key::ed25519(ed25519().public_key().as_ref()).unwrap(),
        HS256 | HS384 | HS512 => Key::hmac(SECRET.to_vec()).unwrap(),
    }
}

/// The JWK of `key` without `kid` and `alg`.
pub(crate) fn jwk_of(key: &Key) -> Value {
    let jwk = Jwk {
        kid: None,
        alg: None,
        issuer: None,
        key: key.clone(),
    };
    serde_json::to_value(jwk).unwrap()
}

/// The signature of `message` as a token carries it.
pub(crate) fn sign(algorithm: Algorithm, message: &[u8]) -> Vec<u8> {
    use Algorithm::*;
    let by_rsa = |padding: &'static dyn aws::RsaEncoding| {
        let mut signature = vec![0; rsa().public_modulus_len()];
        rsa()
            .sign(padding, &SystemRandom::new(), message, &mut signature)
            .unwrap();
        signature
    };
    let by_ecdsa = |key: &EcdsaKeyPair| {
        key.sign(&SystemRandom::new(), message)
            .unwrap()
            .as_ref()
            .to_vec()
    };
    let by_hmac = |hash| {
        hmac::sign(&hmac::Key::new(hash, SECRET), message)
            .as_ref()
            .to_vec()
    };
    match algorithm {
        RS256 => by_rsa(&aws::RSA_PKCS1_SHA256),
        RS384 => by_rsa(&aws::RSA_PKCS1_SHA384),
        RS512 => by_rsa(&aws::RSA_PKCS1_SHA512),
        PS256 => by_rsa(&aws::RSA_PSS_SHA256),
        PS384 => by_rsa(&aws::RSA_PSS_SHA384),
        PS512 => by_rsa(&aws::RSA_PSS_SHA512),
        ES256 => by_ecdsa(p256()),
        ES384 => by_ecdsa(p384()),
        EdDSA => ed25519().sign(message).as_ref().to_vec(),
        HS256 => by_hmac(hmac::HMAC_SHA256),
        HS384 => by_hmac(hmac::HMAC_SHA384),
        HS512 => by_hmac(hmac::HMAC_SHA512),
    }
}

/// Whether `key` verifies, asserting that the host's path and the pure one agree.
pub(crate) fn verifies(key: &Key, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    let pure = key.verify(
        algorithm,
        message,
        signature,
        &validate_jwt_jws::NoHostCrypto,
    );
    let hosted = key.verify(algorithm, message, signature, &EnvoyLikeHost::default());
    assert_eq!(pure, hosted, "{algorithm}: the host and pure Rust disagree");
    pure
}

fn from_point(curve: Curve, point: &[u8]) -> Key {
    let (x, y) = point[1..].split_at(curve.coordinate_len());
    Key::ec(curve, x, y).unwrap()
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        STANDARD.encode(der)
    )
}

pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn from_base64url(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}
