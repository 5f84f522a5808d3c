//! How cost grows: with distinct tokens, rules, keys and the token's length; and memory by tokens.

use std::path::Path;
use std::rc::Rc;

use anyhow::Result;

use crate::Programs;
use crate::envoy::{Envoy, Filter, Listener};
use crate::filters::{COLD, JWT_AUTHN, JWT_AUTHN_CACHE, WARM, measure_in_one};
use crate::load::{Client, Requests};
use crate::policy::{
    AMPLE_BYTES, jwt_authn, jwt_authn_with_rules, ours, ours_with_rules, ours_with_secret,
    with_cache,
};
use crate::rounds::{Case, Effort, Measured};
use crate::system::resident_kib;
use crate::token::{Issuer, USUAL_BYTES};

/// Cost, or memory, by something.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Curve {
    /// Its name in file names and JSON.
    pub(crate) id: &'static str,
    /// What it shows.
    pub(crate) title: &'static str,
    /// What grows, and its unit.
    pub(crate) x: &'static str,
    /// What is measured, and its unit.
    pub(crate) y: &'static str,
    /// One line for each filter.
    pub(crate) lines: Vec<Line>,
}

/// One filter's points.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Line {
    /// The filter.
    pub(crate) name: String,
    /// By what grows.
    pub(crate) points: Vec<Point>,
}

/// One point.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Point {
    /// How much there is of what grows.
    pub(crate) x: usize,
    /// What was measured, one value for each round.
    pub(crate) values: Vec<f64>,
}

const CPU: &str = "CPU µs per request";

/// Cases of one curve, each with its place in it.
struct Plan {
    listeners: Vec<Listener>,
    cases: Vec<Case>,
    places: Vec<(&'static str, usize)>,
}

impl Plan {
    const fn new() -> Self {
        Self {
            listeners: Vec::new(),
            cases: Vec::new(),
            places: Vec::new(),
        }
    }

    fn add(&mut self, line: &'static str, x: usize, filter: Filter, requests: &Rc<Requests>) {
        let name = format!("{line}, {x}");
        self.listeners.push(Listener::new(&name, filter));
        self.cases.push(Case {
            name: name.clone(),
            listener: name,
            requests: Rc::clone(requests),
            status: 200,
        });
        self.places.push((line, x));
    }

