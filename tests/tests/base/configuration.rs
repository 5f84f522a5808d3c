//! A document with mistakes keeps Envoy from starting; what the document cannot know does not.

use serde_json::{Value, json};
use validate_jwt_tests::{Envoy, Gateway, Request, Token, policy};

use crate::gateway::{WORKERS, is_unharmed, refuses, refuses_token};

/// What the log says when Envoy refuses this document.
#[track_caller]
fn log_of_refused(document: &Value) -> String {
    Envoy::builder().config(document).start_expecting_failure()
}

/// A policy that needs no key source on the network.
fn sound() -> Value {
    json!({
        "issuer_signing_keys": [{"id": "s", "value": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}],
        "issuers": ["https://issuer.example"],
        "audiences": ["api://numbers"],
    })
}

#[test]
fn all_mistakes_are_named_at_once_each_with_its_place() {
    let mut strange = sound();
    strange["clock_skew"] = json!("5");
    strange["require_signed_tokens"] = json!(false);
    strange["audience"] = json!(["api://numbers"]);
    let log = log_of_refused(&json!({
        "policies": {"numbers": sound(), "strange": strange},
        "rules": [{"policy": "numbers"}, {"match": {"path_prefix": "/a"}, "policy": "nubmers"}],
        "keys": {"fetch_timeout": -1},
    }));
    for expected in [
        "policies.strange.clock_skew: ",
        "policies.strange.require_signed_tokens: ",
        "policies.strange.audience: ",
        "did you mean \"audiences\"?",
        "rules[1].policy: no policy \"nubmers\"; did you mean \"numbers\"?",
        "keys.fetch_timeout: ",
    ] {
        assert!(log.contains(expected), "no {expected:?} in\n{log}");
    }
}

#[test]
fn an_unknown_field_is_refused_with_the_name_that_was_meant() {
    let mut document = sound();
    document["required-claim"] = json!([{"name": "roles"}]);
    let log = log_of_refused(&document);
    assert!(log.contains("required-claim"), "{log}");
    assert!(log.contains("did you mean \"required_claims\"?"), "{log}");
}

#[test]
fn what_is_no_document_is_refused() {
    for document in [" ", "audiences: [a]"] {
        let log = Envoy::builder()
            .raw_config(document)
            .start_expecting_failure();
        assert!(log.contains("configuration: "), "{document:?}:\n{log}");
    }
}

#[test]
fn a_cluster_that_is_missing_keeps_nothing_from_starting_and_lets_nothing_through() {
    let gateway = Gateway::start_with(|builder, provider| {
        let mut policy = policy(provider);
        policy["openid_configs"][0]["cluster"] = json!("nowhere");
        policy["keys"] = json!({"wait_timeout": 1});
        builder.workers(WORKERS).config(&policy)
    });
    let good = Request::get("/").bearer(gateway.token().sign());
    let response = good.send(gateway.address());
    assert_eq!(response.status, 503, "{response:?}");
    assert!(response.header("retry-after").is_some(), "{response:?}");
    let response = Request::get("/").send(gateway.address());
    assert_eq!(response.status, 401, "{response:?}");
    assert_eq!(gateway.upstream.count(), 0);
    assert_eq!(gateway.envoy.vm_reloads(), 0);
    gateway.envoy.wait_for_log("nowhere");
}

#[test]
fn a_struct_is_read_as_the_same_document_in_text() {
    let gateway = Gateway::start_with(|builder, provider| {
        let mut policy = policy(provider);
        policy["clock_skew"] = json!(30);
        policy["require_expiration_time"] = json!(true);
        policy["error_body"] = json!("json");
        policy["keys"] = json!({"wait_timeout": 3, "refresh_interval": 600});
        builder.workers(WORKERS).struct_config(&policy)
    });
    is_unharmed(&gateway, "the start");
    refuses(&gateway, "no token", "token_not_present", "");
    let token = gateway.token().claim("roles", "Other").sign();
    refuses_token(&gateway, "roles", "token_claim_value_not_allowed", token);
    // The number in it is read as well: 30 seconds are forgiven.
    let expired = |ago: i64| gateway.token().claim("exp", Token::now() - ago).sign();
    let response = Request::get("/").bearer(expired(5)).send(gateway.address());
    assert_eq!(response.status, 200, "{response:?}");
    refuses_token(&gateway, "exp", "token_expired", expired(31));
}

#[test]
fn a_struct_with_mistakes_is_refused_with_their_places() {
    let mut document = sound();
    document["clock_skew"] = json!(601);
    document["audiences"] = json!([]);
    let log = Envoy::builder()
        .struct_config(&document)
        .start_expecting_failure();
    for expected in ["clock_skew: ", "audiences"] {
        assert!(log.contains(expected), "no {expected:?} in\n{log}");
    }
}
