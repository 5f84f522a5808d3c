//! Judges one token by one policy.
//!
//! The order is by cost: form and names first, then issuer, audience and times, and only for what is left the signature. Junk
//! dies cheaply, and a token that nobody would accept causes no fetch of keys.

use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use validate_jwt_jws::{Algorithm, HostCrypto, Jwk};

use crate::claims::{ClaimCheck, RequiredClaim};
use crate::config::Match;
use crate::json::{Kind, Value};
use crate::keys::issuer::{is_guid, key_issuer_permits};
use crate::keys::{Issuers, KeyStore, SourceId};
use crate::policy::Policy;
use crate::reason::Reason;
use crate::time::{NumericDate, Timestamp};
use crate::token::{Header, MalformedToken, UntrustedToken};
use crate::trace::{Check, Checked, Observer};
use crate::upstream::Identity;
use crate::verified::Verified;

/// Most keys that one token is tried with. Only tokens without `kid`, and static keys, are tried with more than those of one
/// name; the bound keeps a token from costing more than this many verifications.
const MAX_TRIED_KEYS: usize = 16;

/// Why a judgement ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The request is refused.
    Refuse(Reason),
    /// Keys must be fetched first.
    Await,
}

impl From<Reason> for Stop {
    fn from(reason: Reason) -> Self {
        Self::Refuse(reason)
    }
}

/// All that a judgement needs beside the token.
pub(super) struct Judge<'j, O> {
    pub(super) policy: &'j Policy,
    pub(super) keys: &'j mut KeyStore,
    pub(super) now: Timestamp,
    pub(super) crypto: &'j dyn HostCrypto,
    pub(super) may_wait: bool,
    pub(super) observer: &'j mut O,
}

/// Times of a token, `clock_skew` included.
struct Validity {
    from: Timestamp,
    until: Timestamp,
}

/// The sources whose keys may verify a token.
enum Sources {
    These(Vec<SourceId>),
    /// None of those known, but a source is still to be fetched that may state the issuer.
    Unknown,
}

