//! What a client that is refused reads.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use validate_jwt::Reason;
use validate_jwt::config::check_json;
use validate_jwt::response::Answers;

use crate::support::{ED, Gateway, OTHER, Sent, claims, errors, field, merge, policy, token};

const MESSAGE: &str = "Unauthorized. Access token is missing or invalid.";

fn answers(fields: Value) -> Answers {
    let document = policy(fields).to_string();
    let config = check_json(document.as_bytes()).config.unwrap();
    config.policies[0].answers.clone()
}

fn challenge(answers: &Answers, reason: Reason) -> Option<String> {
    let response = answers.respond(reason, false, 1);
    field(&response, "www-authenticate").map(str::to_string)
}

/// Refusals that are the policy's to answer.
fn of_tokens() -> impl Iterator<Item = Reason> {
    Reason::ALL
        .into_iter()
        .filter(|reason| !matches!(reason, Reason::KeysUnavailable | Reason::NoRule))
}

#[test]
fn without_any_setting_an_answer_is_that_of_api_management_with_a_challenge() {
    let response = Gateway::with(json!({})).response(&Sent::get("/"));
    assert_eq!(response.status, 401);
    let body = format!("{{\"statusCode\":401,\"message\":\"{MESSAGE}\"}}");
    assert_eq!(response.body, body);
    assert_eq!(
        response.headers,
        [
            ("content-type", "application/json".to_string()),
            ("cache-control", "no-store".to_string()),
            ("www-authenticate", "Bearer realm=\"api\"".to_string()),
        ]
    );
}

#[test]
fn every_refusal_of_a_token_has_the_status_and_message_of_the_policy() {
    let answers = answers(json!({
        "failed_validation_httpcode": 418, "failed_validation_error_message": "No \"tea\"\n",
    }));
    for reason in of_tokens() {
        let response = answers.respond(reason, false, 1);
        assert_eq!(response.status, 418, "{reason}");
        let body: Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(
            body,
            json!({ "statusCode": 418, "message": "No \"tea\"\n" })
        );
    }
}

#[test]
fn a_good_token_with_too_little_in_it_may_have_a_status_of_its_own() {
    let answers = answers(json!({ "insufficient_claims_httpcode": 403 }));
    for reason in of_tokens() {
        let of_claims = matches!(
            reason,
            Reason::TokenClaimNotFound | Reason::TokenClaimValueNotAllowed
        );
        let response = answers.respond(reason, false, 1);
        assert_eq!(response.status, if of_claims { 403 } else { 401 });
        let challenge = field(&response, "www-authenticate").unwrap();
        assert_eq!(
            challenge.contains("error=\"insufficient_scope\""),
            of_claims,
            "{reason}: {challenge}"
        );
    }
    let mut gateway = Gateway::with(json!({
        "insufficient_claims_httpcode": 403, "required_claims": [{ "name": "roles", "values": ["r"] }],
    }));
    let sent = Sent::bearer(&token(json!({ "roles": ["x"] })));
    let response = gateway.response(&sent);
    assert_eq!(response.status, 403);
    assert_eq!(
        field(&response, "www-authenticate"),
        Some(
            "Bearer realm=\"api\", error=\"insufficient_scope\", error_description=\"token_claim_value_not_allowed\""
        )
    );
}

#[test]
fn by_default_missing_claims_have_the_status_of_every_refusal() {
    let mut gateway = Gateway::with(json!({
        "failed_validation_httpcode": 403, "required_claims": [{ "name": "roles" }],
    }));
    let response = gateway.response(&Sent::bearer(&token(json!({}))));
    assert_eq!(response.status, 403);
    let unauthorized = Gateway::with(json!({ "required_claims": [{ "name": "roles" }] }))
        .response(&Sent::bearer(&token(json!({}))));
    assert_eq!(unauthorized.status, 401);
    assert!(
        field(&unauthorized, "www-authenticate")
            .unwrap()
            .contains("error=\"invalid_token\"")
    );
}

#[test]
fn the_three_bodies_say_the_same() {
    let message = "a \"b\" \\ é \u{1}";
    let respond = |body: &str| {
        let fields = json!({ "error_body": body, "failed_validation_error_message": message });
        answers(fields).respond(Reason::TokenExpired, false, 1)
    };
    let parsed = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let json = respond("json");
    assert_eq!(field(&json, "content-type"), Some("application/json"));
    assert_eq!(
        parsed(&json.body),
        json!({ "statusCode": 401, "message": message })
    );
    let text = respond("text");
    assert_eq!(field(&text, "content-type"), Some("text/plain"));
    assert_eq!(text.body, message);
    let problem = respond("problem");
    assert_eq!(
        field(&problem, "content-type"),
        Some("application/problem+json")
    );
    assert_eq!(
        parsed(&problem.body),
        json!({ "type": "about:blank", "title": "Unauthorized", "status": 401, "detail": message })
    );
}

#[test]
fn a_problem_has_the_title_of_its_status() {
    for (status, title) in [
        (400, "Bad Request"),
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "Not Found"),
        (418, "Request Refused"),
        (500, "Internal Server Error"),
        (599, "Request Refused"),
    ] {
        let fields = json!({ "error_body": "problem", "failed_validation_httpcode": status });
        let response = answers(fields).respond(Reason::TokenExpired, false, 1);
        let body: Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!(body["title"], title);
        assert_eq!(body["status"], status);
    }
}

