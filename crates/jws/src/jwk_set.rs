//! A JWK set (RFC 7517 §5): a document of keys, of which those that can be used are taken.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::IgnoredAny;

use crate::json;
use crate::jwk::{self, Jwk, Origin, SkipReason};
use crate::printable::printable;

/// Longest document that is parsed. The largest sets in use (Google, Entra ID) take about 20 KB.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// Most keys read from a set. Providers publish up to about twenty; 500 leaves room and bounds the time of an import.
pub const MAX_KEYS: usize = 500;

/// Most skipped keys that an error names; more would not fit a log line.
const MAX_SKIPPED_SHOWN: usize = 3;

/// The usable keys of a document.
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    /// At least one key, in the order of the document. Two may have the same `kid`.
    pub keys: Vec<Jwk>,
    /// Keys that cannot be used, in the order of the document.
    pub skipped: Vec<SkippedKey>,
    /// What the operator of the provider should know, though the keys are used. Holds no key material.
    pub warnings: Vec<String>,
}

/// A key that is not used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedKey {
    /// Position in `keys`, from 0.
    pub index: usize,
    /// Its `kid`, if it is short and printable.
    pub kid: Option<String>,
    /// Why it is not used.
    pub reason: SkipReason,
}

impl fmt::Display for SkippedKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {}",
            place(self.index, self.kid.as_deref()),
            self.reason
        )
    }
}

/// Parses a JWK set. Keys that cannot be used are skipped; RFC 7517 §5 asks for that, and Keycloak and others
/// publish encryption keys in the same set.
///
/// # Errors
///
/// The document as a whole is not a JWK set, or has no usable key.
pub fn parse_jwk_set(document: &[u8], origin: Origin) -> Result<JwkSet, JwkSetError> {
    let keys = find_keys(document)?;
    let found = keys.len();
    let mut set = JwkSet::default();
    for (index, text) in keys.into_iter().enumerate() {
        if index >= MAX_KEYS {
            set.skipped.push(SkippedKey {
                index,
                kid: None,
                reason: SkipReason::TooManyKeys { found },
            });
            break;
        }
        match jwk::parse(text, origin) {
            Ok(parsed) => {
                if !parsed.private.is_empty() {
                    let kid = parsed.jwk.kid.as_deref().and_then(printable);
                    set.warnings.push(format!(
                        "{} holds members of a private key ({}): whoever read the document can sign tokens; \
                         replace the key",
                        place(index, kid.as_deref()),
                        parsed.private.join(", "),
                    ));
                }
                set.keys.push(parsed.jwk);
            }
            Err(reason) => set.skipped.push(SkippedKey {
                index,
                kid: jwk::kid_of(text).as_deref().and_then(printable),
                reason,
            }),
        }
    }
    if !set.keys.is_empty() {
        Ok(set)
    } else if found == 0 {
        Err(JwkSetError::Empty)
    } else {
        Err(JwkSetError::NoUsableKey {
            skipped: set.skipped,
        })
    }
}

/// The texts of the keys of a document.
fn find_keys(document: &[u8]) -> Result<Vec<&str>, JwkSetError> {
    if document.len() > MAX_DOCUMENT_BYTES {
        return Err(JwkSetError::TooLarge {
            bytes: document.len(),
        });
    }
    if document.starts_with(b"\xef\xbb\xbf") {
        return Err(JwkSetError::ByteOrderMark);
    }
    if document.starts_with(b"\x1f\x8b") {
        return Err(JwkSetError::Compressed);
    }
    let text = core::str::from_utf8(document).map_err(|_| JwkSetError::NotUtf8)?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|error| JwkSetError::NotJson {
        line: error.line(),
        column: error.column(),
        is_html: text.trim_start().starts_with('<'),
    })?;
    let members = json::members(text).map_err(|_| JwkSetError::NotAnObject)?;
    let mut keys = None;
    for (name, value) in &members {
        if name == "keys" && keys.replace(*value).is_some() {
            return Err(JwkSetError::DuplicateKeys);
        }
    }
    let keys = keys.ok_or_else(|| JwkSetError::NoKeys {
        looks_like: Resemblance::of(members.iter().map(|(name, _)| name.as_str())),
    })?;
    json::elements(keys).map_err(|_| JwkSetError::KeysNotAList)
}

