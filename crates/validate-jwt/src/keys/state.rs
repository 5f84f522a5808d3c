//! What this worker knows of one source, and how a fetch changes it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use validate_jwt_jws::{Jwk, Origin, parse_jwk_set};

use crate::time::Timestamp;

use super::address::Address;
use super::discovery::{self, DiscoveryError};
use super::fetch::{FetchRequest, FetchResult, KeyEvent, LogLine, MAX_BODY_BYTES};
use super::issuer::Issuers;
use super::record::{KeyRecord, Note, SeenKey, SharedData, is_alive};
use super::source::{Discovery, Endpoint, Source, SourceId};

/// How much of a failed fetch's answer is shown in the log; Envoy's longest own text has about 200.
const MAX_SHOWN_CHARS: usize = 240;

#[derive(Debug)]
pub(super) enum Stage {
    Discovery,
    Keys {
        address: Address,
        issuer: Option<String>,
    },
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) source: Source,
    /// Name in shared data; `None` for fixed keys.
    pub(super) name: Option<String>,
    pub(super) issuers: Issuers,
    pub(super) keys: Vec<SeenKey>,
    /// Changes whenever a key goes or the issuers change; what was verified under an earlier one is void.
    pub(super) generation: u32,
    /// Edition of the keys that are loaded (`Note::fetched_at`); 0: none.
    pub(super) edition: i64,
    pub(super) note: Note,
    pub(super) stage: Option<Stage>,
    pub(super) attempt: u32,
    /// A request waits for a key that may be new.
    pub(super) wanted: bool,
}

pub(super) enum Progress {
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
    pub(super) fn new(source: Source, key_ttl: u64) -> Self {
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

    pub(super) fn is_loaded(&self) -> bool {
        self.name.is_none() || self.edition != 0
    }

    pub(super) fn begin(&mut self, id: SourceId, timeout: u64) -> Option<FetchRequest> {
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

    pub(super) fn progress(
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
    pub(super) fn publish(
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

    pub(super) fn write_note(&self, shared: &mut dyn SharedData) {
        if let Some(name) = &self.name {
            let _alone = shared.set(&Note::name(name), &self.note.to_bytes(), None);
        }
    }

    /// Loads the keys that another worker published. Whether there were any.
    pub(super) fn load(&mut self, name: &str, shared: &mut dyn SharedData) -> bool {
        let record = shared
            .get(&KeyRecord::name(name))
            .and_then(|(bytes, _)| KeyRecord::parse(&bytes));
        let edition = self.note.fetched_at;
        record.map(|record| self.adopt(record, edition)).is_some()
    }

    pub(super) fn adopt(&mut self, record: KeyRecord, edition: i64) {
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

    pub(super) fn expire(&mut self, now: Timestamp, key_ttl: u64) {
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
