//! Tokens that were verified before.
//!
//! The whole token is compared, never a digest of it. The hash that finds an entry is drawn from the token's last bytes, which
//! are its signature: only the issuer chooses those of a token that gets in, and the hash is keyed besides. Entries live in two
//! generations; when the young one has filled half of the memory, the old one is dropped and the young one grows old. A hit in
//! the old generation moves the entry to the young one. So every operation costs the same however many entries there are, and
//! tokens in use stay.

use alloc::boxed::Box;
use alloc::rc::Rc;

use hashbrown::{DefaultHashBuilder, HashTable};

use core::hash::BuildHasher as _;

use crate::keys::SourceId;
use crate::rules::PolicyId;
use crate::time::Timestamp;
use crate::upstream::Identity;

/// Last bytes of a token that are hashed: 96 bits of its signature.
const HASHED_BYTES: usize = 16;

/// What a table entry costs beside the token and the identity: the entry, its place in the table, two allocations.
const ENTRY_OVERHEAD_BYTES: usize = 192;

/// A token's verification, as long as it holds.
#[derive(Debug, Clone)]
pub struct Verified {
    /// What the upstream is told.
    pub identity: Rc<Identity>,
    /// Not before this.
    pub valid_from: Timestamp,
    /// Not from this on: the token expires or its key does.
    pub valid_until: Timestamp,
    /// Where its key came from.
    pub source: SourceId,
    /// The source's generation when it was verified.
    pub generation: u32,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    policy: PolicyId,
    token: Box<[u8]>,
    verified: Verified,
}

impl Entry {
    fn size(&self) -> usize {
        size(&self.token, &self.verified)
    }
}

/// Bytes that a remembered token takes.
fn size(token: &[u8], verified: &Verified) -> usize {
    token
        .len()
        .saturating_add(verified.identity.size())
        .saturating_add(ENTRY_OVERHEAD_BYTES)
}

/// Equality, eight bytes at a time: in WebAssembly `memcmp` goes byte by byte, and this is most of what a hit costs.
fn same_bytes(one: &[u8], other: &[u8]) -> bool {
    let (one_words, one_rest) = one.as_chunks::<8>();
    let (other_words, other_rest) = other.as_chunks::<8>();
    one.len() == other.len()
        && one_rest == other_rest
        && one_words
            .iter()
            .zip(other_words)
            .all(|(one, other)| u64::from_ne_bytes(*one) == u64::from_ne_bytes(*other))
}

/// Verified tokens of one worker, bounded in bytes.
#[derive(Debug)]
pub struct VerifiedTokens {
    hasher: DefaultHashBuilder,
    seed: u64,
    half: usize,
    young: HashTable<Entry>,
    young_bytes: usize,
    old: HashTable<Entry>,
}

impl VerifiedTokens {
    /// Takes up to `max_bytes` of memory; 0 remembers nothing. `seed` is random: it keeps the places of tokens unknown.
    pub fn new(max_bytes: usize, seed: u64) -> Self {
        Self {
            hasher: DefaultHashBuilder::default(),
            seed,
            half: max_bytes.wrapping_shr(1),
            young: HashTable::new(),
            young_bytes: 0,
            old: HashTable::new(),
        }
    }

    fn hash(&self, policy: PolicyId, token: &[u8]) -> u64 {
        let start = token.len().saturating_sub(HASHED_BYTES);
        self.hasher
            .hash_one((self.seed, policy.0, token.get(start..).unwrap_or_default()))
    }

    /// The verification of exactly this token under exactly this policy. Whether it still holds is for the caller to see.
    pub fn get(&mut self, policy: PolicyId, token: &[u8]) -> Option<&Verified> {
        if self.young.is_empty() && self.old.is_empty() {
            return None;
        }
        let hash = self.hash(policy, token);
        let is_it = |entry: &Entry| entry.policy == policy && same_bytes(&entry.token, token);
        if self.young.find(hash, is_it).is_none() {
            let (entry, _) = self.old.find_entry(hash, is_it).ok()?.remove();
            self.insert_young(entry);
        }
        self.young.find(hash, is_it).map(|entry| &entry.verified)
    }

    /// Forgets a token.
    pub fn remove(&mut self, policy: PolicyId, token: &[u8]) {
        let hash = self.hash(policy, token);
        let is_it = |entry: &Entry| entry.policy == policy && same_bytes(&entry.token, token);
        if let Ok(found) = self.young.find_entry(hash, is_it) {
            let (entry, _) = found.remove();
            self.young_bytes = self.young_bytes.saturating_sub(entry.size());
        }
    }

    /// Remembers a token. One that would take more than half of the memory is not kept.
    pub fn insert(&mut self, policy: PolicyId, token: &[u8], verified: Verified) {
        if size(token, &verified) <= self.half {
            self.insert_young(Entry {
                hash: self.hash(policy, token),
                policy,
                token: token.into(),
                verified,
            });
        }
    }

    fn insert_young(&mut self, entry: Entry) {
        let size = entry.size();
        if self.young_bytes.saturating_add(size) > self.half {
            self.old = core::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes = self.young_bytes.saturating_add(size);
        self.young
            .insert_unique(entry.hash, entry, |entry| entry.hash);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::String;

    const POLICY: PolicyId = PolicyId(0);

    fn verified(mark: i64) -> Verified {
        Verified {
            identity: Rc::default(),
            valid_from: Timestamp::from_secs(mark),
            valid_until: Timestamp::MAX,
            source: SourceId(0),
            generation: 0,
        }
    }

    fn token(number: usize) -> String {
        format!("header.payload{number:0>600}.signature{number:0>40}")
    }

    #[test]
    fn a_token_is_found_only_whole_and_under_its_own_policy() {
        let mut tokens = VerifiedTokens::new(1 << 20, 7);
        let kept = token(1);
        tokens.insert(POLICY, kept.as_bytes(), verified(7));
        assert_eq!(
            tokens.get(POLICY, kept.as_bytes()).unwrap().valid_from,
            Timestamp::from_secs(7)
        );
        assert!(tokens.get(PolicyId(1), kept.as_bytes()).is_none());
        for at in 0..kept.len() {
            let mut other = kept.clone().into_bytes();
            other[at] ^= 1;
            assert!(tokens.get(POLICY, &other).is_none(), "byte {at}");
        }
        assert!(tokens.get(POLICY, &kept.as_bytes()[1..]).is_none());
        tokens.remove(POLICY, kept.as_bytes());
        assert!(tokens.get(POLICY, kept.as_bytes()).is_none());
    }

    #[test]
    fn memory_stays_within_its_bound_and_tokens_in_use_stay() {
        let max = 100 * 1024;
        let mut tokens = VerifiedTokens::new(max, 7);
        let favourite = token(0);
        tokens.insert(POLICY, favourite.as_bytes(), verified(0));
        for number in 1..1000 {
            tokens.insert(POLICY, token(number).as_bytes(), verified(0));
            assert!(
                tokens.get(POLICY, favourite.as_bytes()).is_some(),
                "after {number}"
            );
            let bytes: usize = tokens
                .young
                .iter()
                .chain(tokens.old.iter())
                .map(Entry::size)
                .sum();
            assert!(bytes <= max, "{bytes} bytes after {number}");
        }
        assert!(tokens.get(POLICY, token(1).as_bytes()).is_none());
    }

    #[test]
    fn without_memory_nothing_is_kept() {
        let mut tokens = VerifiedTokens::new(0, 7);
        tokens.insert(POLICY, token(1).as_bytes(), verified(0));
        assert!(tokens.get(POLICY, token(1).as_bytes()).is_none());
    }
}
