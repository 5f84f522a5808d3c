//! The keys that this worker knows, and the fetches that keep them fresh.
//!
//! The store decides, others do: [`KeyStore::tick`] and [`KeyStore::fetched`] are told the time and what came back, and answer
//! with the requests to make. Tests drive it with a clock and a shared memory of their own.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use validate_jwt_jws::{Jwk, MAX_DOCUMENT_BYTES, Origin, parse_jwk_set};

use crate::time::Timestamp;

use super::address::Address;
use super::discovery::{self, DiscoveryError};
use super::issuer::Issuers;
use super::record::{KeyRecord, Note, SeenKey, SharedData, SharedDataError, is_alive};
use super::schedule::KeyTimes;
use super::source::{Discovery, Endpoint, Source, SourceId};

/// Longest body that is worth handing over to [`KeyStore::fetched`]; of a longer one its size suffices.
pub const MAX_BODY_BYTES: usize = MAX_DOCUMENT_BYTES;

/// How much of a failed fetch's answer is shown in the log; Envoy's longest own text has about 200.
const MAX_SHOWN_CHARS: usize = 240;

/// An entry's number that no host gives out: with it only an entry that does not exist can be written.
const NEVER: u32 = u32::MAX;

/// A GET to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchRequest {
    /// For which source.
    pub source: SourceId,
    /// Tells this attempt from earlier ones; to be given back with the result.
    pub attempt: u32,
    /// Where to, and by which cluster.
    pub endpoint: Endpoint,
    /// Limit, in seconds.
    pub timeout: u64,
}

/// What came of a [`FetchRequest`].
#[derive(Debug)]
pub enum FetchResult {
    /// An answer.
    Answer {
        /// Its status.
        status: u16,
        /// Its body, up to [`MAX_BODY_BYTES`].
        body: Vec<u8>,
        /// The size of the whole body.
        size: usize,
    },
    /// None, and why.
    Failure(String),
}

/// Something that the operator should read or count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// What has happened.
    pub event: KeyEvent,
    /// The text.
    pub text: String,
}

/// What happens to keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyEvent {
    /// A fetch brought keys.
    Fetched,
    /// A fetch failed.
    FetchFailed,
    /// A fetch brought something that is not quite right.
    Doubtful,
}

#[derive(Debug)]
enum Stage {
    Discovery,
    Keys {
        address: Address,
        issuer: Option<String>,
    },
}

#[derive(Debug)]
struct State {
    source: Source,
    /// Name in shared data; `None` for fixed keys.
    name: Option<String>,
    issuers: Issuers,
    keys: Vec<SeenKey>,
    /// Changes whenever a key goes or the issuers change; what was verified under an earlier one is void.
    generation: u32,
    /// Edition of the keys that are loaded (`Note::fetched_at`); 0: none.
    edition: i64,
    note: Note,
    stage: Option<Stage>,
    attempt: u32,
    /// A request waits for a key that may be new.
    wanted: bool,
}

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

enum Progress {
    FetchKeys {
        endpoint: Endpoint,
        issuer: Option<String>,
    },
    Keys {
        keys: Vec<Jwk>,
        issuer: Option<String>,
    },
}

impl State {
    fn new(source: Source, key_ttl: u64) -> Self {
        let name = source.shared_name(key_ttl);
        let stated =
            |issuer: &Option<String>| issuer.clone().map_or(Issuers::Unstated, Issuers::Exact);
        let (issuers, keys) = match &source {
            Source::Discovery(_) => (Issuers::Unknown, Vec::new()),
            Source::KeySet { issuer, .. } => (stated(issuer), Vec::new()),
            Source::Fixed { issuer, keys, .. } => {
                let keys = keys
                    .iter()
                    .map(|jwk| SeenKey {
                        jwk: jwk.clone(),
                        seen: Timestamp::MAX,
                    })
                    .collect();
                (stated(issuer), keys)
            }
        };
        Self {
            source,
            name,
            issuers,
            keys,
            generation: 0,
            edition: 0,
            note: Note::default(),
            stage: None,
            attempt: 0,
            wanted: false,
        }
    }

