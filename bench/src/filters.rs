//! The filters side by side: one token that comes again and again, or a request that is refused.

use std::path::Path;
use std::rc::Rc;

use anyhow::Result;
use serde_json::{Value, json};

use crate::Programs;
use crate::envoy::{Envoy, Filter, Listener};
use crate::floor::{self, Step};
use crate::load::Requests;
use crate::policy::{jwt_authn, ours, with, with_cache};
use crate::rounds::{Case, Effort, Measured, measure};
use crate::system::{self, cores};
use crate::token::{Issuer, USUAL_BYTES, with_bad_signature};

/// No filter.
pub(crate) const NONE: &str = "no filter";
/// A module that does nothing.
pub(crate) const FLOOR_ENTRY: &str = "floor: entry";
/// The same and one step after the other, as far as a remembered token needs them.
pub(crate) const FLOORS: [(&str, Step); 3] = [
    ("floor: + header fields", Step::HeaderFields),
    ("floor: + clock", Step::Clock),
    (FLOOR_WARM, Step::RouteMetadata),
];
/// All that a remembered token needs, in a module that is told of each request's beginning and end.
pub(crate) const FLOOR_CONTEXTS: &str = "floor: + request contexts";
/// What could stand in the place of all header fields.
pub(crate) const FLOOR_ALTERNATIVES: [(&str, Step); 2] = [
    ("floor: + one header field", Step::HeaderField),
    ("floor: + header fields joined", Step::JoinedHeaderFields),
];
/// All that a remembered token needs.
pub(crate) const FLOOR_WARM: &str = "floor: + route metadata";
/// The same and one signature verified by the host.
pub(crate) const FLOOR_COLD: &str = "floor: + verify_signature";
/// What a remembered token needs and an answer of 401.
pub(crate) const FLOOR_REFUSED: &str = "floor: + 401";
/// The same with a signature verified before.
pub(crate) const FLOOR_REJECTED: &str = "floor: + verify_signature + 401";
/// A filter made with the SDK that does nothing.
pub(crate) const NOOP: &str = "empty Rust filter";
/// Envoy's own, which verifies every token.
pub(crate) const JWT_AUTHN: &str = "jwt_authn";
/// Envoy's own with its cache.
pub(crate) const JWT_AUTHN_CACHE: &str = "jwt_authn, token cache";
/// Ours, the token remembered.
pub(crate) const WARM: &str = "validate-jwt";
/// Ours, every token verified.
pub(crate) const COLD: &str = "validate-jwt, no token cache";
/// Ours, every token verified without the host's help.
pub(crate) const COLD_RUST: &str = "validate-jwt, no token cache, no host crypto";

/// What is refused, as tables name it.
pub(crate) const REFUSALS: [&str; 3] = ["bad signature", "garbage token", "no token"];

/// A refusal's case.
pub(crate) fn refused(filter: &str, what: &str) -> String {
    format!("{filter}: {what}")
}

/// The floor under a refusal.
pub(crate) fn refusal_floor(what: &str) -> &'static str {
    let [bad_signature, ..] = REFUSALS;
    if what == bad_signature {
        FLOOR_REJECTED
    } else {
        FLOOR_REFUSED
    }
}

/// The floors under the filters, made in `folder`.
fn floors(folder: &Path, verification: &[u8]) -> Result<Vec<(&'static str, Filter)>> {
    let mut named: Vec<(&str, Vec<Step>)> = vec![(FLOOR_ENTRY, Vec::new())];
    let mut steps = Vec::new();
    for (name, step) in FLOORS {
        steps.push(step);
        named.push((name, steps.clone()));
    }
    for (name, step) in FLOOR_ALTERNATIVES {
        named.push((name, vec![step]));
    }
    for (name, rest) in [
        (FLOOR_CONTEXTS, [Step::Contexts].as_slice()),
        (FLOOR_COLD, &[Step::VerifySignature]),
        (FLOOR_REFUSED, &[Step::Refuse]),
        (FLOOR_REJECTED, &[Step::VerifySignature, Step::Refuse]),
    ] {
        named.push((name, [steps.as_slice(), rest].concat()));
    }
    let filter = |(name, steps): (_, Vec<Step>)| -> Result<_> {
        let module = floor::module(folder, &steps, verification)?;
        Ok((name, wasm(&module, json!({}))))
    };
    named.into_iter().map(filter).collect()
}

