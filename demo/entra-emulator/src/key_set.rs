//! The signing keys in order: the first signs, and those not hidden are published.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::signing_key::{SigningKey, SigningKeyError};

/// Keys published from the start. Entra always publishes more than one.
const INITIAL_KEYS: usize = 2;

/// The longest list seen from Entra had 14 keys; the oldest go first.
const MAX_KEYS: usize = 14;

/// The keys of the emulator, shared by all its tenants as Entra's are.
pub(crate) struct KeySet {
    keys: Vec<Entry>,
}

struct Entry {
    key: Arc<SigningKey>,
    hidden_until: Option<Instant>,
}

/// Which key a rotation makes the signing one.
pub(crate) enum NextKey {
    /// One nobody has seen: an emergency rollover.
    New(SigningKey),
    /// The second published one: a planned rollover.
    Published,
}

/// What a caller sees of a key.
pub(crate) struct KeyStatus {
    pub(crate) kid: String,
    pub(crate) signs: bool,
    pub(crate) hidden_for: Option<Duration>,
}

impl KeySet {
    pub(crate) fn generate() -> Result<Self, SigningKeyError> {
        let keys = (0..INITIAL_KEYS)
            .map(|_| SigningKey::generate())
            .collect::<Result<Vec<_>, _>>()?;
        Self::from_keys(keys).ok_or(SigningKeyError::Generation)
    }

    /// Takes keys in order; `None` if there are none, since one must sign.
    pub(crate) fn from_keys(keys: Vec<SigningKey>) -> Option<Self> {
        let keys: Vec<Entry> = keys.into_iter().take(MAX_KEYS).map(Entry::new).collect();
        (!keys.is_empty()).then_some(Self { keys })
    }

    /// The key that signs. `None` cannot happen, as no operation empties the set.
    pub(crate) fn signing(&self) -> Option<Arc<SigningKey>> {
        self.keys.first().map(|entry| Arc::clone(&entry.key))
    }

    /// All keys in order, hidden ones too.
    pub(crate) fn all(&self) -> Vec<Arc<SigningKey>> {
        self.keys
            .iter()
            .map(|entry| Arc::clone(&entry.key))
            .collect()
    }

    /// The keys a client gets to see at `now`.
    pub(crate) fn published(&self, now: Instant) -> Vec<Arc<SigningKey>> {
        let visible = self
            .keys
            .iter()
            .filter(|entry| entry.hidden_for(now).is_none());
        visible.map(|entry| Arc::clone(&entry.key)).collect()
    }

    pub(crate) fn status(&self, now: Instant) -> Vec<KeyStatus> {
        let statuses = self.keys.iter().enumerate().map(|(at, entry)| KeyStatus {
            kid: entry.key.kid().to_owned(),
            signs: at == 0,
            hidden_for: entry.hidden_for(now),
        });
        statuses.collect()
    }

    /// Makes another key sign; with `keep_old` the one before stays published after it.
    /// Returns false, and changes nothing, if a published key is asked for and there is no second one.
    pub(crate) fn rotate(&mut self, next: NextKey, keep_old: bool) -> bool {
        match next {
            NextKey::New(key) => {
                if !keep_old {
                    self.keys.drain(..1.min(self.keys.len()));
                }
                self.keys.insert(0, Entry::new(key));
                self.keys.truncate(MAX_KEYS);
            }
            NextKey::Published => {
                if self.keys.len() < 2 {
                    return false;
                }
                let old = self.keys.remove(0);
                if keep_old {
                    self.keys.push(old);
                }
            }
        }
        true
    }

    /// Leaves a key out of the published set until `until`; it goes on signing if it is the first.
    /// `None` for `kid` is the signing key. Returns the key id, or `None` if there is no such key.
    pub(crate) fn hide(&mut self, kid: Option<&str>, until: Option<Instant>) -> Option<String> {
        let entry = self
            .keys
            .iter_mut()
            .find(|entry| kid.is_none_or(|kid| entry.key.kid() == kid))?;
        entry.hidden_until = until;
        Some(entry.key.kid().to_owned())
    }

    pub(crate) fn show_all(&mut self) {
        for entry in &mut self.keys {
            entry.hidden_until = None;
        }
    }
}

impl Entry {
    fn new(key: SigningKey) -> Self {
        Self {
            key: Arc::new(key),
            hidden_until: None,
        }
    }

    fn hidden_for(&self, now: Instant) -> Option<Duration> {
        self.hidden_until?
            .checked_duration_since(now)
            .filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{KeySet, NextKey};
    use crate::signing_key::SigningKey;

    fn kids(set: &KeySet, now: Instant) -> Vec<String> {
        set.published(now)
            .iter()
            .map(|key| key.kid().to_owned())
            .collect()
    }

    #[test]
    fn rotation_hides_and_keeps_what_it_is_asked_to() {
        let now = Instant::now();
        let mut set = KeySet::generate().unwrap();
        let [first, second] = <[String; 2]>::try_from(kids(&set, now)).unwrap();

        assert!(set.rotate(NextKey::Published, true));
        assert_eq!(kids(&set, now), [second.clone(), first.clone()]);

        let key = SigningKey::generate().unwrap();
        let new = key.kid().to_owned();
        assert!(set.rotate(NextKey::New(key), false));
        assert_eq!(kids(&set, now), [new.clone(), first.clone()]);

        assert!(set.rotate(NextKey::Published, false));
        assert!(
            !set.rotate(NextKey::Published, false),
            "the last key must stay"
        );
        assert_eq!(kids(&set, now), [first]);
    }

    #[test]
    fn a_hidden_key_signs_on_and_comes_back() {
        let now = Instant::now();
        let later = now.checked_add(Duration::from_secs(5)).unwrap();
        let mut set = KeySet::generate().unwrap();
        let signing = set.signing().unwrap().kid().to_owned();
        assert_eq!(set.hide(None, Some(later)), Some(signing.clone()));
        assert!(!kids(&set, now).contains(&signing));
        assert_eq!(set.signing().unwrap().kid(), signing);
        assert!(kids(&set, later).contains(&signing));
        assert_eq!(set.hide(Some("unknown"), Some(later)), None);
    }
}
