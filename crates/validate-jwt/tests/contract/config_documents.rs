//! Documents as a whole: forms, several mistakes at once, duplicate members, rules.

use serde_json::{Value, json};
use validate_jwt::Reason;
use validate_jwt::config::check_json;
use validate_jwt::request::Route;

use crate::support::{ED, Gateway, Sent, errors, merge, policy, token};

pub(crate) fn policies(policies: Value) -> Value {
    json!({ "policies": policies })
}

#[test]
fn five_mistakes_of_five_kinds_are_five_errors() {
    let document = json!({
        "policies": {
            "admin": policy(json!({ "audiences": "api" })),
            "numbers": policy(json!({ "clock_skew": 601, "isuers": ["x"] })),
            "empty": policy(json!({ "required_claims": [] })),
        },
        "rules": [{ "match": { "path": "/healthz" }, "allow_anonymous": true }, { "policy": "admn" }],
    });
    let mut found = errors(&document);
    found.sort();
    let expected = [
        "policies.admin.audiences: found \"api\"; write a list",
        "policies.empty.required_claims: the list is empty; write at least a claim, or leave the field out",
        "policies.numbers.clock_skew: found 601; write a whole number from 0 to 600",
        "policies.numbers.isuers: there is no field \"isuers\" here; did you mean \"issuers\"?",
        "rules[1].policy: no policy \"admn\"; did you mean \"admin\"?",
    ];
    assert_eq!(found, expected);
    assert!(check_json(document.to_string().as_bytes()).config.is_none());
}

