//! Whose keys may verify a token, and whether one does.

use alloc::string::String;
use alloc::vec::Vec;

use validate_jwt_jws::{Algorithm, Jwk};

use crate::keys::issuer::key_issuer_permits;
use crate::keys::{Issuers, SourceId};
use crate::reason::Reason;
use crate::time::Timestamp;
use crate::token::Header;
use crate::trace::{Check, Checked, Observer};

use super::judge::{Judge, Stop};

/// Most keys that one token is tried with. Only tokens without `kid`, and static keys, are tried with more than those of one
/// name; the bound keeps a token from costing more than this many verifications.
const MAX_TRIED_KEYS: usize = 16;

/// The sources whose keys may verify a token.
pub(super) enum Sources {
    These(Vec<SourceId>),
    /// None of those known, but a source is still to be fetched that may state the issuer.
    Unknown,
}

impl<O: Observer> Judge<'_, O> {
    pub(super) fn issuer(&mut self, iss: Option<&str>, tid: Option<&str>) -> Result<Sources, Stop> {
        let policy = self.policy;
        if !policy.checks_issuer {
            return Ok(Sources::These(policy.sources.clone()));
        }
        let named = iss.is_some_and(|iss| policy.issuers.iter().any(|issuer| issuer == iss));
        let accepts = |source: &SourceId| {
            named || iss.is_some_and(|iss| self.keys.issuers(*source).accept(iss, tid))
        };
        let sources: Vec<SourceId> = policy.sources.iter().copied().filter(accepts).collect();
        let unknown = iss.is_some()
            && policy
                .sources
                .iter()
                .any(|source| *self.keys.issuers(*source) == Issuers::Unknown);
        if sources.is_empty() && unknown {
            return Ok(Sources::Unknown);
        }
        let ok = !sources.is_empty();
        let keys = &*self.keys;
        self.observer.checked(ok, || {
            let by_sources = policy
                .sources
                .iter()
                .flat_map(|source| keys.issuers(*source).stated());
            let stated = policy.issuers.iter().map(String::as_str).chain(by_sources);
            Checked {
                check: Check::Issuer,
                ok,
                expected: stated.map(String::from).collect(),
                found: iss.map(String::from).into_iter().collect(),
                detail: String::new(),
            }
        });
        if ok {
            Ok(Sources::These(sources))
        } else {
            Err(Reason::TokenIssuerNotAllowed.into())
        }
    }

    /// The source whose key verifies the signature, and how long that key is good.
    pub(super) fn signature(
        &mut self,
        sources: Sources,
        header: &Header<'_>,
        algorithm: Algorithm,
        iss: Option<&str>,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(SourceId, Timestamp), Stop> {
        let Sources::These(sources) = sources else {
            return Err(self.without_keys());
        };
        let may_verify = |jwk: &Jwk| {
            jwk.permits(algorithm)
                && jwk
                    .issuer
                    .as_deref()
                    .is_none_or(|issuer| key_issuer_permits(issuer, iss))
        };
        let mut named = false;
        let mut tried = 0_usize;
        let mut verified = None;
        'search: for &source in &sources {
            for (jwk, until) in self.keys.candidates(source, header.kid, self.now) {
                named = true;
                if !may_verify(jwk) {
                    continue;
                }
                if tried >= MAX_TRIED_KEYS {
                    break 'search;
                }
                tried = tried.saturating_add(1);
                if jwk.key.verify(algorithm, message, signature, self.crypto) {
                    verified = Some((source, until));
                    break 'search;
                }
            }
        }
        if tried == 0 {
            return Err(self.without_key(&sources, header.kid, named));
        }
        let kid = || header.kid.map(String::from).into_iter().collect();
        self.note(Check::Key, true, Vec::new, kid, "");
        self.note(
            Check::Signature,
            verified.is_some(),
            Vec::new,
            Vec::new,
            algorithm.name(),
        );
        verified.ok_or(Stop::Refuse(Reason::TokenSignatureInvalid))
    }

    /// No key has the token's `kid` (or, when `named`, none that has it fits): it may be new, or not fetched yet.
    pub(super) fn without_key(
        &mut self,
        sources: &[SourceId],
        kid: Option<&str>,
        named: bool,
    ) -> Stop {
        if sources.iter().any(|source| !self.keys.is_loaded(*source)) {
            return self.without_keys();
        }
        if !named && kid.is_some() {
            let now = self.now;
            // Every source is asked, not only the first that is willing.
            let wanted = sources
                .iter()
                .filter(|source| self.keys.want(**source, now))
                .count();
            if wanted > 0 && self.may_wait {
                return Stop::Await;
            }
        }
        let (keys, now) = (&*self.keys, self.now);
        self.observer.checked(false, || {
            let live = sources
                .iter()
                .flat_map(|source| keys.candidates(*source, None, now));
            let detail = if named {
                "no key of this kid fits the token's algorithm and issuer"
            } else {
                ""
            };
            Checked {
                check: Check::Key,
                ok: false,
                expected: live.filter_map(|(jwk, _)| jwk.kid.clone()).collect(),
                found: kid.map(String::from).into_iter().collect(),
                detail: detail.into(),
            }
        });
        Stop::Refuse(Reason::TokenSignatureKeyNotFound)
    }

    pub(super) fn without_keys(&mut self) -> Stop {
        if self.may_wait {
            return Stop::Await;
        }
        self.note(
            Check::Key,
            false,
            Vec::new,
            Vec::new,
            "the keys have not been fetched yet",
        );
        Stop::Refuse(Reason::KeysUnavailable)
    }
}
