//! The keys that this worker knows, and the fetches that keep them fresh.
//!
//! The store decides, others do: [`KeyStore::tick`] and [`KeyStore::fetched`] are told the time and what came back, and answer
//! with the requests to make. Tests drive it with a clock and a shared memory of their own.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use validate_jwt_jws::Jwk;

use crate::time::Timestamp;

use super::fetch::{FetchRequest, FetchResult, KeyEvent, LogLine};
use super::issuer::Issuers;
use super::record::{Note, SeenKey, SharedData, SharedDataError, is_alive};
use super::schedule::KeyTimes;
use super::source::{Source, SourceId};
use super::state::{Progress, Stage, State};

/// An entry's number that no host gives out: with it only an entry that does not exist can be written.
const NEVER: u32 = u32::MAX;

/// The keys of all sources of a configuration.
#[derive(Debug)]
pub struct KeyStore {
    times: KeyTimes,
    jitter: u8,
    states: Vec<State>,
    changed: bool,
    log: Vec<LogLine>,
}

impl KeyStore {
    /// Begins without any fetched keys. `jitter` is a random number that spreads refreshes.
    pub fn new(sources: Vec<Source>, times: KeyTimes, jitter: u8) -> Self {
        let states = sources
            .into_iter()
            .map(|source| State::new(source, times.key_ttl))
            .collect();
        Self {
            times,
            jitter,
            states,
            changed: false,
            log: Vec::new(),
        }
    }

    /// Takes over what other workers did, lets keys die of age, and says which fetches to begin. To be called every second, and
    /// more often while requests wait.
    pub fn tick(&mut self, now: Timestamp, shared: &mut dyn SharedData) -> Vec<FetchRequest> {
        let mut requests = Vec::new();
        for (index, state) in self.states.iter_mut().enumerate() {
            let Some(name) = state.name.clone() else {
                continue;
            };
            let entry = shared.get(&Note::name(&name));
            let number = entry.as_ref().map_or(NEVER, |(_, number)| *number);
            if let Some((bytes, _)) = entry {
                let note = Note::parse(&bytes);
                self.changed |= note.failures > state.note.failures;
                state.note = note;
            }
            let mut is_damaged = false;
            if state.note.fetched_at != 0 && state.note.fetched_at != state.edition {
                is_damaged = !state.load(&name, shared);
                self.changed |= !is_damaged;
            }
            state.expire(now, self.times.key_ttl);
            let leased = self.times.is_leased(&state.note, now);
            if state.stage.is_some() && !leased {
                // The answer never came; whoever comes next may try.
                state.stage = None;
            }
            if leased {
                continue;
            }
            let wanted = core::mem::take(&mut state.wanted);
            let due = self.times.is_due(&state.note, now, self.jitter);
            // What another worker fetched cannot be read: fetched again, or requests would fail until the next refresh.
            let asked_for = wanted || is_damaged;
            let begins = due || (asked_for && self.times.may_refetch(&state.note, now));
            if !begins {
                self.changed |= wanted;
                continue;
            }
            let lease = now.plus_millis(self.times.lease_millis()).as_millis();
            let note = Note {
                attempted_at: now.as_millis(),
                leased_until: lease,
                ..state.note
            };
            match shared.set(&Note::name(&name), &note.to_bytes(), Some(number)) {
                // Somebody was quicker; what it did shows on the next tick.
                Err(SharedDataError::Changed) => state.wanted = wanted,
                Ok(()) | Err(SharedDataError::Unavailable) => {
                    state.note = note;
                    requests.extend(state.begin(SourceId(index), self.times.fetch_timeout));
                }
            }
        }
        requests
    }