fn wasm(module: &Path, document: Value) -> Filter {
    Filter::Wasm(module.to_owned(), document)
}

/// Measures all of them in one Envoy.
pub(crate) fn compare(
    programs: &Programs,
    issuer: &Issuer,
    effort: Effort,
) -> Result<(Vec<Measured>, bool)> {
    let keys = issuer.jwks(2)?;
    let policy = ours(&keys);
    let cold = |document| with_cache(document, 0);
    let module = programs.module.as_path();
    let token = issuer.rs256(USUAL_BYTES)?;
    let mut filters = vec![(NONE, Filter::None)];
    filters.extend(floors(&programs.folder, &issuer.verification(&token)?)?);
    filters.extend([
        (NOOP, wasm(&programs.noop, json!({}))),
        (JWT_AUTHN, Filter::JwtAuthn(jwt_authn(&keys, None))),
        (
            JWT_AUTHN_CACHE,
            Filter::JwtAuthn(jwt_authn(&keys, Some(100))),
        ),
        (WARM, wasm(module, policy.clone())),
        (COLD, wasm(module, cold(policy.clone()))),
        (
            COLD_RUST,
            wasm(
                module,
                cold(with(policy.clone(), "use_host_crypto", json!(false))),
            ),
        ),
    ]);
    let bad = with_bad_signature(&token);
    let garbage = "A".repeat(token.len());
    let one = |token: Option<&str>| Rc::new(Requests::with_tokens([token]));
    let good = one(Some(&token));
    let refusals = [one(Some(&bad)), one(Some(&garbage)), one(None)];

    let case = |name: String, listener: &str, requests: &Rc<Requests>, status| Case {
        name,
        listener: listener.to_owned(),
        requests: Rc::clone(requests),
        status,
    };
    let mut cases: Vec<Case> = filters
        .iter()
        .filter(|(name, _)| ![FLOOR_REFUSED, FLOOR_REJECTED].contains(name))
        .map(|(name, _)| case((*name).to_owned(), name, &good, 200))
        .collect();
    let mut listeners: Vec<Listener> = filters
        .into_iter()
        .map(|(name, filter)| Listener::new(name, filter))
        .collect();
    for (number, other) in programs.against.iter().enumerate() {
        let name = other.file_stem().map_or_else(
            || number.to_string(),
            |stem| stem.to_string_lossy().into_owned(),
        );
        let cold_name = format!("{name}, no token cache");
        cases.push(case(name.clone(), &name, &good, 200));
        cases.push(case(cold_name.clone(), &cold_name, &good, 200));
        listeners.push(Listener::new(&name, wasm(other, policy.clone())));
        listeners.push(Listener::new(&cold_name, wasm(other, cold(policy.clone()))));
        for (what, requests) in REFUSALS.iter().zip(&refusals) {
            cases.push(case(refused(&name, what), &name, requests, 401));
        }
    }
    for (what, requests) in REFUSALS.iter().zip(&refusals) {
        for filter in [WARM, JWT_AUTHN, refusal_floor(what)] {
            cases.push(case(refused(filter, what), filter, requests, 401));
        }
    }
    cases.retain(|case| programs.wants(&case.name));
    listeners.retain(|listener| cases.iter().any(|case| case.listener == listener.name));
    measure_in_one(programs, &listeners, &cases, effort)
}

/// Measures the cases in an Envoy of their own. Also says whether its worker had a core for itself.
pub(crate) fn measure_in_one(
    programs: &Programs,
    listeners: &[Listener],
    cases: &[Case],
    effort: Effort,
) -> Result<(Vec<Measured>, bool)> {
    let envoy = Envoy::start(&programs.envoy, &programs.folder, listeners)?;
    let before = cores();
    let separate = system::separate(envoy.worker());
    let measured = measure(&envoy, cases, effort);
    system::restore(before);
    Ok((measured?, separate))
}
