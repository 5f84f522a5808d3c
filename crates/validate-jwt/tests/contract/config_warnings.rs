//! What is accepted and probably not meant.

use serde_json::{Value, json};

use crate::support::{ED, HS, base64, errors, merge, policy, warnings};

const NO_AUDIENCE: &str = "tokens for any audience are accepted";
const NO_ISSUER: &str = "`iss` is not checked";

/// A policy that gives no reason for a warning, and these fields.
fn quiet(fields: Value) -> Value {
    let mut document = json!({ "audiences": ["a"], "issuers": ["i"] });
    merge(&mut document, fields);
    policy(document)
}

fn assert_warns(document: &Value, start: &str) {
    assert_eq!(errors(document), Vec::<String>::new(), "{document}");
    let found = warnings(document);
    assert!(
        matches!(found.as_slice(), [one] if one.starts_with(start)),
        "{document}\n expected {start}\n found {found:?}"
    );
}

#[test]
fn a_complete_policy_gives_no_warning() {
    assert_eq!(warnings(&quiet(json!({}))), Vec::<String>::new());
}

#[test]
fn a_policy_that_checks_no_audience_warns_of_it() {
    assert_warns(&policy(json!({ "issuers": ["i"] })), NO_AUDIENCE);
    let claim = |values: Value| {
        let mut claim = json!({ "name": "aud" });
        merge(&mut claim, values);
        policy(json!({ "issuers": ["i"], "required_claims": [claim] }))
    };
    assert_eq!(
        warnings(&claim(json!({ "values": ["a"] }))),
        Vec::<String>::new()
    );
    // That there is an audience says nothing about which.
    assert_warns(&claim(json!({})), NO_AUDIENCE);
}

#[test]
fn a_policy_that_checks_no_issuer_warns_of_it() {
    assert_warns(&policy(json!({ "audiences": ["a"] })), NO_ISSUER);
    let stated = json!({ "jwks": [{ "issuer": "i", "inline": ED.set("k") }], "audiences": ["a"] });
    assert_eq!(warnings(&stated), Vec::<String>::new());
}

#[test]
fn keys_that_belong_to_no_issuer_beside_others_that_do_are_warned_of() {
    let document = json!({
        "audiences": ["a"],
        "jwks": [{ "issuer": "i", "inline": ED.set("k") }, { "inline": ED.set("l") }],
    });
    assert_warns(
        &document,
        "jwks[1]: no token will be verified with these keys",
    );
}

#[test]
fn a_clock_skew_of_more_than_five_minutes_is_warned_of() {
    assert_eq!(
        warnings(&quiet(json!({ "clock_skew": 300 }))),
        Vec::<String>::new()
    );
    assert_warns(
        &quiet(json!({ "clock_skew": 301 })),
        "clock_skew: tokens are accepted for 301 s after they expire",
    );
}

#[test]
fn a_key_that_dies_before_it_is_fetched_anew_is_warned_of() {
    let keys = |ttl: u64| quiet(json!({ "keys": { "refresh_interval": 3600, "key_ttl": ttl } }));
    assert_warns(&keys(3599), "keys.key_ttl: keys die after 3599 s");
    for right in [0, 3600] {
        assert_eq!(warnings(&keys(right)), Vec::<String>::new());
    }
}

#[test]
fn a_secret_shorter_than_its_hash_is_warned_of() {
    let secret = |bytes: usize, algorithms: Value| {
        let mut document = json!({
            "audiences": ["a"], "issuers": ["i"],
            "issuer_signing_keys": [{ "id": "k", "value": base64(&vec![b'x'; bytes]) }],
        });
        merge(&mut document, algorithms);
        document
    };
    let at = "issuer_signing_keys[0]: the secret is short for";
    for bytes in [1, 31] {
        assert_warns(&secret(bytes, json!({})), &format!("{at} HS256"));
    }
    assert_eq!(warnings(&secret(32, json!({}))), Vec::<String>::new());
    let listed = json!({ "algorithms": ["HS384"] });
    assert_warns(&secret(47, listed.clone()), &format!("{at} HS384"));
    assert_eq!(warnings(&secret(48, listed)), Vec::<String>::new());
    let shown = warnings(&secret(3, json!({}))).concat();
    assert!(!shown.contains("xxx") && !shown.contains("eHh4"), "{shown}");
}

