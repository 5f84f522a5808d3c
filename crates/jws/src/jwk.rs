//! One JSON Web Key (RFC 7517 §4): read with every rule that decides whether it may verify, and written back.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::ser::{Error as _, SerializeMap as _};

use crate::algorithm::Algorithm;
use crate::encoding::{decode_base64url, encode_base64url};
use crate::json;
use crate::key::{Curve, Key, KeyError, Material};
use crate::printable::shown;

/// Longest text of one key that is read. A key with a chain of certificates (`x5c`) takes a few KB.
pub const MAX_KEY_BYTES: usize = 64 * 1024;

/// Longest `kid`. Providers use thumbprints and UUIDs; it is kept for each key and compared with each token's.
pub const MAX_KID_BYTES: usize = 1024;

/// Longest `issuer` of a key; an issuer is a URL, and longer ones are not served by anybody.
const MAX_ISSUER_BYTES: usize = 2048;

/// Where a key comes from, which decides whether it may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Fetched from a provider: what is published is no secret, so `oct` keys are skipped.
    Fetched,
    /// Written in the configuration: `oct` keys are read.
    Inline,
}

/// A key with what its JWK says about its use.
///
/// Serialises as a JWK that [`parse_jwk_set`](crate::parse_jwk_set) reads back as an equal value. A symmetric key
/// does not serialise, so a secret cannot leave this way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwk {
    /// Key id, to be compared with the token's byte by byte.
    pub kid: Option<String>,
    /// The only algorithm the key may be used with; the key supports it. Without it, any that the key supports.
    pub alg: Option<Algorithm>,
    /// Issuer whose tokens alone the key may verify (an extension in Entra ID's key sets).
    pub issuer: Option<String>,
    /// The key.
    pub key: Key,
}

impl Jwk {
    /// Whether the key may verify `algorithm`: it supports it, and its JWK names this algorithm or none.
    pub fn permits(&self, algorithm: Algorithm) -> bool {
        self.key.supports(algorithm) && self.alg.is_none_or(|alg| alg == algorithm)
    }
}

/// A key that was read, and what was wrong with it though it can be used.
pub(crate) struct Parsed {
    pub(crate) jwk: Jwk,
    /// Private members that were present.
    pub(crate) private: Vec<&'static str>,
}

/// Reads one key of a set.
pub(crate) fn parse(text: &str, origin: Origin) -> Result<Parsed, SkipReason> {
    if text.len() > MAX_KEY_BYTES {
        return Err(SkipReason::TooLarge { bytes: text.len() });
    }
    let members = Members::parse(text)?;
    let kty = members.required("kty")?;
    let kid = members.bounded("kid", MAX_KID_BYTES)?;
    let issuer = members.bounded("issuer", MAX_ISSUER_BYTES)?;
    if let Some(used) = members.string("use")?
        && used != "sig"
    {
        return Err(SkipReason::NotForSignatures { used: shown(&used) });
    }
    members.check_operations()?;
    let alg = match members.string("alg")? {
        Some(name) => Some(
            Algorithm::from_name(&name)
                .ok_or_else(|| SkipReason::UnknownAlgorithm { alg: shown(&name) })?,
        ),
        None => None,
    };
    let key = members.key(&kty, origin)?;
    if let Some(alg) = alg
        && !key.supports(alg)
    {
        return Err(SkipReason::AlgorithmMismatch {
            alg,
            key: key.description(),
        });
    }
    Ok(Parsed {
        private: members.private(&key),
        jwk: Jwk {
            kid,
            alg,
            issuer,
            key,
        },
    })
}

/// The `kid` of a key that may otherwise be unusable.
pub(crate) fn kid_of(text: &str) -> Option<String> {
    if text.len() > MAX_KEY_BYTES {
        return None;
    }
    Members::parse(text).ok()?.string("kid").ok()?
}

/// Members of a key, each name once.
struct Members<'a>(Vec<(String, &'a str)>);

impl<'a> Members<'a> {
    fn parse(text: &'a str) -> Result<Self, SkipReason> {
        let members = json::members(text).map_err(|_| SkipReason::NotAnObject)?;
        let mut names = BTreeSet::new();
        for (name, _) in &members {
            // RFC 7517 §4 leaves the choice; parsers that disagree on which one counts are an attack.
            if !names.insert(name.as_str()) {
                return Err(SkipReason::DuplicateMember {
                    member: shown(name),
                });
            }
        }
        Ok(Self(members))
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        self.0
            .iter()
            .find(|(member, _)| member == name)
            .map(|(_, value)| *value)
    }

