//! Tokens before and after their time.

use serde_json::{Value, json};
use validate_jwt_tests::{Request, Token, eventually};

use crate::gateway::{refuses_token, shared};

#[test]
fn a_token_is_refused_from_the_second_in_which_it_expires() {
    let gateway = shared();
    let now = Token::now();
    for exp in [
        json!(now),
        json!(now - 1),
        json!(now - 3600),
        json!(0),
        json!(-1),
        json!(1.5),
    ] {
        let what = format!("exp {exp} at {now}");
        let token = gateway.token().without("nbf").claim("exp", exp).sign();
        refuses_token(&gateway, &what, "token_expired", token);
    }
}

#[test]
fn a_token_that_was_good_is_refused_once_it_has_expired() {
    let gateway = shared();
    let exp = Token::now() + 2;
    let token = gateway.token().claim("exp", exp).sign();
    let request = Request::get("/").bearer(&token);
    // Remembered from now on.
    assert_eq!(request.send(gateway.address()).status, 200);
    assert_eq!(request.send(gateway.address()).status, 200);
    eventually("the token expires", || Token::now() >= exp);
    refuses_token(&gateway, "a remembered token", "token_expired", token);
}

#[test]
fn a_token_without_an_end_is_refused() {
    let gateway = shared();
    let token = gateway.token().without("exp").sign();
    refuses_token(&gateway, "no exp", "token_expiration_missing", token);
}

#[test]
fn a_token_from_the_future_is_refused() {
    let gateway = shared();
    for ahead in [30, 3600, 1_000_000_000] {
        let nbf = Token::now() + ahead;
        let token = gateway.token().claim("nbf", nbf).claim("exp", nbf + 60);
        refuses_token(&gateway, "nbf ahead", "token_not_yet_valid", token.sign());
    }
}

#[test]
fn a_date_that_is_no_number_is_refused() {
    let gateway = shared();
    for date in [
        json!("99999999999"),
        json!("2099-01-01T00:00:00Z"),
        json!(true),
        json!([99_999_999_999_i64]),
        json!({}),
        Value::Null,
    ] {
        for name in ["exp", "nbf", "iat"] {
            let what = format!("{name} {date}");
            let token = gateway.token().claim(name, date.clone()).sign();
            refuses_token(&gateway, &what, "token_malformed", token);
        }
    }
}

#[test]
fn a_date_beyond_every_number_neither_passes_nor_harms() {
    let gateway = shared();
    let header = json!({"alg": "RS256", "kid": "k1"}).to_string();
    let claims = gateway.token().without("exp").claims().to_string();
    for date in [
        "1e400",
        "-1e400",
        "1e-400",
        "NaN",
        "Infinity",
        "0x7fffffff",
        "+5",
        "1_000",
    ] {
        let claims = format!(r#"{},"exp":{date}}}"#, &claims[..claims.len() - 1]);
        let token = gateway
            .signer
            .token_of_bytes(header.as_bytes(), claims.as_bytes());
        let reason = match date {
            "1e-400" => "token_expired",
            _ => "token_malformed",
        };
        refuses_token(&gateway, date, reason, token);
    }
}
