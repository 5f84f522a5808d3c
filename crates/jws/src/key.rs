//! A verification key and what it may be used for.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use jwt_compact::alg::{Hs256, Hs256Key, Hs384, Hs384Key, Hs512, Hs512Key};

use crate::algorithm::Algorithm;
use crate::ecdsa::{self, Es256, Es384, P256PublicKey, P384PublicKey};
use crate::eddsa::{self, StrictEd25519};
use crate::hmac::Secret;
use crate::host::HostCrypto;
use crate::pem;
use crate::rsa::{MAX_RSA_BITS, MIN_RSA_BITS, Pkcs1, Pss, RsaPublicKey};
use crate::signature;

/// Elliptic curve of an `EC` key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// NIST P-256, the curve of ES256.
    P256,
    /// NIST P-384, the curve of ES384.
    P384,
}

impl Curve {
    /// The `crv` value (RFC 7518 §6.2.1.1).
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    /// Length of a coordinate in bytes.
    pub const fn coordinate_len(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

/// Key that signatures are verified with. It was checked when made: size, range, on the curve.
///
/// Two keys are equal when they verify the same signatures. `Debug` shows the type and size, never the key.
#[derive(Clone)]
pub struct Key(pub(crate) Material);

/// The four key types; the type decides the algorithm family.
#[derive(Clone)]
pub(crate) enum Material {
    Rsa(RsaPublicKey),
    P256(P256PublicKey),
    P384(P384PublicKey),
    Ed25519(ed25519_dalek::VerifyingKey),
    Hmac(Secret),
}

impl Key {
    /// RSA public key from big-endian modulus and exponent; leading zero bytes do not matter.
    ///
    /// # Errors
    ///
    /// The modulus is even or has less than [`MIN_RSA_BITS`] or more than [`MAX_RSA_BITS`] bits; the exponent is
    /// even, less than 3, or has more than 33 bits.
    pub fn rsa(n: &[u8], e: &[u8]) -> Result<Self, KeyError> {
        RsaPublicKey::new(n, e).map(|key| Self(Material::Rsa(key)))
    }

    /// EC public key from its affine coordinates, big-endian and of full length.
    ///
    /// # Errors
    ///
    /// A coordinate has another length than the curve's, or the point is not on the curve.
    pub fn ec(curve: Curve, x: &[u8], y: &[u8]) -> Result<Self, KeyError> {
        Self::from_sec1(curve, &ecdsa::sec1_from_coordinates(curve, x, y)?)
    }

    pub(crate) fn from_sec1(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        match curve {
            Curve::P256 => P256PublicKey::from_sec1(point).map(Material::P256),
            Curve::P384 => P384PublicKey::from_sec1(point).map(Material::P384),
        }
        .map(Self)
    }

    /// Ed25519 public key, 32 bytes (RFC 8032 §5.1.5).
    ///
    /// # Errors
    ///
    /// Another length, not a point of the curve, or a point of small order.
    pub fn ed25519(public_key: &[u8]) -> Result<Self, KeyError> {
        eddsa::public_key(public_key).map(|key| Self(Material::Ed25519(key)))
    }

    /// HMAC secret. Of any length but none; ask [`Key::is_short_for`] whether to warn.
    ///
    /// # Errors
    ///
    /// The secret is empty.
    pub fn hmac(secret: Vec<u8>) -> Result<Self, KeyError> {
        Secret::new(secret).map(|secret| Self(Material::Hmac(secret)))
    }

    /// Public key from the first block of a PEM text: `PUBLIC KEY`, `RSA PUBLIC KEY` or `CERTIFICATE`.
    ///
    /// Of a certificate only the key is read; its dates and signature are not looked at.
    ///
    /// # Errors
    ///
    /// The text is not PEM, holds something else (a private key, say), or the key is not one that the other
    /// constructors take.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        pem::key_from_pem(text)
    }

    /// Whether this key may verify `algorithm`: key type and curve fit.
    pub fn supports(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512 => matches!(self.0, Material::Rsa(_)),
            Algorithm::ES256 => matches!(self.0, Material::P256(_)),
            Algorithm::ES384 => matches!(self.0, Material::P384(_)),
            Algorithm::EdDSA => matches!(self.0, Material::Ed25519(_)),
            Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512 => self.is_symmetric(),
        }
    }

