//! What the wall clock decides, with a wall clock that jumps.

use std::time::Duration;

use serde_json::json;
use validate_jwt_tests::{Token, eventually};

use super::{clocked, fetches, passes, refused, settle};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_remembered_token_is_refused_one_second_after_it_expires() {
    let (gateway, mut clock) = clocked(&json!({}));
    let token = gateway.token().claim("exp", Token::now() + 1000).sign();
    for _ in 0..2 {
        passes(&gateway, &token);
    }
    clock.advance(Duration::from_secs(980));
    passes(&gateway, &token);
    clock.advance(Duration::from_secs(21));
    refused(&gateway, &token, "token_expired");
    eventually("remembered before", || {
        gateway.envoy.module_stat(&["token_cache_hit"]) >= 2
    });
}

#[test]
fn keys_are_refreshed_once_by_all_workers_together_when_the_interval_is_over() {
    let (gateway, mut clock) = clocked(&json!({}));
    let token = gateway.token().claim("exp", Token::now() + 100_000).sign();
    passes(&gateway, &token);
    clock.advance(HOUR * 8 / 10);
    settle();
    assert_eq!(fetches(&gateway), (1, 1));
    for round in 2..=4 {
        clock.advance(HOUR);
        eventually("refreshed", || fetches(&gateway) == (round, round));
        settle();
        assert_eq!(fetches(&gateway), (round, round));
        passes(&gateway, &token);
    }
}

#[test]
fn a_clock_that_is_set_back_stops_neither_good_tokens_nor_refreshes() {
    let (gateway, mut clock) = clocked(&json!({}));
    let token = gateway.token().without("nbf").sign();
    passes(&gateway, &token);
    clock.set_back(HOUR * 24);
    settle();
    passes(&gateway, &token);
    passes(&gateway, &gateway.token().without("nbf").sign());
    let (_, fetched) = fetches(&gateway);
    assert!(fetched <= 2, "{fetched} fetches because of a clock");
    clock.advance(HOUR);
    eventually("refreshed", || fetches(&gateway).1 > fetched);
    // Back in its rhythm: the interval counts again, not only the pause after which a fetch may be repeated.
    let (_, fetched) = fetches(&gateway);
    clock.advance(HOUR / 2);
    settle();
    assert_eq!(fetches(&gateway).1, fetched);
    passes(&gateway, &token);
}
