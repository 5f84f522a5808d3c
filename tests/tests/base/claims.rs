//! Tokens whose signature is good and whose claims are not.

use serde_json::{Value, json};
use validate_jwt_tests::Request;

use crate::gateway::{refuses_token, shared};

#[test]
fn another_issuer_is_refused() {
    let gateway = shared();
    let issuer = gateway.provider.issuer();
    for wrong in [
        json!("https://login.example/other"),
        json!(format!("{issuer}/")),
        json!(issuer.to_uppercase()),
        json!(format!("{issuer}\u{0}")),
        json!(&issuer[..issuer.len() - 1]),
        json!(""),
        json!(null),
        json!(1),
        json!([issuer]),
    ] {
        let what = format!("iss {wrong}");
        let token = gateway.token().claim("iss", wrong).sign();
        refuses_token(&gateway, &what, "token_issuer_not_allowed", token);
    }
    let token = gateway.token().without("iss").sign();
    refuses_token(&gateway, "no iss", "token_issuer_not_allowed", token);
}

#[test]
fn another_audience_is_refused() {
    let gateway = shared();
    for wrong in [
        json!("api://other"),
        json!("api://numbers/"),
        json!("api://number"),
        json!("api://numbers2"),
        json!("API://NUMBERS"),
        json!("api://other api://numbers"),
        json!("api://other,api://numbers"),
        json!(""),
        json!(null),
        json!(1),
        json!([]),
        json!(["api://other", "api://numbers2"]),
        json!([["api://numbers"]]),
        json!({"api://numbers": true}),
    ] {
        let what = format!("aud {wrong}");
        let token = gateway.token().claim("aud", wrong).sign();
        refuses_token(&gateway, &what, "token_audience_not_allowed", token);
    }
    let token = gateway.token().without("aud").sign();
    refuses_token(&gateway, "no aud", "token_audience_not_allowed", token);
}

#[test]
fn another_role_is_refused_also_when_the_right_one_is_part_of_its_name() {
    let gateway = shared();
    for wrong in [
        json!(["Other"]),
        json!(["APIAccessAll"]),
        json!(["NoAPIAccess"]),
        json!(["apiaccess"]),
        json!(["APIAccess "]),
        json!(["API", "Access"]),
        json!("Reader APIAccess"),
        json!("Reader,APIAccess"),
        json!([["APIAccess"]]),
        json!({"APIAccess": true}),
        json!([]),
        json!(""),
        json!(1),
        json!(true),
    ] {
        let what = format!("roles {wrong}");
        let token = gateway.token().claim("roles", wrong).sign();
        refuses_token(&gateway, &what, "token_claim_value_not_allowed", token);
    }
    for (what, token) in [
        ("no roles", gateway.token().without("roles")),
        ("roles null", gateway.token().claim("roles", Value::Null)),
        (
            "role instead of roles",
            gateway.token().without("roles").claim("role", "APIAccess"),
        ),
        (
            "Roles instead of roles",
            gateway.token().without("roles").claim("Roles", "APIAccess"),
        ),
    ] {
        refuses_token(&gateway, what, "token_claim_not_found", token.sign());
    }
}

#[test]
fn one_of_several_audiences_and_roles_is_enough() {
    let gateway = shared();
    let token = gateway
        .token()
        .claim("aud", json!(["api://other", "api://numbers"]))
        .claim("roles", json!(["Reader", "APIAccess", "Writer"]))
        .sign();
    let response = Request::get("/").bearer(token).send(gateway.address());
    assert_eq!(response.status, 200, "{response:?}");
}

#[test]
fn a_claim_that_is_there_twice_is_refused() {
    let gateway = shared();
    let claims = gateway.token().claims().to_string();
    let header = json!({"alg": "RS256", "kid": "k1"}).to_string();
    let doubled = |more: &str| format!("{}{more}}}", &claims[..claims.len() - 1]);
    for more in [
        r#","aud":"api://numbers""#,
        r#","aud":"api://other""#,
        r#","\u0061ud":"api://numbers""#,
        r#","exp":99999999999"#,
        r#","roles":["APIAccess"]"#,
        r#","x":{"y":1,"y":1}"#,
    ] {
        let token = gateway
            .signer
            .token_of_bytes(header.as_bytes(), doubled(more).as_bytes());
        refuses_token(&gateway, more, "token_malformed", token);
    }
    for header in [
        r#"{"alg":"none","alg":"RS256","kid":"k1"}"#,
        r#"{"alg":"RS256","alg":"RS256","kid":"k1"}"#,
        r#"{"alg":"RS256","kid":"k1","kid":"k2"}"#,
        r#"{"alg":"RS256","kid":"k1","\u006bid":"k1"}"#,
    ] {
        let token = gateway
            .signer
            .token_of_bytes(header.as_bytes(), claims.as_bytes());
        refuses_token(&gateway, header, "token_malformed", token);
    }
    // The same bytes without a doubled name pass: what was refused above is the doubling.
    let token = gateway
        .signer
        .token_of_bytes(header.as_bytes(), doubled(r#","x":1"#).as_bytes());
    let response = Request::get("/").bearer(token).send(gateway.address());
    assert_eq!(response.status, 200, "{response:?}");
}