    /// Whether `signature` is this key's signature over `message` by `algorithm`.
    ///
    /// Never, if the key does not support the algorithm; the host is not asked then.
    pub fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
        host: &dyn HostCrypto,
    ) -> bool {
        use Algorithm::{
            ES256, ES384, EdDSA, HS256, HS384, HS512, PS256, PS384, PS512, RS256, RS384, RS512,
        };
        let hash = algorithm.hash();
        match (&self.0, algorithm) {
            (Material::Rsa(key), RS256 | RS384 | RS512) => {
                signature::verify(&Pkcs1 { hash, host }, key, message, signature)
            }
            (Material::Rsa(key), PS256 | PS384 | PS512) => {
                signature::verify(&Pss { hash }, key, message, signature)
            }
            (Material::P256(key), ES256) => {
                signature::verify(&Es256 { host }, key, message, signature)
            }
            (Material::P384(key), ES384) => {
                signature::verify(&Es384 { host }, key, message, signature)
            }
            (Material::Ed25519(key), EdDSA) => {
                signature::verify(&StrictEd25519, key, message, signature)
            }
            (Material::Hmac(secret), HS256) => {
                signature::verify(&Hs256, &Hs256Key::new(secret.expose()), message, signature)
            }
            (Material::Hmac(secret), HS384) => {
                signature::verify(&Hs384, &Hs384Key::new(secret.expose()), message, signature)
            }
            (Material::Hmac(secret), HS512) => {
                signature::verify(&Hs512, &Hs512Key::new(secret.expose()), message, signature)
            }
            (Material::Rsa(_), ES256 | ES384 | EdDSA | HS256 | HS384 | HS512)
            | (
                Material::P256(_),
                RS256 | RS384 | RS512 | PS256 | PS384 | PS512 | ES384 | EdDSA | HS256 | HS384
                | HS512,
            )
            | (
                Material::P384(_),
                RS256 | RS384 | RS512 | PS256 | PS384 | PS512 | ES256 | EdDSA | HS256 | HS384
                | HS512,
            )
            | (
                Material::Ed25519(_),
                RS256 | RS384 | RS512 | PS256 | PS384 | PS512 | ES256 | ES384 | HS256 | HS384
                | HS512,
            )
            | (
                Material::Hmac(_),
                RS256 | RS384 | RS512 | PS256 | PS384 | PS512 | ES256 | ES384 | EdDSA,
            ) => false,
        }
    }

    /// Whether the key is an HMAC secret.
    pub fn is_symmetric(&self) -> bool {
        matches!(self.0, Material::Hmac(_))
    }

    /// Whether this is an HMAC secret with fewer bytes than the hash of `algorithm` has, which RFC 7518 §3.2 forbids.
    ///
    /// Such a key still verifies, because many are in use; a configuration should warn of it.
    pub fn is_short_for(&self, algorithm: Algorithm) -> bool {
        match &self.0 {
            Material::Hmac(secret) => {
                algorithm.is_symmetric() && secret.is_short_for(algorithm.hash())
            }
            Material::Rsa(_) | Material::P256(_) | Material::P384(_) | Material::Ed25519(_) => {
                false
            }
        }
    }

    /// `kty` and `crv`, as JWK writes them (RFC 7518 §6.1): `RSA`, `EC P-256`, `EC P-384`, `OKP Ed25519`, `oct`.
    pub fn key_type(&self) -> &'static str {
        match &self.0 {
            Material::Rsa(_) => "RSA",
            Material::P256(_) => "EC P-256",
            Material::P384(_) => "EC P-384",
            Material::Ed25519(_) => "OKP Ed25519",
            Material::Hmac(_) => "oct",
        }
    }

    /// Type and size for people: `RSA 2048`, `EC P-256`, `OKP Ed25519`, `oct`.
    pub fn description(&self) -> String {
        match &self.0 {
            Material::Rsa(key) => alloc::format!("RSA {}", key.bits()),
            Material::P256(_) | Material::P384(_) | Material::Ed25519(_) | Material::Hmac(_) => {
                self.key_type().into()
            }
        }
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Material::Rsa(one), Material::Rsa(other)) => one.spki() == other.spki(),
            (Material::P256(one), Material::P256(other)) => one.spki() == other.spki(),
            (Material::P384(one), Material::P384(other)) => one.spki() == other.spki(),
            (Material::Ed25519(one), Material::Ed25519(other)) => one == other,
            (Material::Hmac(one), Material::Hmac(other)) => one.expose() == other.expose(),
            (
                Material::Rsa(_)
                | Material::P256(_)
                | Material::P384(_)
                | Material::Ed25519(_)
                | Material::Hmac(_),
                _,
            ) => false,
        }
    }
}

