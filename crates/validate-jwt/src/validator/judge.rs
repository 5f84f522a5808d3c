//! Judges one token by one policy.
//!
//! The order is by cost: form and names first, then issuer, audience and times, and only for what is left the signature. Junk
//! dies cheaply, and a token that nobody would accept causes no fetch of keys.

use alloc::rc::Rc;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use validate_jwt_jws::{Algorithm, HostCrypto};

use crate::json::Value;
use crate::keys::KeyStore;
use crate::policy::Policy;
use crate::reason::Reason;
use crate::time::Timestamp;
use crate::token::{Header, MalformedToken, UntrustedToken};
use crate::trace::{Check, Checked, Observer};
use crate::upstream::Identity;
use crate::verified::Verified;

use super::claims::Dates;

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

impl<O: Observer> Judge<'_, O> {
    pub(super) fn judge(
        mut self,
        token: Result<UntrustedToken<'_>, MalformedToken>,
    ) -> Result<Verified, Stop> {
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

    pub(super) fn note(
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
}
