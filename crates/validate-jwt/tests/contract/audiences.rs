//! `aud` and `iss` as the policy lists them.

use serde_json::{Value, json};
use validate_jwt::Reason::{TokenAudienceNotAllowed, TokenIssuerNotAllowed};

use crate::support::{Gateway, token};

#[test]
fn one_of_the_audiences_must_be_named_exactly() {
    let mut gateway = Gateway::with(json!({ "audiences": ["api://a", "b"] }));
    for good in [
        json!("api://a"),
        json!("b"),
        json!(["x", "b"]),
        json!(["b", 5, {}]),
    ] {
        assert_eq!(
            gateway.judge(&token(json!({ "aud": good }))),
            None,
            "{good}"
        );
    }
    for wrong in [
        json!("api://a/"),
        json!("API://A"),
        json!("api://"),
        json!("a"),
        json!("api://a b"),
        json!("api://a,b"),
        json!(" b"),
        json!(""),
        json!([]),
        json!([["b"]]),
        json!({ "b": "b" }),
        json!(null),
        json!(true),
    ] {
        let judged = gateway.judge(&token(json!({ "aud": wrong })));
        assert_eq!(judged, Some(TokenAudienceNotAllowed), "{wrong}");
    }
    assert_eq!(
        gateway.judge(&token(json!({}))),
        Some(TokenAudienceNotAllowed)
    );
}

#[test]
fn an_audience_is_never_compared_with_a_number_s_text() {
    let mut gateway = Gateway::with(json!({ "audiences": ["1", "true"] }));
    for wrong in [json!(1), json!([1]), json!(true), json!([true])] {
        let judged = gateway.judge(&token(json!({ "aud": wrong })));
        assert_eq!(judged, Some(TokenAudienceNotAllowed), "{wrong}");
    }
}

#[test]
fn an_issuer_is_compared_exactly() {
    let issuer = "https://login.example/tenant/v2.0";
    let mut gateway = Gateway::with(json!({ "issuers": [issuer, "https://other.example/"] }));
    let mut judge = |iss: Value| gateway.judge(&token(json!({ "iss": iss })));
    assert_eq!(judge(json!(issuer)), None);
    assert_eq!(judge(json!("https://other.example/")), None);
    for wrong in [
        json!("https://login.example/tenant/v2.0/"),
        json!("HTTPS://LOGIN.example/tenant/v2.0"),
        json!("http://login.example/tenant/v2.0"),
        json!("https://login.example/tenant"),
        json!("https://login.example/tenant/v2.0 "),
        json!("https://login.example/tenant/v2.0.evil.example"),
        json!("https://other.example"),
        json!([issuer]),
        json!({ "iss": issuer }),
        json!(""),
        json!(null),
        json!(1),
    ] {
        assert_eq!(judge(wrong.clone()), Some(TokenIssuerNotAllowed), "{wrong}");
    }
    assert_eq!(
        gateway.judge(&token(json!({}))),
        Some(TokenIssuerNotAllowed)
    );
}

#[test]
fn without_any_issuer_iss_does_not_matter() {
    let mut gateway = Gateway::with(json!({}));
    for iss in [json!("x"), json!(["x"]), json!(1)] {
        assert_eq!(gateway.judge(&token(json!({ "iss": iss }))), None);
    }
    assert_eq!(gateway.judge(&token(json!({}))), None);
}