    /// Takes what came of a fetch; answers with the next one where a discovery document led on to its keys.
    pub fn fetched(
        &mut self,
        request: &FetchRequest,
        result: FetchResult,
        now: Timestamp,
        shared: &mut dyn SharedData,
    ) -> Option<FetchRequest> {
        let state = self
            .states
            .get_mut(request.source.0)
            .filter(|state| state.attempt == request.attempt)?;
        let stage = state.stage.take()?;
        let address = &request.endpoint.address;
        match state.progress(stage, result, &mut self.log) {
            Ok(Progress::FetchKeys { endpoint, issuer }) => {
                state.stage = Some(Stage::Keys {
                    address: endpoint.address.clone(),
                    issuer,
                });
                Some(FetchRequest {
                    endpoint,
                    ..request.clone()
                })
            }
            Ok(Progress::Keys { keys, issuer }) => {
                let count = keys.len();
                state.publish(keys, issuer, now, self.times.key_ttl, shared);
                let kept = state.keys.len().saturating_sub(count);
                self.log.push(LogLine {
                    event: KeyEvent::Fetched,
                    text: format!(
                        "keys fetched from {address}: {count} listed, {kept} earlier ones still good"
                    ),
                });
                self.changed = true;
                None
            }
            Err(why) => {
                state.note.failures = state.note.failures.saturating_add(1);
                state.note.leased_until = 0;
                state.write_note(shared);
                let consequence = match state.keys.len() {
                    0 => "no keys yet, requests that need them get 503".to_string(),
                    count => format!("the {count} keys known go on"),
                };
                self.log.push(LogLine {
                    event: KeyEvent::FetchFailed,
                    text: format!("keys could not be fetched from {address}: {why}; {consequence}"),
                });
                self.changed = true;
                None
            }
        }
    }

    /// Whether anything has changed since last asked that could let a waiting request go on.
    pub fn take_changed(&mut self) -> bool {
        core::mem::take(&mut self.changed)
    }

    /// What there is to log since last asked.
    pub fn take_log(&mut self) -> Vec<LogLine> {
        core::mem::take(&mut self.log)
    }

    /// Whether a source has never been fetched, or a request waits for a new key: reasons to tick often.
    pub fn is_restless(&self) -> bool {
        self.states
            .iter()
            .any(|state| !state.is_loaded() || state.wanted || state.stage.is_some())
    }

    /// The times it goes by.
    pub fn times(&self) -> &KeyTimes {
        &self.times
    }

    /// The issuers that a source states.
    pub fn issuers(&self, source: SourceId) -> &Issuers {
        const UNKNOWN: &Issuers = &Issuers::Unknown;
        self.states
            .get(source.0)
            .map_or(UNKNOWN, |state| &state.issuers)
    }

    /// Whether a source's keys are there (they may be none).
    pub fn is_loaded(&self, source: SourceId) -> bool {
        self.states.get(source.0).is_some_and(State::is_loaded)
    }

    /// The live keys of a source that a token with this `kid` may have been signed with, the time until which each is good
    /// with it.
    pub fn candidates<'s>(
        &'s self,
        source: SourceId,
        kid: Option<&'s str>,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'s Jwk, Timestamp)> {
        let state = self.states.get(source.0);
        let keys = state.map(|state| state.keys.as_slice()).unwrap_or_default();
        let is_named = move |key: &&SeenKey| key.jwk.kid.as_deref() == kid;
        let try_all = match state.map(|state| &state.source) {
            Some(Source::Fixed { try_all, .. }) => {
                *try_all && !keys.iter().any(|key| is_named(&key))
            }
            Some(Source::Discovery(_) | Source::KeySet { .. }) | None => false,
        };
        let key_ttl = self.times.key_ttl;
        keys.iter()
            .filter(move |key| try_all || kid.is_none() || is_named(key))
            .filter(move |key| is_alive(key.seen, now, key_ttl))
            .map(move |key| {
                (
                    &key.jwk,
                    if key_ttl == 0 {
                        Timestamp::MAX
                    } else {
                        key.seen.plus_secs(key_ttl)
                    },
                )
            })
    }

    /// Changes whenever a key of the source goes, or its issuers change.
    pub fn generation(&self, source: SourceId) -> u32 {
        self.states
            .get(source.0)
            .map_or(0, |state| state.generation)
    }

    /// Asks for a fetch because of an unknown `kid`. Whether waiting for it makes sense: one is under way, or may begin.
    pub fn want(&mut self, source: SourceId, now: Timestamp) -> bool {
        let Some(state) = self
            .states
            .get_mut(source.0)
            .filter(|state| state.name.is_some())
        else {
            return false;
        };
        if self.times.is_leased(&state.note, now) {
            return true;
        }
        state.wanted |= self.times.may_refetch(&state.note, now);
        state.wanted
    }

    /// How many seconds a client should wait before it tries again when keys are missing.
    pub fn retry_after(&self, now: Timestamp) -> u64 {
        let next = self
            .states
            .iter()
            .filter(|state| !state.is_loaded())
            .map(|state| {
                self.times
                    .next_first_attempt(&state.note)
                    .as_secs()
                    .saturating_sub(now.as_secs())
            });
        next.min()
            .and_then(|secs| u64::try_from(secs).ok())
            .unwrap_or(0)
            .max(1)
    }
}