fn place(index: usize, kid: Option<&str>) -> String {
    match kid {
        Some(kid) => format!("keys[{index}] (kid {kid})"),
        None => format!("keys[{index}]"),
    }
}

/// What a document without `keys` probably is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resemblance {
    /// OpenID provider metadata, which names the key set in `jwks_uri`.
    Metadata,
    /// One key, not a set.
    Key,
    /// Neither.
    Other,
}

impl Resemblance {
    fn of<'a>(mut names: impl Iterator<Item = &'a str> + Clone) -> Self {
        if names.clone().any(|name| name == "jwks_uri") {
            Self::Metadata
        } else if names.any(|name| name == "kty") {
            Self::Key
        } else {
            Self::Other
        }
    }
}

/// Why a document is not a JWK set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JwkSetError {
    /// Longer than [`MAX_DOCUMENT_BYTES`].
    TooLarge {
        /// Length found, in bytes.
        bytes: usize,
    },
    /// Begins with a byte order mark, which RFC 8259 §8.1 forbids.
    ByteOrderMark,
    /// Begins like gzip.
    Compressed,
    /// Not UTF-8.
    NotUtf8,
    /// Not JSON.
    NotJson {
        /// Line of the error, from 1.
        line: usize,
        /// Column of the error in bytes, from 1.
        column: usize,
        /// Whether it looks like a web page.
        is_html: bool,
    },
    /// JSON, but not an object.
    NotAnObject,
    /// An object without `keys`.
    NoKeys {
        /// What it looks like.
        looks_like: Resemblance,
    },
    /// `keys` occurs twice, so parsers may disagree on the set.
    DuplicateKeys,
    /// `keys` is not a list.
    KeysNotAList,
    /// `keys` is an empty list.
    Empty,
    /// There are keys, but none that can be used.
    NoUsableKey {
        /// Why, for each.
        skipped: Vec<SkippedKey>,
    },
}

impl fmt::Display for JwkSetError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::TooLarge { bytes } => {
                format!("the key set has {bytes} bytes; at most {MAX_DOCUMENT_BYTES} are read")
            }
            Self::ByteOrderMark => "the key set begins with a byte order mark; serve it without".to_owned(),
            Self::Compressed => "the key set is compressed, though no compression was asked for".to_owned(),
            Self::NotUtf8 => "the key set is not UTF-8".to_owned(),
            Self::NotJson { is_html: true, .. } => {
                "the key set is not JSON but looks like a web page; check the URL".to_owned()
            }
            Self::NotJson { line, column, .. } => {
                format!("the key set is not JSON: error at line {line}, column {column}")
            }
            Self::NotAnObject => "the key set is not a JSON object; expected {\"keys\": […]}".to_owned(),
            Self::NoKeys { looks_like } => match looks_like {
                Resemblance::Metadata => {
                    "the key set has no \"keys\"; it is OpenID metadata, whose jwks_uri names the key set".to_owned()
                }
                Resemblance::Key => {
                    "the key set has no \"keys\"; it is one key, write {\"keys\": [ … ]} around it".to_owned()
                }
                Resemblance::Other => "the key set has no \"keys\"; expected {\"keys\": […]}".to_owned(),
            },
            Self::DuplicateKeys => "the key set has \"keys\" twice".to_owned(),
            Self::KeysNotAList => "\"keys\" of the key set is not a list".to_owned(),
            Self::Empty => "the key set is empty".to_owned(),
            Self::NoUsableKey { skipped } => {
                let shown: Vec<String> = skipped
                    .iter()
                    .take(MAX_SKIPPED_SHOWN)
                    .map(|key| format!("{key}"))
                    .collect();
                let more = match skipped.len().saturating_sub(MAX_SKIPPED_SHOWN) {
                    0 => String::new(),
                    more => format!("; and {more} more"),
                };
                format!("the key set has no usable key: {}{more}", shown.join("; "))
            }
        };
        formatter.write_str(&text)
    }
}

impl core::error::Error for JwkSetError {}