    fn is_loaded(&self) -> bool {
        self.name.is_none() || self.edition != 0
    }

    fn begin(&mut self, id: SourceId, timeout: u64) -> Option<FetchRequest> {
        let (endpoint, stage) = match &self.source {
            Source::Discovery(discovery) => (discovery.document.clone(), Stage::Discovery),
            Source::KeySet { endpoint, issuer } => (
                endpoint.clone(),
                Stage::Keys {
                    address: endpoint.address.clone(),
                    issuer: issuer.clone(),
                },
            ),
            Source::Fixed { .. } => return None,
        };
        self.attempt = self.attempt.wrapping_add(1);
        self.stage = Some(stage);
        Some(FetchRequest {
            source: id,
            attempt: self.attempt,
            endpoint,
            timeout,
        })
    }

    fn progress(
        &self,
        stage: Stage,
        result: FetchResult,
        log: &mut Vec<LogLine>,
    ) -> Result<Progress, String> {
        let body = match result {
            FetchResult::Failure(why) => return Err(why),
            FetchResult::Answer {
                status: 200,
                body,
                size,
            } if size == body.len() => body,
            FetchResult::Answer {
                status: 200, size, ..
            } => {
                return Err(format!(
                    "{size} bytes are more than the {MAX_BODY_BYTES} that are read"
                ));
            }
            FetchResult::Answer {
                status: status @ 300..=399,
                ..
            } => {
                return Err(format!(
                    "the answer has status {status}; redirects are not followed, configure the final address"
                ));
            }
            FetchResult::Answer { status, body, .. } => {
                return Err(format!(
                    "the answer has status {status}{}",
                    first_words(&body)
                ));
            }
        };
        match stage {
            Stage::Discovery => {
                let Source::Discovery(discovery) = &self.source else {
                    return Err("no discovery document expected".into());
                };
                let metadata =
                    discovery::read(discovery, &body).map_err(|error| error.to_string())?;
                check_issuer(discovery, &metadata.issuer, log)?;
                Ok(Progress::FetchKeys {
                    endpoint: metadata.keys,
                    issuer: Some(metadata.issuer),
                })
            }
            Stage::Keys { address, issuer } => {
                let set =
                    parse_jwk_set(&body, Origin::Fetched).map_err(|error| error.to_string())?;
                let skipped = set.skipped.iter().map(ToString::to_string);
                log.extend(skipped.chain(set.warnings).map(|text| LogLine {
                    event: KeyEvent::Doubtful,
                    text: format!("{address}: {text}"),
                }));
                Ok(Progress::Keys {
                    keys: set.keys,
                    issuer,
                })
            }
        }
    }

    /// Merges a fetched set with what the process knew, and tells the other workers.
    fn publish(
        &mut self,
        keys: Vec<Jwk>,
        issuer: Option<String>,
        now: Timestamp,
        key_ttl: u64,
        shared: &mut dyn SharedData,
    ) {
        let Some(name) = self.name.clone() else {
            return;
        };
        let known = shared
            .get(&KeyRecord::name(&name))
            .and_then(|(bytes, _)| KeyRecord::parse(&bytes));
        let mut record = known.unwrap_or_else(|| KeyRecord {
            issuer: None,
            keys: self.keys.clone(),
        });
        record.merge(keys, issuer, now, key_ttl);
        let edition = next_edition(self.note.fetched_at, now);
        self.note = Note {
            leased_until: 0,
            failures: 0,
            fetched_at: edition,
            ..self.note
        };
        // The keys before the note that announces them. Without shared data this worker goes on alone.
        if let Some(bytes) = record.fit() {
            let _alone = shared.set(&KeyRecord::name(&name), &bytes, None);
        }
        self.write_note(shared);
        self.adopt(record, edition);
    }

