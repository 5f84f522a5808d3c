//! Tokens that were verified before.

use serde_json::{Value, json};
use validate_jwt::Passed::{Remembered, Verified};
use validate_jwt::Reason::{
    TokenAudienceNotAllowed, TokenSignatureInvalid, TokenSignatureKeyNotFound,
};
use validate_jwt::request::Route;

use crate::support::{ED, Gateway, OTHER, Sent, claims, merge, policy, token};

#[test]
fn a_token_is_remembered_unless_the_cache_is_off() {
    let sent = Sent::bearer(&token(json!({})));
    let mut gateway = Gateway::with(json!({}));
    assert_eq!(gateway.passage(&sent).why, Verified);
    assert_eq!(gateway.passage(&sent).why, Remembered);
    let mut off = Gateway::with(json!({ "token_cache": { "max_bytes": 0 } }));
    for _ in 0..3 {
        assert_eq!(off.passage(&sent).why, Verified);
    }
}

#[test]
fn what_one_policy_found_good_another_judges_by_itself() {
    let mut document = json!({ "policies": {
        "a": policy(json!({ "audiences": ["a"] })), "b": policy(json!({ "audiences": ["b"] })),
    } });
    merge(&mut document, json!({ "rules": [{ "policy": "a" }] }));
    let mut gateway = Gateway::new(&document);
    let sent = Sent::bearer(&token(json!({ "aud": "a" })));
    assert_eq!(gateway.passage(&sent).why, Verified);
    let other = sent.clone().route(Route::Policy(b"b"));
    assert_eq!(gateway.refused(&other), Some(TokenAudienceNotAllowed));
    assert_eq!(gateway.passage(&sent).why, Remembered);
}

#[test]
fn a_token_with_another_signature_is_not_the_one_that_was_remembered() {
    let mut gateway = Gateway::with(json!({}));
    let good = token(json!({}));
    assert_eq!(gateway.judge(&good), None);
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let (head, tail) = signature.split_at(signature.len() - 20);
    // The last bytes are those by which it is looked up.
    let changed = format!("{rest}.{}{tail}", head.chars().rev().collect::<String>());
    assert_eq!(gateway.judge(&changed), Some(TokenSignatureInvalid));
}

/// A gateway whose keys are fetched from one address.
fn fetching(keys: Value) -> Gateway {
    Gateway::new(&json!({
        "issuers": ["i"], "keys": keys,
        "jwks": [{ "url": "https://a.example/keys", "cluster": "a" }],
    }))
}

#[test]
fn a_token_is_forgotten_when_its_key_goes() {
    let mut gateway =
        fetching(json!({ "key_ttl": 0, "refresh_interval": 60, "min_refetch_interval": 1 }));
    gateway.publish("https://a.example/keys", ED.set("k"));
    gateway.fetch();
    let sent = Sent::bearer(&token(json!({ "iss": "i" })));
    assert_eq!(gateway.passage(&sent).why, Verified);
    gateway.publish("https://a.example/keys", OTHER.set("l"));
    gateway.wait(61).fetch();
    assert_eq!(gateway.refused(&sent), Some(TokenSignatureKeyNotFound));
}

#[test]
fn a_token_is_forgotten_when_its_kid_gets_another_key() {
    let mut gateway = fetching(json!({ "refresh_interval": 60, "min_refetch_interval": 1 }));
    gateway.publish("https://a.example/keys", ED.set("k"));
    gateway.fetch();
    let sent = Sent::bearer(&token(json!({ "iss": "i" })));
    assert_eq!(gateway.passage(&sent).why, Verified);
    gateway.publish("https://a.example/keys", OTHER.set("k"));
    gateway.wait(61).fetch();
    assert_eq!(gateway.refused(&sent), Some(TokenSignatureInvalid));
}

#[test]
fn a_key_that_vanishes_stays_good_for_its_time_and_not_longer() {
    let mut gateway =
        fetching(json!({ "refresh_interval": 60, "min_refetch_interval": 1, "key_ttl": 3600 }));
    gateway.publish("https://a.example/keys", ED.set("k"));
    gateway.fetch();
    let long = ED.token("k", &claims(json!({ "iss": "i", "exp": 2_000_000_000 })));
    let sent = Sent::bearer(&long);
    assert_eq!(gateway.passage(&sent).why, Verified);
    gateway.publish("https://a.example/keys", OTHER.set("l"));
    gateway.wait(61).fetch();
    assert_eq!(gateway.passage(&sent).why, Remembered);
    gateway.wait(3600 - 61 - 1).fetch();
    assert_eq!(gateway.refused(&sent), None);
    // Not even a remembered token outlives it, with or without a fetch in between.
    gateway.wait(1);
    assert_eq!(gateway.refused(&sent), Some(TokenSignatureKeyNotFound));
    gateway.fetch();
    assert_eq!(gateway.refused(&sent), Some(TokenSignatureKeyNotFound));
}

#[test]
fn an_outage_of_the_provider_goes_unnoticed() {
    let mut gateway = fetching(json!({ "refresh_interval": 60, "min_refetch_interval": 1 }));
    gateway.publish("https://a.example/keys", ED.set("k"));
    gateway.fetch();
    gateway.network.clear();
    for _ in 0..5 {
        gateway.wait(61).fetch();
        let fresh = token(json!({ "iss": "i", "jti": gateway.now.as_secs() }));
        assert_eq!(gateway.judge(&fresh), None);
    }
    assert!(gateway.log.iter().any(|line| line.contains("status 404")));
    for broken in [json!([]), json!({}), json!({ "keys": [] }), json!("<html>")] {
        gateway.publish("https://a.example/keys", broken);
        gateway.wait(61).fetch();
        let fresh = token(json!({ "iss": "i", "jti": gateway.now.as_secs() }));
        assert_eq!(gateway.judge(&fresh), None);
    }
}
