//! What the workers of one process tell each other about a source.
//!
//! Two entries in the host's shared data stand for each source. The *note* is small and read on every tick: who fetches until
//! when, when it was last tried, and which edition of the keys is current. The *keys* entry holds the merged keys themselves
//! and is read when the edition changes. Other modules in the process may be able to write both, so that they are parsed with
//! the limits of a fetched document and are believed no further.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use validate_jwt_jws::{Jwk, JwkSet, MAX_DOCUMENT_BYTES, Origin, parse_jwk_set};

use crate::time::Timestamp;

/// Part of the names of all entries; changes whenever their form does, since a module of another version may run beside.
const FORMAT: &str = "validate_jwt/1";

/// Most keys that are kept for a source, vanished ones included. Entra ID's busiest set had 42 in five months.
pub(crate) const MAX_MERGED_KEYS: usize = 500;

/// The host's shared data.
pub trait SharedData {
    /// The value of an entry and the number that changes with every write to it.
    fn get(&mut self, name: &str) -> Option<(Vec<u8>, u32)>;
    /// Writes an entry. With `expected`, only if its number is still that; an entry that does not exist has any number.
    ///
    /// # Errors
    /// [`SharedDataError`].
    fn set(
        &mut self,
        name: &str,
        value: &[u8],
        expected: Option<u32>,
    ) -> Result<(), SharedDataError>;
}

/// Why an entry was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedDataError {
    /// Somebody else wrote it since.
    Changed,
    /// The host has no shared data for us.
    Unavailable,
}

/// What is going on with a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Note {
    /// When the last fetch began, in milliseconds since the epoch; 0: never.
    pub(crate) attempted_at: i64,
    /// Until when a worker has promised to fetch; 0: nobody fetches.
    pub(crate) leased_until: i64,
    /// How many fetches in a row have failed.
    pub(crate) failures: u32,
    /// When the last fetch that succeeded ended; 0: never.
    pub(crate) fetched_at: i64,
}

impl Note {
    pub(crate) fn name(source: &str) -> String {
        alloc::format!("{FORMAT}/{source}/note")
    }

    pub(crate) fn parse(bytes: &[u8]) -> Self {
        // An unreadable note is as good as none: at worst one fetch too many.
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    pub(crate) fn to_bytes(self) -> Vec<u8> {
        serde_json::to_vec(&self).unwrap_or_default()
    }

    pub(crate) fn attempted(&self) -> Timestamp {
        Timestamp::from_millis(self.attempted_at)
    }
}

/// A key and when its source last listed it.
#[derive(Debug, Clone)]
pub(crate) struct SeenKey {
    pub(crate) jwk: Jwk,
    pub(crate) seen: Timestamp,
}

/// The keys of a source, those included that it listed a while ago.
#[derive(Debug, Clone, Default)]
pub(crate) struct KeyRecord {
    pub(crate) issuer: Option<String>,
    pub(crate) keys: Vec<SeenKey>,
}

#[derive(Deserialize)]
struct Stored<'a> {
    issuer: Option<String>,
    seen: Vec<i64>,
    #[serde(borrow)]
    jwks: BTreeMap<&'a str, serde_json::Value>,
}

#[derive(Serialize)]
struct ToStore<'k> {
    issuer: Option<&'k str>,
    seen: Vec<i64>,
    jwks: KeysToStore<'k>,
}

#[derive(Serialize)]
struct KeysToStore<'k> {
    keys: Vec<&'k Jwk>,
}

impl KeyRecord {
    pub(crate) fn name(source: &str) -> String {
        alloc::format!("{FORMAT}/{source}/keys")
    }

    /// `None` when it is not ours or damaged.
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return None;
        }
        let stored: Stored<'_> = serde_json::from_slice(bytes).ok()?;
        let JwkSet { keys, skipped, .. } =
            parse_jwk_set(&serde_json::to_vec(&stored.jwks).ok()?, Origin::Fetched).ok()?;
        if !skipped.is_empty() || keys.len() != stored.seen.len() {
            return None;
        }
        let seen = stored.seen.into_iter().map(Timestamp::from_millis);
        let keys = keys
            .into_iter()
            .zip(seen)
            .map(|(jwk, seen)| SeenKey { jwk, seen })
            .collect();
        Some(Self {
            issuer: stored.issuer,
            keys,
        })
    }

    fn to_bytes(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(&ToStore {
            issuer: self.issuer.as_deref(),
            seen: self.keys.iter().map(|key| key.seen.as_millis()).collect(),
            jwks: KeysToStore {
                keys: self.keys.iter().map(|key| &key.jwk).collect(),
            },
        })
        .ok()
    }

    /// The bytes for the other workers, who read no more than one document's worth: when there are more, the longest unseen keys
    /// are dropped.
    pub(crate) fn fit(&mut self) -> Option<Vec<u8>> {
        loop {
            let bytes = self.to_bytes()?;
            if bytes.len() <= MAX_DOCUMENT_BYTES {
                return Some(bytes);
            }
            // An eighth at a time: a few rounds, and not many more dropped than needed.
            let kept = self.keys.len().saturating_sub(self.keys.len().div_ceil(8));
            if kept == 0 {
                return None;
            }
            self.keys.truncate(kept);
        }
    }

    /// Takes over a newly fetched set: what it lists is seen now, what it does not list stays until `key_ttl` seconds after it
    /// was seen. A key with the `kid` and type of a listed one is replaced by it.
    pub(crate) fn merge(
        &mut self,
        fetched: Vec<Jwk>,
        issuer: Option<String>,
        now: Timestamp,
        key_ttl: u64,
    ) {
        let mut merged: Vec<SeenKey> = fetched
            .into_iter()
            .map(|jwk| SeenKey { jwk, seen: now })
            .collect();
        let listed = merged.len();
        for mut old in self.keys.drain(..) {
            // A time that is yet to come was written by another clock, or by another module: it would lengthen the key's life.
            old.seen = old.seen.min(now);
            let replaced = merged
                .iter()
                .take(listed)
                .any(|new| is_same_place(&new.jwk, &old.jwk));
            if !replaced && is_alive(old.seen, now, key_ttl) && key_ttl > 0 {
                merged.push(old);
            }
        }
        // The longest unseen go first when there are too many.
        merged.sort_by_key(|key| core::cmp::Reverse(key.seen));
        merged.truncate(MAX_MERGED_KEYS);
        self.keys = merged;
        self.issuer = issuer;
    }
}

/// Whether a key last seen at `seen` is still good. With a `key_ttl` of 0 every key of the record is: those that the newest
/// document does not list were dropped by the merge.
pub(crate) fn is_alive(seen: Timestamp, now: Timestamp, key_ttl: u64) -> bool {
    key_ttl == 0 || now < seen.plus_secs(key_ttl)
}

fn is_same_place(new: &Jwk, old: &Jwk) -> bool {
    match (&new.kid, &old.kid) {
        (Some(new_kid), Some(old_kid)) => {
            new_kid == old_kid && new.key.key_type() == old.key.key_type()
        }
        (None, None) => new.key == old.key,
        (Some(_), None) | (None, Some(_)) => false,
    }
}