#[test]
fn a_member_that_occurs_twice_is_an_error_wherever_it_stands() {
    let keys = ED.set("k");
    for (text, path) in [
        (
            format!(
                r#"{{"jwks":[{{"inline":{keys}}}],"audiences":["a"],"issuers":["i"],"audiences":["b"]}}"#
            ),
            "audiences",
        ),
        (
            format!(r#"{{"jwks":[{{"inline":{keys},"inline":{keys}}}]}}"#),
            "jwks[0].inline",
        ),
        (
            format!(r#"{{"jwks":[{{"inline":{keys}}}],"challenge":{{"realm":"a","realm":"b"}}}}"#),
            "challenge.realm",
        ),
        (
            format!(r#"{{"keys":{{}},"keys":{{}},"jwks":[{{"inline":{keys}}}]}}"#),
            "keys",
        ),
        (
            format!(
                r#"{{"policies":{{"a":{{"jwks":[{{"inline":{keys}}}]}},"a":{{"jwks":[{{"inline":{keys}}}]}}}}}}"#
            ),
            "policies.a",
        ),
        (
            format!(
                r#"{{"policies":{{"a":{{"jwks":[{{"inline":{keys}}}]}}}},"rules":[{{"policy":"a","policy":"a"}}]}}"#
            ),
            "rules[0].policy",
        ),
    ] {
        let name = path.rsplit('.').next().unwrap();
        let found: Vec<String> = check_json(text.as_bytes())
            .diagnostics
            .iter()
            .filter(|one| one.severity == validate_jwt::config::Severity::Error)
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            found,
            [format!("{path}: {name:?} occurs twice; write it once")]
        );
    }
}

#[test]
fn both_forms_stand_beside_the_same_settings() {
    let settings = json!({
        "keys": { "refresh_interval": 60, "min_refetch_interval": 10, "key_ttl": 0, "fetch_timeout": 2, "wait_timeout": 0 },
        "token_cache": { "max_bytes": 0 },
        "use_host_crypto": false,
    });
    let mut one = policy(json!({ "audiences": ["a"] }));
    merge(&mut one, settings.clone());
    let mut several = policies(json!({ "api": policy(json!({})) }));
    merge(&mut several, settings);
    for document in [one, several] {
        let config = check_json(document.to_string().as_bytes()).config.unwrap();
        assert_eq!(config.keys.refresh_interval, 60);
        assert_eq!(config.keys.min_refetch_interval, 10);
        assert_eq!(config.keys.key_ttl, 0);
        assert_eq!(config.keys.fetch_timeout, 2);
        assert_eq!(config.keys.wait_timeout, 0);
        assert_eq!(config.token_cache_bytes, 0);
        assert!(!config.use_host_crypto);
    }
}

#[test]
fn settings_that_are_not_written_have_the_documented_values() {
    let config = check_json(policy(json!({})).to_string().as_bytes())
        .config
        .unwrap();
    assert_eq!(config.keys.refresh_interval, 3600);
    assert_eq!(config.keys.min_refetch_interval, 300);
    assert_eq!(config.keys.key_ttl, 86_400);
    assert_eq!(config.keys.fetch_timeout, 5);
    assert_eq!(config.keys.wait_timeout, 3);
    assert_eq!(config.token_cache_bytes, 4_194_304);
    assert!(config.use_host_crypto);
    let names: Vec<&str> = config.policies[0]
        .algorithms
        .iter()
        .map(|one| one.name())
        .collect();
    assert_eq!(
        names,
        [
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"
        ]
    );
}

#[test]
fn the_two_forms_do_not_mix() {
    let mut document = policies(json!({ "api": policy(json!({})) }));
    merge(&mut document, json!({ "audiences": ["a"] }));
    assert_eq!(
        errors(&document),
        [
            "audiences: a policy's field at the top level, beside `policies` or `rules`; move it into a policy"
        ]
    );
}

#[test]
fn policies_without_rules_are_reached_by_the_route_alone() {
    let mut gateway = Gateway::new(&policies(json!({ "api": policy(json!({})) })));
    let sent = Sent::bearer(&token(json!({})));
    assert_eq!(gateway.refused(&sent), Some(Reason::NoRule));
    let named = sent.route(Route::Policy(b"api"));
    assert_eq!(gateway.refused(&named), None);
}

#[test]
fn rules_that_say_nothing_or_two_things_are_refused() {
    for (rule, expected) in [
        (
            json!({}),
            "rules[0]: the rule does not say what follows; write \"policy\": \"…\" or \"allow_anonymous\": true",
        ),
        (
            json!({ "allow_anonymous": false }),
            "rules[0]: the rule does not say what follows; write \"policy\": \"…\" or \"allow_anonymous\": true",
        ),
        (
            json!({ "policy": "api", "allow_anonymous": true }),
            "rules[0]: both `policy` and `allow_anonymous`; keep one: a policy decides, or requests pass without a token",
        ),
        (
            json!({ "policy": "api", "match": { "path": "/a", "path_prefix": "/a" } }),
            "rules[0].match: both `path` and `path_prefix`; keep one",
        ),
        (
            json!({ "policy": "api", "match": { "path": "a" } }),
            "rules[0].match.path: \"a\" does not begin with a slash; write \"/a\"",
        ),
        (
            json!({ "policy": "api", "match": { "path_prefix": "/a?b" } }),
            "rules[0].match.path_prefix: \"/a?b\" has a query or fragment; paths are matched without them; remove it",
        ),
        (
            json!({ "policy": "api", "match": { "path": "/a/../b" } }),
            "rules[0].match.path: \"/a/../b\" can never match: paths are compared without dot segments, backslashes and control characters; write the path that is meant",
        ),
        (
            json!({ "policy": "api", "match": { "path": "/a%20b" } }),
            "rules[0].match.path: \"/a%20b\" can never match: paths are compared percent-decoded; write the decoded characters",
        ),
        (
            json!({ "policy": "api", "match": { "methods": ["post"] } }),
            "rules[0].match.methods[0]: \"post\" never matches: methods are case-sensitive; write \"POST\"",
        ),
        (
            json!({ "policy": "api", "match": { "methods": ["GET", "A B"] } }),
            "rules[0].match.methods[1]: \"A B\" is no method; write for example \"POST\"",
        ),
        (
            json!({ "policy": "api", "match": { "hosts": ["a.example:443"] } }),
            "rules[0].match.hosts[0]: \"a.example:443\" is no host name; write a name without port, such as \"api.example.com\" or \"*.example.com\"",
        ),
        (
            json!({ "policy": "api", "match": { "hosts": ["a.*.example"] } }),
            "rules[0].match.hosts[0]: \"a.*.example\" is no host name; write a name without port, such as \"api.example.com\" or \"*.example.com\"",
        ),
    ] {
        let mut document = policies(json!({ "api": policy(json!({})) }));
        merge(&mut document, json!({ "rules": [rule] }));
        assert_eq!(errors(&document), [expected]);
    }
}

#[test]
fn what_is_read_depends_on_the_document_alone() {
    let document = policy(json!({ "audiences": ["a"] })).to_string();
    let first = format!("{:?}", check_json(document.as_bytes()));
    assert_eq!(first, format!("{:?}", check_json(document.as_bytes())));
}