#[test]
fn a_short_secret_in_a_key_set_is_warned_of_too() {
    let document = json!({
        "audiences": ["a"], "issuers": ["i"],
        "jwks": [{ "inline": { "keys": [{ "kty": "oct", "kid": "k", "k": "c2hvcnQ" }] } }],
    });
    assert_warns(&document, "jwks[0].inline: the secret is short for HS256");
}

#[test]
fn a_key_that_no_accepted_algorithm_fits_is_warned_of() {
    assert_warns(
        &quiet(json!({ "algorithms": ["RS256"] })),
        "jwks[0].inline: no token will be verified with this key (OKP Ed25519)",
    );
    // A secret beside an asymmetric key is of no use until its algorithm is listed.
    let mixed = json!({ "issuer_signing_keys": [{ "value": base64(&[7; 64]) }] });
    assert_warns(
        &quiet(mixed.clone()),
        "issuer_signing_keys[0]: no token will be verified with this key (oct)",
    );
    let mut listed = quiet(mixed);
    listed["algorithms"] = json!(["HS256", "EdDSA"]);
    assert_eq!(warnings(&listed), Vec::<String>::new());
    assert!(HS.key().is_symmetric());
}

#[test]
fn keys_of_a_written_set_that_cannot_be_used_are_named() {
    let mut set = ED.set("k");
    let keys = set["keys"].as_array_mut().unwrap();
    keys.push(json!({ "kty": "EC", "crv": "P-521", "x": "AA", "y": "AA" }));
    assert_warns(
        &quiet(json!({ "jwks": [{ "inline": set }] })),
        "jwks[0].inline.keys[1]: the key is not used",
    );
}

#[test]
fn a_rule_that_can_never_match_is_warned_of() {
    let rules = |rules: Value| json!({ "policies": { "api": quiet(json!({})), "b": quiet(json!({})) }, "rules": rules });
    let path = |path: &str| json!({ "match": { "path": path }, "policy": "api" });
    for (list, warned) in [
        (json!([{ "policy": "api" }, path("/a")]), true),
        (json!([{ "match": {}, "policy": "api" }, path("/a")]), true),
        (json!([path("/a"), path("/a")]), true),
        (json!([path("/a"), path("/b")]), false),
        (json!([path("/a"), { "policy": "api" }]), false),
        (
            json!([
                { "match": { "methods": ["GET", "PUT"] }, "policy": "api" },
                { "match": { "methods": ["PUT"], "path": "/a" }, "policy": "b" },
            ]),
            true,
        ),
        (
            json!([
                { "match": { "path_prefix": "/a" }, "policy": "api" },
                { "match": { "path": "/a/b" }, "policy": "b" },
            ]),
            true,
        ),
        (
            json!([
                { "match": { "path_prefix": "/a/" }, "policy": "api" },
                { "match": { "path_prefix": "/a" }, "policy": "b" },
            ]),
            false,
        ),
        (
            json!([
                { "match": { "hosts": ["*.example"] }, "policy": "api" },
                { "match": { "hosts": ["a.example"] }, "policy": "b" },
            ]),
            true,
        ),
        // A path with two readings passes by the first and falls to the second.
        (
            json!([
                { "match": { "path": "/a" }, "allow_anonymous": true },
                path("/a"),
            ]),
            false,
        ),
    ] {
        let document = rules(list);
        if warned {
            assert_warns(&document, "rules[1]: this rule can never match");
        } else {
            assert_eq!(warnings(&document), Vec::<String>::new(), "{document}");
        }
    }
}
