//! Policies that take over the fields of others.

use serde_json::{Value, json};
use validate_jwt::Reason;
use validate_jwt::config::check_json;
use validate_jwt::request::Route;

use crate::config_documents::policies;
use crate::places::PLACES;
use crate::support::{ED, Gateway, Sent, errors, merge, policy, token};

#[test]
fn a_policy_takes_over_what_it_does_not_set_itself() {
    let document = policies(json!({
        "base": policy(json!({
            "audiences": ["a"], "issuers": ["i"], "failed_validation_httpcode": 418, "mode": "enforce",
            "required_claims": [{ "name": "roles", "values": ["Reader"] }],
        })),
        "admin": { "extends": "base", "required_claims": [{ "name": "roles", "values": ["Admin"] }] },
        "root": { "extends": "admin", "failed_validation_httpcode": 402 },
    }));
    let mut gateway = Gateway::new(&document);
    let mut judge = |policy: &'static str, roles: &str| {
        let claims = json!({ "iss": "i", "aud": "a", "roles": [roles] });
        let sent = Sent::bearer(&token(claims)).route(Route::Policy(policy.as_bytes()));
        gateway.refused(&sent)
    };
    assert_eq!(judge("base", "Reader"), None);
    assert_eq!(
        judge("admin", "Reader"),
        Some(Reason::TokenClaimValueNotAllowed)
    );
    assert_eq!(judge("admin", "Admin"), None);
    assert_eq!(judge("root", "Admin"), None);
    assert_eq!(
        judge("root", "Reader"),
        Some(Reason::TokenClaimValueNotAllowed)
    );
    let wrong = Sent::bearer(&token(json!({ "iss": "i", "aud": "b" })));
    for (name, status) in [("base", 418), ("admin", 418), ("root", 402)] {
        let sent = wrong.clone().route(Route::Policy(name.as_bytes()));
        assert_eq!(gateway.response(&sent).status, status, "{name}");
    }
}

/// Two policies that between them set every field to another value than its default.
fn every_field() -> [Value; 2] {
    let one = json!({
        "header_name": "x-token", "require_scheme": "Token",
        "openid_configs": [{ "url": "https://a.example/config", "cluster": "a", "jwks_cluster": "b" }],
        "jwks": [{ "inline": ED.set("k") }],
        "issuer_signing_keys": [{ "id": "s", "value": crate::support::base64(&[7; 64]) }],
        "azure_ad": { "tenant_id": "contoso.example", "cluster": "entra", "client_application_ids": ["c"] },
        "issuers": ["i"], "audiences": ["a"], "required_claims": [{ "name": "c" }],
        "algorithms": ["EdDSA", "HS256"], "token_types": ["t"],
        "require_expiration_time": false, "require_signed_tokens": true,
        "clock_skew": 7, "max_token_bytes": 300,
        "failed_validation_httpcode": 418, "failed_validation_error_message": "m",
        "insufficient_claims_httpcode": 403, "error_body": "text", "challenge": false,
        "forward_token": false, "output_headers": [{ "claim": "sub", "header": "x-sub" }],
        "output_payload_header": "x-payload", "output_property": "p",
        "cors_preflight": "allow", "mode": "report",
    });
    [one, policy(json!({ "query_parameter_name": "t" }))]
}

