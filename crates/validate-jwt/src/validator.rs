//! Decides on requests.

use alloc::format;
use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use validate_jwt_jws::HostCrypto;

use crate::config::Config;
use crate::keys::KeyStore;
use crate::policy::{Policy, TokenLocation};
use crate::reason::Reason;
use crate::request::{Found, Headers, Request, Route, find_token, is_joined, without_parameter};
use crate::response::{Answers, Response};
use crate::rules::{PolicyId, Target, Verdict};
use crate::time::Timestamp;
use crate::token::UntrustedToken;
use crate::trace::{Check, Checked, Observer};
use crate::upstream::{Identity, is_alias};
use crate::verified::VerifiedTokens;

mod claims;
mod judge;
mod keys;

use judge::{Judge, Stop};

/// A configuration at work: its policies, the keys known so far, and the tokens verified so far. One for each worker.
#[derive(Debug)]
pub struct Validator {
    config: Rc<Config>,
    keys: KeyStore,
    verified: VerifiedTokens,
}

/// What becomes of a request.
#[derive(Debug)]
pub enum Decision {
    /// It passes, changed so.
    Pass(Passage),
    /// It is refused.
    Refuse(Refusal),
    /// It may pass once keys have been fetched. Ask again when [`KeyStore::take_changed`] says so.
    AwaitKeys,
}

/// Why a request passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// Its token is good.
    Verified,
    /// Its token was found good before.
    Remembered,
    /// A rule or its route asks for no token.
    Anonymous,
    /// It is a CORS preflight request.
    Preflight,
    /// It would be refused for this reason, but its policy only reports.
    Reported(Reason),
}

/// How a request is changed that passes.
#[derive(Debug)]
pub struct Passage {
    /// Why it passes.
    pub why: Passed,
    /// The policy that decided.
    pub policy: Option<PolicyId>,
    /// The rule that named it.
    pub rule: Option<usize>,
    /// Header fields to remove, as the client sent them; before any is set.
    pub remove: Vec<String>,
    /// The request target without the token.
    pub path: Option<Vec<u8>>,
    /// Header fields to set, and the property.
    pub identity: Option<Rc<Identity>>,
}

/// A refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Its reason.
    pub reason: Reason,
    /// The policy that decided.
    pub policy: Option<PolicyId>,
    /// The rule that named it.
    pub rule: Option<usize>,
}

/// Who is responsible for a request.
#[derive(Debug, Clone, Copy)]
struct Responsible {
    verdict: Verdict,
    rule: Option<usize>,
}