    fn write_note(&self, shared: &mut dyn SharedData) {
        if let Some(name) = &self.name {
            let _alone = shared.set(&Note::name(name), &self.note.to_bytes(), None);
        }
    }

    /// Loads the keys that another worker published. Whether there were any.
    fn load(&mut self, name: &str, shared: &mut dyn SharedData) -> bool {
        let record = shared
            .get(&KeyRecord::name(name))
            .and_then(|(bytes, _)| KeyRecord::parse(&bytes));
        let edition = self.note.fetched_at;
        record.map(|record| self.adopt(record, edition)).is_some()
    }

    fn adopt(&mut self, record: KeyRecord, edition: i64) {
        let gone = self
            .keys
            .iter()
            .any(|old| !record.keys.iter().any(|new| new.jwk == old.jwk));
        let issuers_before = self.issuers.clone();
        if let Source::Discovery(Discovery { entra, .. }) = &self.source {
            self.issuers = match (entra, record.issuer) {
                (_, None) => Issuers::Unstated,
                // Nobody fills it, and no token may bring it as it stands.
                (None, Some(issuer)) if is_template(&issuer) => Issuers::Unstated,
                (None, Some(issuer)) => Issuers::Exact(issuer),
                (Some(entra), Some(issuer)) => {
                    Issuers::entra(&issuer, entra.v1_issuer, &entra.tenant)
                        .unwrap_or(Issuers::Unstated)
                }
            };
        }
        if gone || self.issuers != issuers_before {
            self.generation = self.generation.wrapping_add(1);
        }
        self.keys = record.keys;
        self.edition = edition;
    }

    fn expire(&mut self, now: Timestamp, key_ttl: u64) {
        // What was seen later than now was seen under another clock; it must not live longer for that.
        for key in &mut self.keys {
            key.seen = key.seen.min(now);
        }
        let before = self.keys.len();
        self.keys.retain(|key| is_alive(key.seen, now, key_ttl));
        if self.keys.len() != before {
            self.generation = self.generation.wrapping_add(1);
        }
    }
}

/// The beginning of an answer that is plain text: Envoy says there why it could not reach a host.
fn first_words(body: &[u8]) -> String {
    let text = core::str::from_utf8(body).unwrap_or_default().trim();
    if text.is_empty() || text.starts_with(['<', '{', '[']) {
        return String::new();
    }
    let words: String = text.chars().take(MAX_SHOWN_CHARS).collect();
    format!(" ({words:?})")
}

/// The time of a fetch by which its keys are told from those of the fetch before; never 0. Not always a later time: a clock may be
/// set back.
fn next_edition(last: i64, now: Timestamp) -> i64 {
    let edition = now.as_millis().max(1);
    if edition == last {
        edition.saturating_add(1)
    } else {
        edition
    }
}

/// Whether the issuer of a discovery document is one that the source may have; warns of a template that nobody will fill.
fn check_issuer(discovery: &Discovery, issuer: &str, log: &mut Vec<LogLine>) -> Result<(), String> {
    match &discovery.entra {
        Some(entra) if Issuers::entra(issuer, entra.v1_issuer, &entra.tenant).is_none() => {
            Err(DiscoveryError::Tenant(issuer.into()).to_string())
        }
        Some(_) => Ok(()),
        None => {
            if is_template(issuer) {
                log.push(LogLine {
                    event: KeyEvent::Doubtful,
                    text: format!(
                        "{}: the issuer {issuer:?} is a template, which `openid_configs` takes as it stands: it matches no token. \
                         Use `azure_ad` for a document that serves many tenants, or name `issuers`",
                        discovery.document.address
                    ),
                });
            }
            Ok(())
        }
    }
}

/// Whether an issuer has a mark to be filled in, as those of documents that serve many tenants have.
fn is_template(issuer: &str) -> bool {
    issuer.contains('{')
}