impl Eq for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({})", self.description())
    }
}

/// Why a key cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The RSA modulus has a length outside the limits.
    RsaModulusSize {
        /// Length found, in bits.
        bits: u64,
    },
    /// The RSA modulus is even, so it is not one.
    RsaModulusEven,
    /// The RSA exponent is even, less than 3, or longer than 33 bits.
    RsaExponent,
    /// A coordinate or public key does not have the length of its curve.
    CoordinateLength {
        /// Length of the curve, in bytes.
        expected: usize,
        /// Length found, in bytes.
        found: usize,
    },
    /// The coordinates are not a point of the curve.
    NotOnCurve(Curve),
    /// The bytes are not a point of Ed25519.
    NotOnEd25519,
    /// The Ed25519 point has small order, so anybody can sign for it.
    Ed25519SmallOrder,
    /// The HMAC secret is empty.
    EmptySecret,
    /// The text has no PEM block, or its body is not base64.
    NotPem,
    /// The PEM text is longer than [`MAX_PEM_BYTES`](crate::MAX_PEM_BYTES).
    PemTooLong {
        /// Length found, in bytes.
        bytes: usize,
    },
    /// The PEM block holds a private key.
    PrivateKey,
    /// The PEM block holds neither a public key nor a certificate.
    UnsupportedPem,
    /// The content of the PEM block is not the ASN.1 structure that its label says.
    Asn1,
    /// The EC key is on another curve than P-256 and P-384.
    UnsupportedCurve,
    /// The key is neither RSA, EC nor Ed25519.
    UnsupportedKeyType,
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaModulusSize { bits } => write!(
                formatter,
                "the RSA modulus has {bits} bits; {MIN_RSA_BITS} to {MAX_RSA_BITS} are accepted"
            ),
            Self::RsaModulusEven => formatter.write_str("the RSA modulus is even; check that it was copied in full"),
            Self::RsaExponent => formatter.write_str(
                "the RSA exponent is not an odd number from 3 to 33 bits; it is usually 65537 (AQAB)",
            ),
            Self::CoordinateLength { expected, found } => write!(
                formatter,
                "the coordinate has {found} bytes, the curve needs {expected}; keep leading zero bytes"
            ),
            Self::NotOnCurve(curve) => {
                write!(formatter, "the coordinates are not a point of {}", curve.name())
            }
            Self::NotOnEd25519 => formatter.write_str("the key is not a point of Ed25519"),
            Self::Ed25519SmallOrder => formatter.write_str("the Ed25519 key has small order: anybody can sign for it"),
            Self::EmptySecret => formatter.write_str("the HMAC secret is empty"),
            Self::NotPem => formatter.write_str(
                "not PEM: expected -----BEGIN PUBLIC KEY-----, base64 and -----END PUBLIC KEY-----",
            ),
            Self::PemTooLong { bytes } => write!(
                formatter,
                "the PEM text has {bytes} bytes; at most {} are read",
                crate::MAX_PEM_BYTES
            ),
            Self::PrivateKey => formatter.write_str(
                "this is a private key, which only the issuer may have: give its public key, \
                 and replace the pair if others could read this",
            ),
            Self::UnsupportedPem => {
                formatter.write_str("the PEM block must be a PUBLIC KEY, an RSA PUBLIC KEY or a CERTIFICATE")
            }
            Self::Asn1 => formatter.write_str(
                "the content of the PEM block is not what its label says; check that it was copied in full",
            ),
            Self::UnsupportedCurve => formatter.write_str(
                "the EC key is on an unsupported curve; P-256 and P-384 are supported",
            ),
            Self::UnsupportedKeyType => formatter.write_str(
                "unsupported type of key; RSA, EC and Ed25519 are supported",
            ),
        }
    }
}

impl core::error::Error for KeyError {}