impl Validator {
    /// Begins to work by a configuration. `seed` is a random number: it spreads key refreshes over
    /// time and hides the places of remembered tokens.
    pub fn new(mut config: Config, seed: u64) -> Self {
        let sources = core::mem::take(&mut config.sources);
        let [jitter, ..] = seed.to_le_bytes();
        Self {
            keys: KeyStore::new(sources, config.keys, jitter),
            verified: VerifiedTokens::new(config.token_cache_bytes, seed),
            config: Rc::new(config),
        }
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The keys.
    pub fn keys(&self) -> &KeyStore {
        &self.keys
    }

    /// The keys, to fetch them.
    pub fn keys_mut(&mut self) -> &mut KeyStore {
        &mut self.keys
    }

    /// Decides on a request. `may_wait` says whether [`Decision::AwaitKeys`] is of use; without it, missing keys refuse.
    pub fn decide<H: Headers + ?Sized>(
        &mut self,
        request: &Request<'_, H>,
        now: Timestamp,
        crypto: &dyn HostCrypto,
        may_wait: bool,
        observer: &mut impl Observer,
    ) -> Decision {
        let config = Rc::clone(&self.config);
        let Some(Responsible { verdict, rule }) = responsible(&config, request, observer) else {
            return Decision::Refuse(Refusal {
                reason: Reason::NoRule,
                policy: None,
                rule: None,
            });
        };
        let pass = |why, policy| Passage {
            why,
            policy,
            rule,
            remove: if config.managed_headers.is_empty() {
                Vec::new()
            } else {
                client_copies(&config, request.headers)
            },
            path: None,
            identity: None,
        };
        let id = match verdict {
            Verdict::AllowAnonymous => return Decision::Pass(pass(Passed::Anonymous, None)),
            Verdict::Policy(id) => id,
        };
        let Some(policy) = config.policies.get(id.0) else {
            return Decision::Refuse(Refusal {
                reason: Reason::NoRule,
                policy: None,
                rule,
            });
        };
        if policy.preflight_passes && request.is_preflight() {
            return Decision::Pass(pass(Passed::Preflight, Some(id)));
        }
        match self.verify(policy, id, request, now, crypto, may_wait, observer) {
            Ok((why, identity)) => {
                let mut passage = Passage {
                    identity: Some(identity),
                    ..pass(why, Some(id))
                };
                if policy.upstream.removes_token {
                    passage.take_off_token(policy, request.headers);
                }
                Decision::Pass(passage)
            }
            Err(Stop::Await) => Decision::AwaitKeys,
            Err(Stop::Refuse(reason)) if policy.report_only => {
                let mut passage = pass(Passed::Reported(reason), Some(id));
                if policy.upstream.removes_token {
                    passage.take_off_token(policy, request.headers);
                }
                Decision::Pass(passage)
            }
            Err(Stop::Refuse(reason)) => Decision::Refuse(Refusal {
                reason,
                policy: Some(id),
                rule,
            }),
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the request's context, each part used"
    )]
    fn verify<H: Headers + ?Sized>(
        &mut self,
        policy: &Policy,
        id: PolicyId,
        request: &Request<'_, H>,
        now: Timestamp,
        crypto: &dyn HostCrypto,
        may_wait: bool,
        observer: &mut impl Observer,
    ) -> Result<(Passed, Rc<Identity>), Stop> {
        let token = single_token(find_token(request.headers, &policy.location), observer)?;
        if token.len() > policy.max_token_bytes {
            observer.checked(false, || Checked {
                check: Check::Size,
                ok: false,
                expected: vec![format!("at most {} bytes", policy.max_token_bytes)],
                found: vec![format!("{} bytes", token.len())],
                detail: String::new(),
            });
            return Err(Stop::Refuse(Reason::TokenTooLarge));
        }
        if let Some(verified) = self.verified.get(id, token) {
            let holds = verified.generation == self.keys.generation(verified.source)
                && verified.valid_from <= now
                && now < verified.valid_until;
            if holds {
                return Ok((Passed::Remembered, Rc::clone(&verified.identity)));
            }
            self.verified.remove(id, token);
        }
        // A policy that only watches must not slow requests down.
        let may_wait = may_wait && !policy.report_only;
        self.judge(policy, id, token, now, crypto, may_wait, observer)
    }

    /// Judges a token that is not remembered. Apart, so that those that are do not carry it through the processor's caches.
    #[inline(never)]
    #[expect(
        clippy::too_many_arguments,
        reason = "the request's context, each part used"
    )]
    fn judge(
        &mut self,
        policy: &Policy,
        id: PolicyId,
        token: &[u8],
        now: Timestamp,
        crypto: &dyn HostCrypto,
        may_wait: bool,
        observer: &mut impl Observer,
    ) -> Result<(Passed, Rc<Identity>), Stop> {
        let untrusted = UntrustedToken::parse(token);
        // What can be decoded has no comma.
        if untrusted.is_err() && is_joined(token) {
            single_token(Found::Several, observer)?;
        }
        let verified = Judge {
            policy,
            keys: &mut self.keys,
            now,
            crypto,
            may_wait,
            observer,
        }
        .judge(untrusted)?;
        let identity = Rc::clone(&verified.identity);
        self.verified.insert(id, token, verified);
        Ok((Passed::Verified, identity))
    }

    /// The response to a refused request, which came by gRPC or not ([`Request::is_grpc`]).
    pub fn respond(&self, refusal: Refusal, is_grpc: bool, now: Timestamp) -> Response {
        let policy = refusal.policy.and_then(|id| self.config.policies.get(id.0));
        let default = Answers::default();
        let answers = policy.map_or(&default, |policy| &policy.answers);
        answers.respond(refusal.reason, is_grpc, self.keys.retry_after(now))
    }
}

