//! What the claims of a token must say.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use crate::claims::{ClaimCheck, RequiredClaim};
use crate::config::Match;
use crate::json::{Kind, Value};
use crate::keys::issuer::is_guid;
use crate::reason::Reason;
use crate::time::{NumericDate, Timestamp};
use crate::token::MalformedToken;
use crate::trace::{Check, Checked, Observer};

use super::judge::{Judge, Stop};

/// Times of a token, `clock_skew` included.
pub(super) struct Validity {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

impl<O: Observer> Judge<'_, O> {
    pub(super) fn tenant(&mut self, tid: Option<&str>) -> Result<(), Stop> {
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

    pub(super) fn audience(&mut self, claims: Value<'_>) -> Result<(), Stop> {
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

    pub(super) fn times(&mut self, dates: &Dates) -> Result<Validity, Stop> {
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

    pub(super) fn client(&mut self, claims: Value<'_>) -> Result<(), Stop> {
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

    pub(super) fn required_claim(
        &mut self,
        required: &RequiredClaim,
        claims: Value<'_>,
    ) -> Result<(), Stop> {
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
pub(super) struct Dates {
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
}

impl Dates {
    pub(super) fn read(claims: Value<'_>) -> Result<Self, MalformedToken> {
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