#[test]
fn every_field_is_taken_over() {
    let known = PLACES
        .iter()
        .find(|place| place.path == "policies.api")
        .unwrap();
    let bases = every_field();
    for (field, _) in known.fields {
        let is_set = bases.iter().any(|base| base.get(field).is_some());
        assert!(is_set, "{field} is not tried");
    }
    for base in bases {
        for (field, _) in known.fields {
            // A policy of this field alone differs from one without, or it would not show whether it is taken over.
            let Some(value) = base.get(field) else {
                continue;
            };
            let mut child = base.clone();
            child.as_object_mut().unwrap().remove(*field);
            let document = policies(json!({
                "whole": base, "child": merged(&child, json!({ "extends": "parent" })), "parent": { *field: value, "jwks": base["jwks"] },
            }));
            let checked = check_json(document.to_string().as_bytes());
            let Some(config) = checked.config else {
                panic!("{field}: {:?}", checked.diagnostics)
            };
            let shown = |name: &str| {
                let policy = &config.policies[config.policy_named(name).unwrap().0];
                format!("{policy:?}").replace(&format!("name: {name:?}"), "")
            };
            // Keys that are written out are a source for each policy of their own.
            let without_sources = |shown: String| {
                let (before, rest) = shown.split_once("sources: [").unwrap();
                let (sources, after) = rest.split_once(']').unwrap();
                format!("{before}{}{after}", sources.matches("SourceId").count())
            };
            assert_eq!(
                without_sources(shown("child")),
                without_sources(shown("whole")),
                "{field}"
            );
        }
    }
}

fn merged(value: &Value, with: Value) -> Value {
    let mut value = value.clone();
    merge(&mut value, with);
    value
}

#[test]
fn a_descendant_may_move_the_token_to_another_place() {
    let document = policies(json!({
        "base": policy(json!({ "header_name": "x-token" })),
        "query": { "extends": "base", "query_parameter_name": "t" },
        "header": { "extends": "query", "header_name": "x-other" },
    }));
    assert_eq!(errors(&document), Vec::<String>::new());
    let mut gateway = Gateway::new(&document);
    let token = token(json!({}));
    let query = Sent::get(format!("/?t={token}")).route(Route::Policy(b"query"));
    assert_eq!(gateway.refused(&query), None);
    let header = Sent::get("/")
        .header("x-other", &token)
        .route(Route::Policy(b"header"));
    assert_eq!(gateway.refused(&header), None);
}

#[test]
fn policies_that_extend_each_other_in_a_circle_are_one_error() {
    let document = policies(json!({
        "a": { "extends": "b" }, "b": { "extends": "c" }, "c": { "extends": "a" },
        "outside": { "extends": "a" },
    }));
    let found = errors(&document);
    assert_eq!(
        found,
        [
            "policies.c.extends: policies extend each other in a circle: a → b → c → a; remove one `extends`"
        ]
    );
    assert_eq!(
        errors(&policies(
            json!({ "a": { "extends": "a", "audiences": ["x"] } })
        )),
        ["policies.a.extends: policies extend each other in a circle: a → a; remove one `extends`"]
    );
}

#[test]
fn extending_nothing_is_one_error_with_the_name_that_is_near() {
    let document = policies(json!({
        "base": policy(json!({})),
        "a": { "extends": "bsae" },
        "b": { "extends": "a" },
    }));
    assert_eq!(
        errors(&document),
        ["policies.a.extends: no policy \"bsae\"; did you mean \"base\"?"]
    );
}

#[test]
fn a_mistake_in_an_inherited_field_is_said_once_where_it_is_written() {
    let document = policies(json!({
        "z": { "extends": "base" },
        "base": policy(json!({ "clock_skew": 900, "algorithms": ["RS257"], "output_headers": [{ "claim": "a" }] })),
        "y": { "extends": "z", "mode": "report" },
        "x": { "extends": "base" },
    }));
    let mut found = errors(&document);
    found.sort();
    assert_eq!(
        found,
        [
            "policies.base.algorithms[0]: no algorithm \"RS257\"; did you mean \"RS256\"?",
            "policies.base.clock_skew: found 900; write a whole number from 0 to 600",
            "policies.base.output_headers[0]: `claim` and `header` belong together; write both",
        ]
    );
}

#[test]
fn an_inherited_contradiction_is_said_where_the_policy_makes_it() {
    let document = policies(json!({
        "base": policy(json!({ "output_headers": [{ "claim": "sub", "header": "x-sub" }] })),
        "child": { "extends": "base", "output_payload_header": "X-Sub" },
    }));
    assert_eq!(
        errors(&document),
        ["policies.child.output_payload_header: \"X-Sub\" is set twice; choose another header"]
    );
}