impl<O: Observer> Judge<'_, O> {
    pub(super) fn judge(mut self, token: &[u8]) -> Result<Verified, Stop> {
        let token = core::str::from_utf8(token).map_err(|_| MalformedToken::NotUtf8("token"));
        let token = token.and_then(UntrustedToken::parse);
        let token = self.well_formed(token)?;
        let header = self.well_formed(token.header())?;
        let header = self.well_formed(Header::read(header.root()))?;
        let algorithm = self.algorithm(&header)?;
        self.token_type(&header)?;
        let signature = self.well_formed(token.signature())?;
        let payload = self.well_formed(token.payload())?;
        let claims = payload.root();
        let dates = self.well_formed(Dates::read(claims))?;
        self.note(Check::Format, true, Vec::new, Vec::new, "");

        let iss = claims.get("iss").and_then(Value::as_str);
        let tid = claims.get("tid").and_then(Value::as_str);
        let sources = self.issuer(iss, tid)?;
        self.tenant(tid)?;
        self.audience(claims)?;
        let validity = self.times(&dates)?;

        let (source, key_until) = self.signature(
            sources,
            &header,
            algorithm,
            iss,
            token.signing_input(),
            signature,
        )?;

        self.client(claims)?;
        for required in &self.policy.required_claims {
            self.required_claim(required, claims)?;
        }
        Ok(Verified {
            identity: Rc::new(Identity::new(
                &self.policy.upstream,
                claims,
                token.payload_bytes(),
            )),
            valid_from: validity.from,
            valid_until: validity.until.min(key_until),
            source,
            generation: self.keys.generation(source),
        })
    }

    fn note(
        &mut self,
        check: Check,
        ok: bool,
        expected: impl FnOnce() -> Vec<String>,
        found: impl FnOnce() -> Vec<String>,
        detail: &str,
    ) {
        self.observer.checked(ok, || Checked {
            check,
            ok,
            expected: expected(),
            found: found(),
            detail: detail.to_string(),
        });
    }

    fn well_formed<T>(&mut self, result: Result<T, MalformedToken>) -> Result<T, Stop> {
        result.map_err(|error| {
            self.observer.checked(false, || Checked {
                check: Check::Format,
                ok: false,
                expected: Vec::new(),
                found: Vec::new(),
                detail: error.to_string(),
            });
            Stop::Refuse(Reason::TokenMalformed)
        })
    }

    fn algorithm(&mut self, header: &Header<'_>) -> Result<Algorithm, Stop> {
        let accepted = &self.policy.algorithms;
        let algorithm = header
            .alg
            .and_then(Algorithm::from_name)
            .filter(|algorithm| accepted.contains(algorithm));
        self.note(
            Check::Algorithm,
            algorithm.is_some(),
            || {
                accepted
                    .iter()
                    .map(|algorithm| algorithm.name().to_string())
                    .collect()
            },
            || header.alg.map(String::from).into_iter().collect(),
            "",
        );
        algorithm.ok_or(Stop::Refuse(Reason::AlgorithmNotAllowed))
    }

    fn token_type(&mut self, header: &Header<'_>) -> Result<(), Stop> {
        let accepted = &self.policy.token_types;
        if accepted.is_empty() {
            return Ok(());
        }
        let ok = header.has_type(accepted);
        self.note(
            Check::TokenType,
            ok,
            || accepted.clone(),
            || header.typ.map(String::from).into_iter().collect(),
            "",
        );
        if ok {
            Ok(())
        } else {
            Err(Reason::TokenTypeNotAllowed.into())
        }
    }

    fn issuer(&mut self, iss: Option<&str>, tid: Option<&str>) -> Result<Sources, Stop> {
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
        let stated = || {
            let by_sources = policy
                .sources
                .iter()
                .flat_map(|source| self.keys.issuers(*source).stated());
            policy
                .issuers
                .iter()
                .map(String::as_str)
                .chain(by_sources)
                .map(String::from)
                .collect()
        };
        let expected: Vec<String> = if ok { Vec::new() } else { stated() };
        self.note(
            Check::Issuer,
            ok,
            || expected,
            || iss.map(String::from).into_iter().collect(),
            "",
        );
        if ok {
            Ok(Sources::These(sources))
        } else {
            Err(Reason::TokenIssuerNotAllowed.into())
        }
    }

    fn tenant(&mut self, tid: Option<&str>) -> Result<(), Stop> {
        let allowed = &self.policy.allowed_tenants;
        if allowed.is_empty() {
            return Ok(());
        }
        let ok = tid.is_some_and(|tid| {
            is_guid(tid)
                && allowed
                    .iter()
                    .any(|allowed| allowed.eq_ignore_ascii_case(tid))
        });
        self.note(
            Check::Tenant,
            ok,
            || allowed.clone(),
            || tid.map(String::from).into_iter().collect(),
            "",
        );
        if ok {
            Ok(())
        } else {
            Err(Reason::TokenTenantNotAllowed.into())
        }
    }

    fn audience(&mut self, claims: Value<'_>) -> Result<(), Stop> {
        let accepted = &self.policy.audiences;
        if accepted.is_empty() {
            return Ok(());
        }
        let audience = claims.get("aud");
        let named = || audience.into_iter().flat_map(strings);
        let ok = named().any(|audience| accepted.iter().any(|accepted| accepted == audience));
        self.note(
            Check::Audience,
            ok,
            || accepted.clone(),
            || named().map(String::from).collect(),
            "",
        );
        if ok {
            Ok(())
        } else {
            Err(Reason::TokenAudienceNotAllowed.into())
        }
    }

    fn times(&mut self, dates: &Dates) -> Result<Validity, Stop> {
        let (now, skew) = (self.now, self.policy.clock_skew);
        let clock = move || vec![now.as_secs().to_string()];
        let text = |date: Timestamp| move || vec![date.as_secs().to_string()];
        let until = match dates.exp.map(NumericDate::as_end) {
            None if self.policy.require_expiration_time => {
                self.note(
                    Check::Expiration,
                    false,
                    clock,
                    Vec::new,
                    "the token has no exp",
                );
                return Err(Reason::TokenExpirationMissing.into());
            }
            None => Timestamp::MAX,
            Some(exp) => {
                let until = exp.plus_secs(skew);
                // RFC 7519 §4.1.4: not on or after.
                let ok = now < until;
                self.note(Check::Expiration, ok, clock, text(exp), "");
                if !ok {
                    return Err(Reason::TokenExpired.into());
                }
                until
            }
        };
        let from = match dates.nbf.map(NumericDate::as_start) {
            None => Timestamp::from_millis(i64::MIN),
            Some(nbf) => {
                let from = nbf.minus_secs(skew);
                let ok = from <= now;
                self.note(Check::NotBefore, ok, clock, text(nbf), "");
                if !ok {
                    return Err(Reason::TokenNotYetValid.into());
                }
                from
            }
        };
        Ok(Validity { from, until })
    }

    /// The source whose key verifies the signature, and how long that key is good.
    fn signature(
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
    fn without_key(&mut self, sources: &[SourceId], kid: Option<&str>, named: bool) -> Stop {
        if sources.iter().any(|source| !self.keys.is_loaded(*source)) {
            return self.without_keys();
        }
        if self.may_wait && !named && kid.is_some() {
            let now = self.now;
            // Every source is asked, not only the first that is willing.
            let wanted = sources
                .iter()
                .filter(|source| self.keys.want(**source, now))
                .count();
            if wanted > 0 {
                return Stop::Await;
            }
        }
        let known = || {
            let keys = sources
                .iter()
                .flat_map(|source| self.keys.candidates(*source, None, self.now));
            keys.filter_map(|(jwk, _)| jwk.kid.clone()).collect()
        };
        let expected: Vec<String> = known();
        let detail = if named {
            "no key of this kid fits the token's algorithm and issuer"
        } else {
            ""
        };
        self.note(
            Check::Key,
            false,
            || expected,
            || kid.map(String::from).into_iter().collect(),
            detail,
        );
        Stop::Refuse(Reason::TokenSignatureKeyNotFound)
    }

    fn without_keys(&mut self) -> Stop {
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

    fn client(&mut self, claims: Value<'_>) -> Result<(), Stop> {
        let accepted = &self.policy.client_application_ids;
        if accepted.is_empty() {
            return Ok(());
        }
        // v1.0 tokens name the caller in `appid`, v2.0 tokens in `azp`; a token with both must not choose.
        let caller = match (claims.get("azp"), claims.get("appid")) {
            (Some(caller), None) | (None, Some(caller)) => caller.as_str(),
            (Some(azp), Some(appid)) => azp.as_str().filter(|azp| appid.as_str() == Some(azp)),
            (None, None) => None,
        };
        let ok = caller.is_some_and(|caller| accepted.iter().any(|accepted| accepted == caller));
        self.note(
            Check::Client,
            ok,
            || accepted.clone(),
            || caller.map(String::from).into_iter().collect(),
            "",
        );
        if ok {
            Ok(())
        } else {
            Err(Reason::TokenClientNotAllowed.into())
        }
    }

    fn required_claim(&mut self, required: &RequiredClaim, claims: Value<'_>) -> Result<(), Stop> {
        let outcome = required.check(claims);
        let ok = outcome == ClaimCheck::Holds;
        self.observer.checked(ok, || Checked {
            check: Check::Claim,
            ok,
            expected: required.values.clone().unwrap_or_default(),
            found: required
                .path
                .find(claims)
                .map(|claim| required.found(claim).map(String::from).collect())
                .unwrap_or_default(),
            detail: match (&required.values, required.matching) {
                (None, _) => required.path.to_string(),
                (Some(_), Match::All) => alloc::format!("{}, all of", required.path),
                (Some(_), Match::Any) => alloc::format!("{}, any of", required.path),
            },
        });
        match outcome {
            ClaimCheck::Holds => Ok(()),
            ClaimCheck::Missing => Err(Reason::TokenClaimNotFound.into()),
            ClaimCheck::WrongValue => Err(Reason::TokenClaimValueNotAllowed.into()),
        }
    }
}

/// The strings of a claim that is one or a list of them (RFC 7519 §4.1.3); numbers and booleans are none.
fn strings(value: Value<'_>) -> impl Iterator<Item = &str> {
    let elements = value
        .children()
        .filter(move |_| value.kind() == Kind::Array)
        .filter_map(|(_, element)| element.as_str());
    value.as_str().into_iter().chain(elements)
}

/// The dates of a token. One of a wrong type makes the token malformed, even where it is not needed.
struct Dates {
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
}

impl Dates {
    fn read(claims: Value<'_>) -> Result<Self, MalformedToken> {
        let date = |name: &'static str| match claims.get(name).map(Value::kind) {
            None => Ok(None),
            Some(Kind::Number(text)) => match NumericDate::parse(text) {
                Some(date) => Ok(Some(date)),
                None => Err(MalformedToken::Member(name, "is beyond every date")),
            },
            Some(Kind::Null | Kind::Bool(_) | Kind::String(_) | Kind::Array | Kind::Object) => {
                Err(MalformedToken::Member(name, "is not a number"))
            }
        };
        date("iat")?;
        Ok(Self {
            exp: date("exp")?,
            nbf: date("nbf")?,
        })
    }
}