impl Passage {
    #[inline(never)]
    fn take_off_token<H: Headers + ?Sized>(&mut self, policy: &Policy, headers: &H) {
        match &policy.location {
            TokenLocation::Header { name, .. } => {
                if headers.first(name).is_some() && !self.remove.contains(name) {
                    self.remove.push(name.clone());
                }
            }
            TokenLocation::Query { name } => {
                let path = headers.first(":path").unwrap_or_default();
                self.path = Some(without_parameter(path, name));
            }
        }
    }
}

#[inline(never)]
fn by_rules<H: Headers + ?Sized>(config: &Config, headers: &H) -> Option<(usize, Verdict)> {
    let first = |name| headers.first(name).unwrap_or_default();
    config.rules.find(Target {
        method: first(":method"),
        host: headers.first(":authority").unwrap_or_else(|| first("host")),
        path: first(":path"),
    })
}

/// The route's word comes before the rules'. A route that names what does not exist leaves nobody responsible.
fn responsible<H: Headers + ?Sized>(
    config: &Config,
    request: &Request<'_, H>,
    observer: &mut impl Observer,
) -> Option<Responsible> {
    let by_route = |verdict| {
        Some(Responsible {
            verdict,
            rule: None,
        })
    };
    let (found, detail) = match request.route {
        Route::AllowAnonymous => (by_route(Verdict::AllowAnonymous), "the route"),
        Route::Policy(name) => {
            let id = core::str::from_utf8(name)
                .ok()
                .and_then(|name| config.policy_named(name));
            (
                id.and_then(|id| by_route(Verdict::Policy(id))),
                "the route names a policy that does not exist",
            )
        }
        Route::Unreadable => (
            None,
            "the route's metadata is neither a policy's name nor allow_anonymous",
        ),
        Route::Unset => {
            let found = config
                .rules
                .unconditional()
                .or_else(|| by_rules(config, request.headers));
            (
                found.map(|(rule, verdict)| Responsible {
                    verdict,
                    rule: Some(rule),
                }),
                "the rules",
            )
        }
    };
    observer.checked(found.is_some(), || Checked {
        check: Check::Rule,
        ok: found.is_some(),
        expected: config
            .policies
            .iter()
            .map(|policy| policy.name.clone())
            .collect(),
        found: match request.route {
            Route::Policy(name) => vec![String::from_utf8_lossy(name).into_owned()],
            Route::AllowAnonymous | Route::Unreadable | Route::Unset => Vec::new(),
        },
        detail: detail.to_string(),
    });
    found
}

fn single_token<'r>(found: Found<'r>, observer: &mut impl Observer) -> Result<&'r [u8], Stop> {
    let (reason, detail) = match found {
        Found::Token(token) => return Ok(token),
        Found::Nothing => (Reason::TokenNotPresent, "no token was sent"),
        Found::Several => (Reason::MultipleTokens, "more than one token was sent"),
        Found::Malformed => (
            Reason::TokenMalformed,
            "the scheme is not followed by a token",
        ),
    };
    observer.checked(false, || Checked {
        check: Check::Token,
        ok: false,
        expected: Vec::new(),
        found: Vec::new(),
        detail: detail.to_string(),
    });
    Err(Stop::Refuse(reason))
}

/// The client's own copies of headers that some policy sets. They go in every case: an upstream that trusts such a header must
/// not get it from a client, whichever rule lets the request pass.
#[inline(never)]
fn client_copies<H: Headers + ?Sized>(config: &Config, headers: &H) -> Vec<String> {
    let is_managed = |name: &[u8]| {
        config
            .managed_headers
            .iter()
            .any(|managed| is_alias(managed, name))
    };
    let mut copies: Vec<String> = Vec::new();
    for (name, _) in headers.iter().filter(|(name, _)| is_managed(name)) {
        let name = String::from_utf8_lossy(name);
        if !copies.iter().any(|copy| *copy == name) {
            copies.push(name.into_owned());
        }
    }
    copies
}
