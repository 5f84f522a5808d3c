//! What an operator sees: counters, log lines and the access log.

use serde_json::json;
use validate_jwt_tests::{Gateway, Request, Signer, Token, eventually};

use crate::gateway::WORKERS;

/// A gateway of one's own, so that nobody else's requests are counted and logged.
fn gateway() -> Gateway {
    Gateway::start_with(|builder, _| {
        builder
            .workers(WORKERS)
            .access_log("%RESPONSE_CODE_DETAILS%")
    })
}

#[test]
fn requests_are_counted_by_outcome_and_reason_and_so_are_fetches() {
    let gateway = gateway();
    let token = gateway.token().sign();
    let expired = gateway.token().claim("exp", Token::now() - 1).sign();
    let other_audience = gateway.token().claim("aud", "api://other").sign();
    let send = |request: Request, times: usize| {
        for _ in 0..times {
            request.send(gateway.address());
        }
    };
    send(Request::get("/").bearer(&token), 7);
    send(Request::get("/"), 3);
    send(Request::get("/").bearer("x"), 2);
    send(Request::get("/").bearer(expired), 4);
    send(Request::get("/").bearer(other_audience), 1);

    let counters = [
        ("allowed", 7),
        ("refused.token_not_present", 3),
        ("refused.token_malformed", 2),
        ("refused.token_expired", 4),
        ("refused.token_audience_not_allowed", 1),
        ("refused.token_signature_invalid", 0),
        ("anonymous", 0),
        ("keys_fetched", 1),
        ("keys_fetch_failed", 0),
    ];
    for (name, value) in counters {
        let name = format!("wasmcustom.validate_jwt.{name}");
        gateway.envoy.wait_for_stat(&name, value);
    }
    let prometheus = gateway.envoy.prometheus();
    assert!(
        prometheus.contains("validate_jwt_refused_token_expired{} 4"),
        "{prometheus}"
    );
}

#[test]
fn a_refusal_is_logged_with_reason_policy_expected_and_found_and_never_with_the_token() {
    let gateway =
        Gateway::start_with(|builder, _| builder.workers(WORKERS).wasm_log_level("trace"));
    let subject = "a-subject-that-nobody-should-read";
    let token = |name: &str, value: serde_json::Value| {
        gateway
            .token()
            .claim("sub", subject)
            .claim(name, value)
            .sign()
    };
    let tokens = [
        (token("aud", json!("api://other")), vec!["token_audience_not_allowed", "api://other", "api://numbers"]),
        (token("roles", json!(["Reader"])), vec!["token_claim_value_not_allowed", "roles", "Reader", "APIAccess"]),
        (token("iss", json!("https://other.example")), vec!["token_issuer_not_allowed", "https://other.example", "http://127.0.0.1"]),
        (token("exp", json!(1000)), vec!["token_expired", "1000"]),
        (
            gateway.signer.clone().named("k2").token(
                &json!({"alg": "RS256", "kid": "k2"}),
                &json!({"iss": gateway.provider.issuer(), "aud": "api://numbers", "exp": Token::now() + 60, "sub": subject}),
            ),
            vec!["token_signature_key_not_found", "k2", "k1"],
        ),
        (
            Token::new(&gateway.provider.issuer(), &Signer::rsa("other").named("k1")).claim("sub", subject).sign(),
            vec!["token_signature_invalid", "RS256"],
        ),
        (gateway.token().header("alg", "none").claim("sub", subject).sign(), vec!["algorithm_not_allowed", "none", "RS256"]),
    ];
    for (token, expected) in &tokens {
        let response = Request::get("/").bearer(token).send(gateway.address());
        assert_eq!(response.status, 401, "{response:?}");
        let reason = expected[0];
        gateway.envoy.wait_for_log(&format!("refused: {reason}"));
        let log = gateway.envoy.log();
        let line = log
            .lines()
            .find(|line| line.contains(reason))
            .expect(reason);
        assert!(line.contains("[info]"), "{line}");
        assert!(line.contains("policy \"default\""), "{line}");
        for word in expected {
            assert!(line.contains(word), "no {word:?} in {line}");
        }
    }
    let good = gateway.token().claim("sub", subject).sign();
    Request::get("/").bearer(&good).send(gateway.address());
    let log = gateway.envoy.log();
    for token in tokens.iter().map(|(token, _)| token).chain([&good]) {
        for part in token.split('.') {
            assert!(
                !log.contains(&part[..20.min(part.len())]),
                "{part} in\n{log}"
            );
        }
    }
    assert!(!log.contains(subject), "{log}");
}

#[test]
fn a_token_cannot_forge_lines_of_the_log() {
    let gateway = gateway();
    let forged =
        "x\n[2030-01-01 00:00:00.000][1][critical][main] forged\r\u{1b}[31m\u{2028}\u{202e}";
    for token in [
        gateway.token().claim("aud", forged).sign(),
        gateway.token().claim("iss", forged).sign(),
        gateway.token().claim("roles", forged).sign(),
        gateway.token().header("kid", forged).sign(),
        gateway.token().header("alg", forged).sign(),
    ] {
        let response = Request::get("/").bearer(token).send(gateway.address());
        assert_eq!(response.status, 401);
    }
    gateway.envoy.wait_for_log("algorithm_not_allowed");
    let log = gateway.envoy.log();
    assert!(
        !log.lines()
            .any(|line| line.contains("[critical][main] forged") && !line.contains("refused:")),
        "{log}"
    );
    for character in ['\r', '\u{1b}', '\u{2028}', '\u{202e}'] {
        assert!(!log.contains(character), "{character:?} in\n{log}");
    }
}

#[test]
fn a_flood_of_refusals_does_not_fill_the_log() {
    let gateway = gateway();
    let mut connection = validate_jwt_tests::Connection::open(gateway.address());
    let request = Request::get("/");
    let second = Token::now();
    let mut sent = 0_u64;
    while sent < 500 {
        assert_eq!(connection.send(&request).status, 401);
        sent += 1;
    }
    let seconds = u64::try_from(Token::now() - second + 1).expect("a clock that does not run back");
    gateway
        .envoy
        .wait_for_stat("wasmcustom.validate_jwt.refused.token_not_present", sent);
    eventually("every refusal is logged or counted as suppressed", || {
        let logged = gateway
            .envoy
            .log()
            .matches("refused: token_not_present")
            .count() as u64;
        assert!(logged <= 100 * seconds, "{logged} lines in {seconds} s");
        logged + gateway.envoy.stat("wasmcustom.validate_jwt.log_suppressed") == sent
    });
}

#[test]
fn the_access_log_names_the_reason() {
    let gateway = gateway();
    Request::get("/").send(gateway.address());
    Request::get("/").bearer("x").send(gateway.address());
    let other = gateway.token().claim("roles", "Other").sign();
    Request::get("/").bearer(other).send(gateway.address());
    Request::get("/")
        .bearer(gateway.token().sign())
        .send(gateway.address());
    let expected = [
        "validate_jwt{token_not_present}",
        "validate_jwt{token_malformed}",
        "validate_jwt{token_claim_value_not_allowed}",
        "via_upstream",
    ];
    eventually("all four are in the access log", || {
        let log = gateway.envoy.access_log();
        expected
            .iter()
            .all(|details| log.iter().any(|line| line == details))
    });
}
