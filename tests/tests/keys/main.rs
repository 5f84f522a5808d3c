//! Keys: fetched once, kept through every fault, dropped in time, and never a reason to let a request pass unchecked.

mod cold_start;
mod faults;
mod rotation;
mod time;
mod traps;
mod unknown_kids;
mod updates;
mod waiting;

use std::time::Duration;

use serde_json::{Value, json};
use validate_jwt_tests::envoy::Builder;
use validate_jwt_tests::http::over_connections;
use validate_jwt_tests::{Clock, Endpoint, Gateway, Provider, Request, Response, policy};

/// Workers of every Envoy here: what one does, another has to notice.
const WORKERS: u32 = 2;

/// The policy of the tests with these times.
fn with_keys(provider: &Provider, keys: &Value) -> Value {
    let mut document = policy(provider);
    document["keys"] = keys.clone();
    document
}

/// A gateway with these times, at first with good answers of the provider.
fn gateway(keys: &Value) -> Gateway {
    adapted(keys, |builder, _| builder)
}

/// A gateway with these times; `adapt` may still bend the provider.
fn adapted(keys: &Value, adapt: impl FnOnce(Builder, &Provider) -> Builder) -> Gateway {
    Gateway::start_with(|builder, provider| {
        let builder = builder.config(&with_keys(provider, keys)).workers(WORKERS);
        adapt(builder, provider)
    })
}

/// A gateway with these times and a clock to move it by.
fn clocked(keys: &Value) -> (Gateway, Clock) {
    let clock = Clock::new();
    let gateway = adapted(keys, |builder, _| builder.clock(&clock));
    (gateway, clock)
}

/// Answers to a request from every worker. Connections that have just been closed may still count, so there are more than
/// workers.
fn on_all_workers(gateway: &Gateway, request: &Request) -> Vec<Response> {
    over_connections(4 * WORKERS as usize, gateway.address(), request)
}

/// Asserts that every worker lets this token pass.
#[track_caller]
fn passes(gateway: &Gateway, token: &str) {
    for response in on_all_workers(gateway, &Request::get("/").bearer(token)) {
        assert_eq!(response.status, 200, "{response:?}");
    }
}

/// Whether every worker refuses this token for this reason.
fn is_refused(gateway: &Gateway, token: &str, reason: &str) -> bool {
    let is = |response: &Response| {
        let challenge = response.header("www-authenticate").unwrap_or_default();
        response.status == 401 && challenge.contains(reason)
    };
    let request = Request::get("/").bearer(token);
    on_all_workers(gateway, &request).iter().all(is)
}

/// Asserts that every worker refuses this token for this reason.
#[track_caller]
fn refused(gateway: &Gateway, token: &str, reason: &str) {
    for response in on_all_workers(gateway, &Request::get("/").bearer(token)) {
        assert_eq!(response.status, 401, "{response:?}");
        let challenge = response.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains(reason), "{response:?}");
    }
}

/// How often discovery and keys have been fetched.
fn fetches(gateway: &Gateway) -> (usize, usize) {
    let provider = &gateway.provider;
    (
        provider.count(Endpoint::Discovery),
        provider.count(Endpoint::Keys),
    )
}

/// Longer than the workers take to see each other's news, a second, and to do what there is to do.
fn settle() {
    std::thread::sleep(Duration::from_millis(1500));
}

/// Times under which a fetch may come every second.
fn hasty() -> Value {
    json!({"refresh_interval": 1, "min_refetch_interval": 1, "fetch_timeout": 1})
}