#[test]
fn a_challenge_names_realm_error_reason_and_metadata() {
    let answers = answers(json!({ "challenge": {
        "realm": "my \"own\" \\ realm", "resource_metadata": "https://api.example.com/.well-known/oauth-protected-resource",
    } }));
    let realm = r#"Bearer realm="my \"own\" \\ realm""#;
    let metadata =
        r#"resource_metadata="https://api.example.com/.well-known/oauth-protected-resource""#;
    for reason in of_tokens() {
        let challenge = challenge(&answers, reason).unwrap();
        let expected = if reason == Reason::TokenNotPresent {
            // RFC 6750 §3.1: nothing more to whom sent no credentials.
            format!("{realm}, {metadata}")
        } else {
            format!("{realm}, error=\"invalid_token\", error_description=\"{reason}\", {metadata}")
        };
        assert_eq!(challenge, expected);
    }
}

#[test]
fn a_challenge_without_realm_has_the_usual_one_and_false_sends_none() {
    let empty = answers(json!({ "challenge": {} }));
    assert_eq!(
        challenge(&empty, Reason::TokenNotPresent).as_deref(),
        Some("Bearer realm=\"api\"")
    );
    let none = answers(json!({ "challenge": false }));
    for reason in Reason::ALL {
        assert_eq!(challenge(&none, reason), None);
    }
}

#[test]
fn grpc_clients_read_the_bare_message() {
    let mut gateway = Gateway::with(json!({ "error_body": "problem" }));
    for (content_type, is_grpc) in [
        ("application/grpc", true),
        ("application/grpc+proto", true),
        ("application/grpc;charset=utf-8", true),
        ("application/grpc-web", false),
        ("application/grpcx", false),
        ("application/json", false),
        ("", false),
    ] {
        let sent = Sent::get("/").header("content-type", content_type);
        let response = gateway.response(&sent);
        assert_eq!(response.status, 401);
        assert_eq!(response.body == MESSAGE, is_grpc, "{content_type}");
    }
}

#[test]
fn missing_keys_are_a_503_that_says_when_to_come_back() {
    let document = json!({
        "failed_validation_httpcode": 418, "issuers": ["i"],
        "jwks": [{ "url": "https://a.example/keys", "cluster": "a" }],
    });
    let mut gateway = Gateway::new(&document);
    let sent = Sent::bearer(&token(json!({ "iss": "i" })));
    let response = gateway.response(&sent);
    assert_eq!(response.status, 503);
    assert_eq!(field(&response, "retry-after"), Some("1"));
    assert_eq!(field(&response, "www-authenticate"), None);
    // Four failures later the provider is asked every eight seconds.
    for pause in [0, 1, 2, 4] {
        gateway.wait(pause).fetch();
    }
    let response = gateway.response(&sent);
    assert_eq!(response.status, 503);
    assert_eq!(field(&response, "retry-after"), Some("8"));
    assert_eq!(
        serde_json::from_str::<Value>(&response.body).unwrap()["statusCode"],
        503
    );
}

#[test]
fn a_request_that_nobody_is_responsible_for_is_a_403_without_challenge() {
    let mut document =
        json!({ "policies": { "a": policy(json!({ "failed_validation_httpcode": 418 })) } });
    merge(&mut document, json!({ "rules": [] }));
    let response = Gateway::new(&document).response(&Sent::bearer(&token(json!({}))));
    assert_eq!(response.status, 403);
    assert_eq!(field(&response, "www-authenticate"), None);
    let body: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(body["statusCode"], 403);
    assert_ne!(body["message"], MESSAGE);
}

#[test]
fn an_answer_tells_nothing_of_the_token_the_path_or_what_was_expected() {
    let mut gateway = Gateway::with(json!({
        "audiences": ["expected-audience"], "issuers": ["expected-issuer"],
        "required_claims": [{ "name": "expected-claim", "values": ["expected-value"] }],
    }));
    let good = json!({ "iss": "expected-issuer", "aud": "expected-audience" });
    let changed = |with: Value| {
        let mut all = good.clone();
        merge(&mut all, with);
        ED.token("k", &claims(all))
    };
    let mut reasons = BTreeSet::new();
    for sent in [
        "sent-token".to_string(),
        changed(json!({ "iss": "sent-issuer" })),
        changed(json!({ "aud": "sent-audience" })),
        changed(json!({})),
        changed(json!({ "expected-claim": "sent-claim" })),
        ED.token("sent-kid", &claims(good.clone())),
        OTHER.token("k", &claims(good.clone())),
    ] {
        let request = Sent::bearer(&sent).with(":path", "/sent-path");
        reasons.insert(gateway.refused(&request));
        let response = gateway.response(&request);
        let shown = format!("{response:?}");
        for secret in ["sent-", "expected-", &sent[..8]] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
    assert_eq!(reasons.len(), 7);
}

#[test]
fn a_challenge_is_made_of_what_the_rfc_allows() {
    for reason in Reason::ALL {
        let word = reason.as_str();
        assert!(
            word.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{word}"
        );
    }
    for control in ["a\u{7f}", "a\u{e9}", "a\tb", "a\nb"] {
        let found = errors(&policy(json!({ "challenge": { "realm": control } })));
        assert_eq!(found.len(), 1, "{control:?}");
    }
}