    fn string(&self, name: &'static str) -> Result<Option<String>, SkipReason> {
        self.get(name)
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| SkipReason::NotAString { member: name })
    }

    fn required(&self, name: &'static str) -> Result<String, SkipReason> {
        self.string(name)?
            .ok_or(SkipReason::Missing { member: name })
    }

    fn bounded(&self, name: &'static str, limit: usize) -> Result<Option<String>, SkipReason> {
        match self.string(name)? {
            Some(text) if text.len() > limit => Err(SkipReason::TooLong {
                member: name,
                limit,
            }),
            text => Ok(text),
        }
    }

    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, SkipReason> {
        decode_base64url(&self.required(name)?)
            .map_err(|_| SkipReason::NotBase64Url { member: name })
    }

    fn check_operations(&self) -> Result<(), SkipReason> {
        let Some(text) = self.get("key_ops") else {
            return Ok(());
        };
        let operations: Vec<String> = serde_json::from_str(text)
            .map_err(|_| SkipReason::NotAListOfStrings { member: "key_ops" })?;
        if operations.iter().any(|operation| operation == "verify") {
            Ok(())
        } else {
            Err(SkipReason::NotForVerifying)
        }
    }

    fn key(&self, kty: &str, origin: Origin) -> Result<Key, SkipReason> {
        match kty {
            "RSA" => Ok(Key::rsa(&self.bytes("n")?, &self.bytes("e")?)?),
            "EC" => {
                let crv = self.required("crv")?;
                let curve = [Curve::P256, Curve::P384]
                    .into_iter()
                    .find(|curve| curve.name() == crv)
                    .ok_or_else(|| SkipReason::UnknownCurve { crv: shown(&crv) })?;
                Ok(Key::ec(curve, &self.bytes("x")?, &self.bytes("y")?)?)
            }
            "OKP" => {
                let crv = self.required("crv")?;
                if crv != "Ed25519" {
                    return Err(SkipReason::UnknownCurve { crv: shown(&crv) });
                }
                Ok(Key::ed25519(&self.bytes("x")?)?)
            }
            "oct" => match origin {
                Origin::Inline => Ok(Key::hmac(self.bytes("k")?)?),
                Origin::Fetched => Err(SkipReason::FetchedSecret),
            },
            _ => Err(SkipReason::UnknownKeyType { kty: shown(kty) }),
        }
    }

    /// Private members (RFC 7518 §6.2.2, §6.3.2, RFC 8037 §2) that are present. Their values are not read.
    fn private(&self, key: &Key) -> Vec<&'static str> {
        let names: &[&'static str] = match key.0 {
            Material::Rsa(_) => &["d", "p", "q", "dp", "dq", "qi", "oth"],
            Material::P256(_) | Material::P384(_) | Material::Ed25519(_) => &["d"],
            Material::Hmac(_) => &[],
        };
        names
            .iter()
            .copied()
            .filter(|name| self.get(name).is_some())
            .collect()
    }
}

impl serde::Serialize for Jwk {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parameters = parameters(&self.key)
            .ok_or_else(|| S::Error::custom("a symmetric key is not written to a key set"))?;
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in parameters {
            map.serialize_entry(name, &value)?;
        }
        if let Some(kid) = &self.kid {
            map.serialize_entry("kid", kid)?;
        }
        if let Some(alg) = self.alg {
            map.serialize_entry("alg", alg.name())?;
        }
        if let Some(issuer) = &self.issuer {
            map.serialize_entry("issuer", issuer)?;
        }
        map.end()
    }
}

/// The public members that are the key; nothing for a secret.
fn parameters(key: &Key) -> Option<Vec<(&'static str, String)>> {
    let ec = |curve: Curve, spki: &[u8]| {
        // The SubjectPublicKeyInfo ends with x‖y.
        let (rest, y) = spki.split_at_checked(spki.len().checked_sub(curve.coordinate_len())?)?;
        let (_, x) = rest.split_at_checked(rest.len().checked_sub(curve.coordinate_len())?)?;
        Some(alloc::vec![
            ("kty", String::from("EC")),
            ("crv", curve.name().into()),
            ("x", encode_base64url(x)),
            ("y", encode_base64url(y)),
        ])
    };
    match &key.0 {
        Material::Rsa(key) => Some(alloc::vec![
            ("kty", "RSA".into()),
            ("n", encode_base64url(key.n())),
            ("e", encode_base64url(&key.e())),
        ]),
        Material::P256(key) => ec(Curve::P256, key.spki()),
        Material::P384(key) => ec(Curve::P384, key.spki()),
        Material::Ed25519(key) => Some(alloc::vec![
            ("kty", "OKP".into()),
            ("crv", "Ed25519".into()),
            ("x", encode_base64url(key.as_bytes())),
        ]),
        Material::Hmac(_) => None,
    }
}

