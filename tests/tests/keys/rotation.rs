//! New keys come, old keys go.

use std::thread;
use std::time::Duration;

use serde_json::json;
use validate_jwt_tests::{Gateway, Request, Signer, Token, eventually};

use super::{clocked, fetches, gateway, is_refused, passes, refused, settle};

const REASON: &str = "token_signature_key_not_found";

/// A token that outlives every key here.
fn lasting(gateway: &Gateway, signer: &Signer) -> Token {
    Token::new(&gateway.provider.issuer(), signer).claim("exp", Token::now() + 1_000_000)
}

#[test]
fn the_first_request_with_a_new_key_passes_and_the_old_key_goes_on() {
    let (gateway, mut clock) = clocked(&json!({}));
    let old = lasting(&gateway, &gateway.signer).sign();
    passes(&gateway, &old);
    clock.advance(Duration::from_secs(301));

    let new = Signer::rsa("k2");
    gateway.provider.set_keys([new.jwk()]);
    let token = lasting(&gateway, &new).sign();
    let first = Request::get("/").bearer(&token).send(gateway.address());
    assert_eq!(first.status, 200, "{first:?}");
    passes(&gateway, &token);
    passes(&gateway, &old);
    passes(&gateway, &lasting(&gateway, &gateway.signer).sign());
    assert_eq!(fetches(&gateway), (2, 2));
}

#[test]
fn a_key_that_vanished_is_good_until_its_time_is_over_and_its_remembered_tokens_go_with_it() {
    let (gateway, mut clock) = clocked(&json!({"refresh_interval": 600, "key_ttl": 3600}));
    let old = lasting(&gateway, &gateway.signer);
    let remembered = old.sign();
    passes(&gateway, &remembered);
    let new = Signer::rsa("k2");
    gateway.provider.set_keys([new.jwk()]);

    clock.advance(Duration::from_secs(601));
    gateway.envoy.wait_for_log("1 earlier ones still good");
    settle();
    passes(&gateway, &remembered);
    passes(&gateway, &old.clone().claim("jti", "unseen").sign());
    passes(&gateway, &lasting(&gateway, &new).sign());

    // Seen 601 seconds ago for the last time, at the latest.
    clock.advance(Duration::from_secs(3000));
    for token in [remembered, old.claim("jti", "late").sign()] {
        refused(&gateway, &token, REASON);
    }
    passes(&gateway, &lasting(&gateway, &new).sign());
    assert_eq!(gateway.envoy.vm_reloads(), 0);
}

#[test]
fn a_key_that_comes_back_in_time_never_stops_being_good() {
    let (gateway, mut clock) = clocked(&json!({"refresh_interval": 600, "key_ttl": 3600}));
    let token = lasting(&gateway, &gateway.signer).sign();
    passes(&gateway, &token);
    let key = gateway.provider.remove_key("k1").unwrap();
    gateway.provider.add_key(Signer::rsa("k2").jwk());
    for round in 2..=5 {
        passes(&gateway, &token);
        // It is there in every second document only.
        if round % 2 == 0 {
            gateway.provider.add_key(key.clone());
        } else {
            gateway.provider.remove_key("k1");
        }
        clock.advance(Duration::from_secs(1200));
        eventually("refreshed", || fetches(&gateway) == (round, round));
        settle();
    }
    passes(&gateway, &token);
}

#[test]
fn with_a_key_ttl_of_zero_a_key_goes_with_the_document_that_does_not_list_it() {
    let gateway = gateway(&json!({"refresh_interval": 1, "min_refetch_interval": 1, "key_ttl": 0}));
    let old = lasting(&gateway, &gateway.signer);
    let remembered = old.sign();
    passes(&gateway, &remembered);
    passes(&gateway, &remembered);

    let new = Signer::rsa("k2");
    gateway.provider.set_keys([new.jwk()]);
    let (_, before) = fetches(&gateway);
    eventually("a fetch", || fetches(&gateway).1 >= before + 2);
    eventually("both workers know", || {
        is_refused(&gateway, &remembered, REASON)
    });
    refused(&gateway, &remembered, REASON);
    refused(&gateway, &old.claim("jti", "late").sign(), REASON);
    passes(&gateway, &lasting(&gateway, &new).sign());
}

#[test]
fn another_key_under_the_same_kid_replaces_the_first_and_voids_its_remembered_tokens() {
    let gateway = gateway(&json!({"refresh_interval": 1, "min_refetch_interval": 1}));
    let remembered = lasting(&gateway, &gateway.signer).sign();
    passes(&gateway, &remembered);
    let other = Signer::rsa("other material").named("k1");
    gateway.provider.set_keys([other.jwk()]);
    eventually("both workers know", || {
        is_refused(&gateway, &remembered, "token_signature_invalid")
    });
    thread::sleep(Duration::from_millis(100));
    refused(&gateway, &remembered, "token_signature_invalid");
    passes(&gateway, &lasting(&gateway, &other).sign());
}
