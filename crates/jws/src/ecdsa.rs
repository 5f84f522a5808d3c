//! ECDSA (RFC 7518 §3.4): ES256 on P-256 and ES384 on P-384.
//!
//! The signature of a token is r‖s of fixed length. Low and high s are both valid, as the RFC does not ask for
//! either; the bytes of a token are therefore no identity.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use core::num::NonZeroUsize;

use jwt_compact::AlgorithmSignature;
use jwt_compact::alg::Es256 as PureEs256;
use p384::ecdsa::signature::Verifier as _;

use crate::algorithm::{Algorithm, Hash};
use crate::asn1;
use crate::host::HostCrypto;
use crate::key::{Curve, KeyError};
use crate::signature::NoSigningKey;

/// First byte of an uncompressed point (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 0x04;

/// Point on a curve, with the SubjectPublicKeyInfo that a host takes.
#[derive(Clone)]
pub(crate) struct EcPublicKey<P> {
    point: P,
    spki: Box<[u8]>,
}

pub(crate) type P256PublicKey = EcPublicKey<p256::ecdsa::VerifyingKey>;
pub(crate) type P384PublicKey = EcPublicKey<p384::ecdsa::VerifyingKey>;

impl<P> EcPublicKey<P> {
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }
}

impl P256PublicKey {
    /// A point on the curve in SEC 1 form, compressed or not.
    pub(crate) fn from_sec1(point: &[u8]) -> Result<Self, KeyError> {
        check_form(Curve::P256, point)?;
        let point = p256::ecdsa::VerifyingKey::from_sec1_bytes(point)
            .map_err(|_| KeyError::NotOnCurve(Curve::P256))?;
        let spki = asn1::encode_ec_spki(Curve::P256, point.to_encoded_point(false).as_bytes());
        Ok(Self {
            point,
            spki: spki.into(),
        })
    }
}

impl P384PublicKey {
    /// A point on the curve in SEC 1 form, compressed or not.
    pub(crate) fn from_sec1(point: &[u8]) -> Result<Self, KeyError> {
        check_form(Curve::P384, point)?;
        let point = p384::ecdsa::VerifyingKey::from_sec1_bytes(point)
            .map_err(|_| KeyError::NotOnCurve(Curve::P384))?;
        let spki = asn1::encode_ec_spki(Curve::P384, point.to_encoded_point(false).as_bytes());
        Ok(Self {
            point,
            spki: spki.into(),
        })
    }
}

/// SEC 1 form of the point with these coordinates, each of which must have the full length (RFC 7518 §6.2.1.2).
pub(crate) fn sec1_from_coordinates(
    curve: Curve,
    x: &[u8],
    y: &[u8],
) -> Result<alloc::vec::Vec<u8>, KeyError> {
    let expected = curve.coordinate_len();
    for coordinate in [x, y] {
        if coordinate.len() != expected {
            return Err(KeyError::CoordinateLength {
                expected,
                found: coordinate.len(),
            });
        }
    }
    Ok([&[UNCOMPRESSED], x, y].concat())
}

/// Only the uncompressed and the two compressed forms: SEC 1 also has the point at infinity, and the libraries a
/// form of their own. They check the length.
fn check_form(curve: Curve, point: &[u8]) -> Result<(), KeyError> {
    match point.first() {
        Some(0x02 | 0x03 | &UNCOMPRESSED) => Ok(()),
        Some(_) | None => Err(KeyError::NotOnCurve(curve)),
    }
}

/// Verifier of ES256, by the host where it can.
pub(crate) struct Es256<'h> {
    pub(crate) host: &'h dyn HostCrypto,
}

impl jwt_compact::Algorithm for Es256<'_> {
    type SigningKey = NoSigningKey;
    type VerifyingKey = P256PublicKey;
    type Signature = p256::ecdsa::Signature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(Algorithm::ES256.name())
    }

    fn sign(&self, signing_key: &NoSigningKey, _: &[u8]) -> Self::Signature {
        match *signing_key {}
    }

    fn verify_signature(
        &self,
        signature: &Self::Signature,
        key: &P256PublicKey,
        message: &[u8],
    ) -> bool {
        self.host
            .verify(
                Hash::Sha256,
                key.spki(),
                signature.to_der().as_bytes(),
                message,
            )
            .unwrap_or_else(|| {
                jwt_compact::Algorithm::verify_signature(&PureEs256, signature, &key.point, message)
            })
    }
}

/// r‖s on P-384, each in [1, n − 1].
pub(crate) struct P384Signature(p384::ecdsa::Signature);

impl AlgorithmSignature for P384Signature {
    const LENGTH: Option<NonZeroUsize> = NonZeroUsize::new(96);

    fn try_from_slice(slice: &[u8]) -> anyhow::Result<Self> {
        p384::ecdsa::Signature::from_slice(slice)
            .map(Self)
            .map_err(anyhow::Error::msg)
    }

    fn as_bytes(&self) -> Cow<'_, [u8]> {
        Cow::Owned(self.0.to_bytes().to_vec())
    }
}

/// Verifier of ES384, by the host where it can.
pub(crate) struct Es384<'h> {
    pub(crate) host: &'h dyn HostCrypto,
}

impl jwt_compact::Algorithm for Es384<'_> {
    type SigningKey = NoSigningKey;
    type VerifyingKey = P384PublicKey;
    type Signature = P384Signature;

    fn name(&self) -> Cow<'static, str> {
        Cow::Borrowed(Algorithm::ES384.name())
    }

    fn sign(&self, signing_key: &NoSigningKey, _: &[u8]) -> P384Signature {
        match *signing_key {}
    }

    fn verify_signature(
        &self,
        signature: &P384Signature,
        key: &P384PublicKey,
        message: &[u8],
    ) -> bool {
        self.host
            .verify(
                Hash::Sha384,
                key.spki(),
                signature.0.to_der().as_bytes(),
                message,
            )
            .unwrap_or_else(|| key.point.verify(message, &signature.0).is_ok())
    }
}