/// Why a key of a set is not used. Text from the document is cut and made printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// The element is not a JSON object.
    NotAnObject,
    /// The text of the key is longer than [`MAX_KEY_BYTES`].
    TooLarge {
        /// Length found, in bytes.
        bytes: usize,
    },
    /// A member occurs twice, so parsers may disagree on the key.
    DuplicateMember {
        /// Its name.
        member: String,
    },
    /// A member that the key needs is not there.
    Missing {
        /// Its name.
        member: &'static str,
    },
    /// A member is not a string.
    NotAString {
        /// Its name.
        member: &'static str,
    },
    /// A member is not a list of strings.
    NotAListOfStrings {
        /// Its name.
        member: &'static str,
    },
    /// A member is longer than allowed.
    TooLong {
        /// Its name.
        member: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// A member is not base64url without padding.
    NotBase64Url {
        /// Its name.
        member: &'static str,
    },
    /// `kty` is neither RSA, EC, OKP nor oct.
    UnknownKeyType {
        /// Its value.
        kty: String,
    },
    /// `crv` is none that is supported for the key type.
    UnknownCurve {
        /// Its value.
        crv: String,
    },
    /// `alg` is not a supported signature algorithm.
    UnknownAlgorithm {
        /// Its value.
        alg: String,
    },
    /// `alg` contradicts the type or curve of the key.
    AlgorithmMismatch {
        /// Its value.
        alg: Algorithm,
        /// [`Key::description`].
        key: String,
    },
    /// `use` is another than `sig`.
    NotForSignatures {
        /// Its value.
        used: String,
    },
    /// `key_ops` does not hold `verify`.
    NotForVerifying,
    /// A symmetric key in a fetched document: whoever can fetch it could sign.
    FetchedSecret,
    /// The key itself is refused.
    Key(KeyError),
    /// The set has more than [`MAX_KEYS`](crate::MAX_KEYS) keys; this one and those after it are not read.
    TooManyKeys {
        /// Number of keys in the set.
        found: usize,
    },
}

impl From<KeyError> for SkipReason {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::NotAnObject => "not a JSON object".into(),
            Self::TooLarge { bytes } => {
                format!("the key takes {bytes} bytes; at most {MAX_KEY_BYTES} are read")
            }
            Self::DuplicateMember { member } => format!("\"{member}\" occurs twice"),
            Self::Missing { member } => format!("\"{member}\" is missing"),
            Self::NotAString { member } => format!("\"{member}\" is not a string"),
            Self::NotAListOfStrings { member } => format!("\"{member}\" is not a list of strings"),
            Self::TooLong { member, limit } => format!("\"{member}\" has more than {limit} bytes"),
            Self::NotBase64Url { member } => {
                format!("\"{member}\" is not base64url without padding")
            }
            Self::UnknownKeyType { kty } => format!("unsupported key type \"{kty}\""),
            Self::UnknownCurve { crv } => format!("unsupported curve \"{crv}\""),
            Self::UnknownAlgorithm { alg } => format!("unsupported algorithm \"{alg}\""),
            Self::AlgorithmMismatch { alg, key } => {
                format!("\"alg\" is {alg}, which a key of type {key} cannot verify")
            }
            Self::NotForSignatures { used } => {
                format!("\"use\" is \"{used}\", so the key is not for signatures")
            }
            Self::NotForVerifying => "\"key_ops\" does not hold \"verify\"".into(),
            Self::FetchedSecret => {
                "a symmetric key in a fetched document is not a secret; configure it instead".into()
            }
            Self::Key(error) => format!("{error}"),
            Self::TooManyKeys { found } => format!(
                "the set has {found} keys; only the first {} are read",
                crate::MAX_KEYS
            ),
        };
        formatter.write_str(&text)
    }
}