    fn measure(self, programs: &Programs, effort: Effort) -> Result<Vec<Line>> {
        let (measured, _) = measure_in_one(programs, &self.listeners, &self.cases, effort)?;
        let mut lines: Vec<Line> = Vec::new();
        for ((name, x), Measured { cpu_us, .. }) in self.places.into_iter().zip(measured) {
            let point = Point { x, values: cpu_us };
            match lines.iter_mut().find(|line| line.name == name) {
                Some(line) => line.points.push(point),
                None => lines.push(Line {
                    name: name.to_owned(),
                    points: vec![point],
                }),
            }
        }
        Ok(lines)
    }
}

/// Draws all curves; the quick ones have fewer points.
pub(crate) fn all(programs: &Programs, issuer: &Issuer, effort: Effort) -> Result<Vec<Curve>> {
    let points = |all: &[usize]| -> Vec<usize> {
        match (programs.quick, all) {
            (true, [first, .., last]) => vec![*first, *last],
            _ => all.to_vec(),
        }
    };
    Ok(vec![
        tokens(
            programs,
            issuer,
            effort,
            &points(&[1, 10, 100, 1000, 10_000, 100_000]),
        )?,
        rules(programs, issuer, effort, &points(&[1, 10, 100, 1000]))?,
        keys(programs, issuer, effort, &points(&[1, 10, 100]))?,
        sizes(
            programs,
            issuer,
            effort,
            &points(&[1024, 2048, 4096, 8192, 16_384]),
        )?,
        memory(
            programs,
            issuer,
            if programs.quick {
                &[0, 10_000]
            } else {
                &[0, 1000, 10_000, 50_000, 100_000]
            },
        )?,
    ])
}

fn wasm(module: &Path, document: serde_json::Value) -> Filter {
    Filter::Wasm(module.to_owned(), document)
}

fn distinct(issuer: &Issuer, count: usize) -> Rc<Requests> {
    let tokens: Vec<String> = (0..count)
        .map(|number| issuer.hs256(number, USUAL_BYTES))
        .collect();
    Rc::new(Requests::with_tokens(
        tokens.iter().map(|token| Some(token.as_str())),
    ))
}

fn tokens(programs: &Programs, issuer: &Issuer, effort: Effort, counts: &[usize]) -> Result<Curve> {
    let mut plan = Plan::new();
    let policy = with_cache(ours_with_secret(&issuer.secret_key()), AMPLE_BYTES);
    for &count in counts {
        let requests = distinct(issuer, count);
        let cache = jwt_authn(&issuer.secret_jwks(), Some(count.max(100)));
        plan.add(
            WARM,
            count,
            wasm(&programs.module, policy.clone()),
            &requests,
        );
        plan.add(JWT_AUTHN_CACHE, count, Filter::JwtAuthn(cache), &requests);
    }
    Ok(Curve {
        id: "tokens",
        title: "A remembered token among many",
        x: "distinct tokens in use",
        y: CPU,
        lines: plan.measure(programs, effort)?,
    })
}

fn rules(programs: &Programs, issuer: &Issuer, effort: Effort, counts: &[usize]) -> Result<Curve> {
    let mut plan = Plan::new();
    let jwks = issuer.jwks(1)?;
    let token = issuer.rs256(USUAL_BYTES)?;
    let requests = Rc::new(Requests::with_tokens([Some(token.as_str())]));
    for &count in counts {
        let document = ours_with_rules(&ours(&jwks), count);
        let authn = jwt_authn_with_rules(&jwks, Some(100), count);
        plan.add(WARM, count, wasm(&programs.module, document), &requests);
        plan.add(JWT_AUTHN_CACHE, count, Filter::JwtAuthn(authn), &requests);
    }
    Ok(Curve {
        id: "rules",
        title: "Rules, of which the last one matches",
        x: "rules",
        y: CPU,
        lines: plan.measure(programs, effort)?,
    })
}

fn keys(programs: &Programs, issuer: &Issuer, effort: Effort, counts: &[usize]) -> Result<Curve> {
    let mut plan = Plan::new();
    let token = issuer.rs256(USUAL_BYTES)?;
    let requests = Rc::new(Requests::with_tokens([Some(token.as_str())]));
    for &count in counts {
        let jwks = issuer.jwks(count)?;
        let document = with_cache(ours(&jwks), 0);
        plan.add(COLD, count, wasm(&programs.module, document), &requests);
        let authn = Filter::JwtAuthn(jwt_authn(&jwks, None));
        plan.add(JWT_AUTHN, count, authn, &requests);
    }
    Ok(Curve {
        id: "keys",
        title: "Keys in the set, every token verified",
        x: "keys",
        y: CPU,
        lines: plan.measure(programs, effort)?,
    })
}

fn sizes(programs: &Programs, issuer: &Issuer, effort: Effort, lengths: &[usize]) -> Result<Curve> {
    let mut plan = Plan::new();
    let jwks = issuer.jwks(1)?;
    for &length in lengths {
        let token = issuer.rs256(length)?;
        let requests = Rc::new(Requests::with_tokens([Some(token.as_str())]));
        let policy = ours(&jwks);
        let cold = with_cache(policy.clone(), 0);
        let authn = |cached| Filter::JwtAuthn(jwt_authn(&jwks, cached));
        plan.add(COLD, length, wasm(&programs.module, cold), &requests);
        plan.add(JWT_AUTHN, length, authn(None), &requests);
        plan.add(WARM, length, wasm(&programs.module, policy), &requests);
        plan.add(JWT_AUTHN_CACHE, length, authn(Some(100)), &requests);
    }
    Ok(Curve {
        id: "sizes",
        title: "The token's length",
        x: "bytes of the token",
        y: CPU,
        lines: plan.measure(programs, effort)?,
    })
}

/// Each filter in an Envoy of its own, whose memory is looked at after so many tokens.
fn memory(programs: &Programs, issuer: &Issuer, counts: &[usize]) -> Result<Curve> {
    let most = counts.last().copied().unwrap_or(0);
    let policy = with_cache(ours_with_secret(&issuer.secret_key()), AMPLE_BYTES);
    let authn = jwt_authn(&issuer.secret_jwks(), Some(most));
    let mut lines = Vec::new();
    for (name, filter) in [
        (WARM, wasm(&programs.module, policy)),
        (JWT_AUTHN_CACHE, Filter::JwtAuthn(authn)),
    ] {
        let requests = distinct(issuer, most);
        let listener = Listener::new(name, filter);
        let envoy = Envoy::start(&programs.envoy, &programs.folder, &[listener])?;
        let mut client = Client::new(envoy.address(name)?)?;
        let mut sent = 0;
        let mut points = Vec::new();
        for &count in counts {
            client.run(&requests, count - sent, 200)?;
            sent = count;
            let mib = resident_kib(envoy.process())? as f64 / 1024.0;
            points.push(Point {
                x: count,
                values: vec![mib],
            });
        }
        lines.push(Line {
            name: name.to_owned(),
            points,
        });
    }
    Ok(Curve {
        id: "memory",
        title: "Memory of Envoy by remembered tokens",
        x: "distinct tokens",
        y: "MiB resident",
        lines,
    })
}
