//! Algorithms, keys and types of tokens.

use serde_json::{Value, json};
use validate_jwt::Reason::{
    self, AlgorithmNotAllowed, TokenSignatureInvalid, TokenSignatureKeyNotFound,
    TokenTypeNotAllowed,
};
use validate_jwt_jws::Algorithm;

use crate::support::{ED, Gateway, HS, OTHER, SECRET, Signer, base64, base64url, claims, token};

fn set(algorithm: Algorithm, fields: Value) -> Gateway {
    let mut document = json!({ "jwks": [{ "inline": Signer(algorithm, 0).set("k") }] });
    crate::support::merge(&mut document, fields);
    Gateway::new(&document)
}

fn signed(algorithm: Algorithm) -> String {
    Signer(algorithm, 0).token("k", &claims(json!({})))
}

#[test]
fn each_asymmetric_algorithm_is_accepted_without_being_listed() {
    for algorithm in Algorithm::ALL {
        let judged = set(algorithm, json!({})).judge(&signed(algorithm));
        // The only keys are secrets: then theirs are the algorithms.
        assert_eq!(judged, None, "{algorithm}");
    }
}

#[test]
fn only_listed_algorithms_are_accepted() {
    use Algorithm::{PS256, RS256, RS384};
    let mut gateway = set(RS256, json!({ "algorithms": ["RS256", "PS256"] }));
    assert_eq!(gateway.judge(&signed(RS256)), None);
    assert_eq!(gateway.judge(&signed(PS256)), None);
    assert_eq!(gateway.judge(&signed(RS384)), Some(AlgorithmNotAllowed));
}

#[test]
fn a_secret_counts_only_where_hmac_is_listed_or_nothing_else_is_there() {
    let hmac = HS.token("k", &claims(json!({})));
    let mixed = json!([{ "inline": ED.set("e") }, { "inline": HS.set("k") }]);
    let mut unlisted = Gateway::new(&json!({ "jwks": mixed }));
    assert_eq!(unlisted.judge(&hmac), Some(AlgorithmNotAllowed));
    let mut listed = Gateway::new(&json!({ "jwks": mixed, "algorithms": ["HS256", "EdDSA"] }));
    assert_eq!(listed.judge(&hmac), None);
    let mut alone = Gateway::new(&json!({ "issuer_signing_keys": [{ "value": base64(SECRET) }] }));
    assert_eq!(alone.judge(&hmac), None);
    assert_eq!(alone.judge(&token(json!({}))), Some(AlgorithmNotAllowed));
}

#[test]
fn a_public_key_is_never_a_secret() {
    let rsa = Signer(Algorithm::RS256, 0);
    let jwk = rsa.jwk("k");
    let document =
        json!({ "jwks": [{ "inline": { "keys": [jwk] } }], "algorithms": ["RS256", "HS256"] });
    let mut gateway = Gateway::new(&document);
    let header = base64url(br#"{"alg":"HS256","kid":"k"}"#);
    let input = format!("{header}.{}", base64url(br#"{"exp":1900000000}"#));
    for secret in [
        rsa.pem().into_bytes(),
        rsa.pem().trim().as_bytes().to_vec(),
        jwk.to_string().into_bytes(),
        jwk["n"].as_str().unwrap().as_bytes().to_vec(),
        vec![0],
    ] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &secret);
        let tag = aws_lc_rs::hmac::sign(&key, input.as_bytes());
        let forged = format!("{input}.{}", base64url(tag.as_ref()));
        assert_eq!(gateway.judge(&forged), Some(TokenSignatureKeyNotFound));
    }
}

#[test]
fn a_key_that_names_its_algorithm_verifies_no_other() {
    let mut jwk = Signer(Algorithm::RS256, 0).jwk("k");
    jwk["alg"] = json!("RS256");
    let mut gateway = Gateway::new(&json!({ "jwks": [{ "inline": { "keys": [jwk] } }] }));
    assert_eq!(gateway.judge(&signed(Algorithm::RS256)), None);
    for other in [Algorithm::RS384, Algorithm::PS256] {
        assert_eq!(
            gateway.judge(&signed(other)),
            Some(TokenSignatureKeyNotFound)
        );
    }
}

#[test]
fn a_key_is_found_by_its_kid_and_a_token_without_one_tries_all_that_fit() {
    let set =
        json!({ "keys": [ED.jwk("a"), OTHER.jwk("b"), Signer(Algorithm::ES256, 0).jwk("c")] });
    let mut gateway = Gateway::new(&json!({ "jwks": [{ "inline": set }] }));
    let claims = claims(json!({}));
    let mut judge = |signer: Signer, kid: &str| gateway.judge(&signer.token(kid, &claims));
    assert_eq!(judge(ED, "a"), None);
    assert_eq!(judge(OTHER, "b"), None);
    assert_eq!(judge(ED, "b"), Some(TokenSignatureInvalid));
    assert_eq!(judge(ED, "c"), Some(TokenSignatureKeyNotFound));
    for unknown in ["A", "a ", "d", "a\u{0}", "../a", "' OR 1=1"] {
        assert_eq!(
            judge(ED, unknown),
            Some(TokenSignatureKeyNotFound),
            "{unknown:?}"
        );
    }
    assert_eq!(judge(OTHER, ""), None);
    let stranger = Signer(Algorithm::EdDSA, 2);
    assert_eq!(judge(stranger, ""), Some(TokenSignatureInvalid));
}

#[test]
fn static_keys_are_tried_each_when_none_has_the_tokens_kid() {
    let keys = json!([
        { "id": "r", "n": Signer(Algorithm::RS256, 0).jwk("r")["n"], "e": "AQAB" },
        { "pem": Signer(Algorithm::RS256, 1).pem() },
    ]);
    let mut gateway = Gateway::new(&json!({ "issuer_signing_keys": keys }));
    let claims = claims(json!({}));
    let first = Signer(Algorithm::RS256, 0);
    let second = Signer(Algorithm::RS256, 1);
    assert_eq!(gateway.judge(&first.token("r", &claims)), None);
    assert_eq!(gateway.judge(&first.token("unknown", &claims)), None);
    assert_eq!(gateway.judge(&second.token("unknown", &claims)), None);
    assert_eq!(gateway.judge(&second.token("", &claims)), None);
    // A key with the token's kid is there: it and no other is used.
    assert_eq!(
        gateway.judge(&second.token("r", &claims)),
        Some(TokenSignatureInvalid)
    );
}

#[test]
fn modulus_and_secret_are_taken_in_both_alphabets() {
    let jwk = Signer(Algorithm::RS256, 0).jwk("r");
    let n = jwk["n"].as_str().unwrap();
    let plain = n.replace('-', "+").replace('_', "/");
    for n in [n.to_string(), plain.clone(), format!("{plain}==")] {
        let keys = json!([{ "n": n, "e": "AQAB" }]);
        let mut gateway = Gateway::new(&json!({ "issuer_signing_keys": keys }));
        assert_eq!(gateway.judge(&signed(Algorithm::RS256)), None, "{n}");
    }
}

#[test]
fn keys_that_a_token_brings_along_are_never_looked_at() {
    let stranger = Signer(Algorithm::EdDSA, 2);
    for (member, value) in [
        ("jwk", stranger.jwk("k")),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AA=="])),
    ] {
        let mut header = json!({ "alg": "EdDSA", "kid": "k" });
        header[member] = value;
        let mut gateway = Gateway::with(json!({}));
        let token = stranger.token_of(&header.to_string(), br#"{"exp":1900000000}"#);
        assert_eq!(gateway.judge(&token), Some(TokenSignatureInvalid));
        gateway.fetch();
        assert!(gateway.asked.is_empty());
    }
}

#[test]
fn a_type_is_compared_without_case_and_without_application() {
    let judge = |types: Value, typ: Value| -> Option<Reason> {
        let mut header = json!({ "alg": "EdDSA", "kid": "k" });
        crate::support::merge(&mut header, typ);
        let token = ED.token_of(&header.to_string(), br#"{"exp":1900000000}"#);
        Gateway::with(types).judge(&token)
    };
    let access = json!({ "token_types": ["at+jwt"] });
    for good in [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "Application/AT+jwt",
    ] {
        assert_eq!(
            judge(access.clone(), json!({ "typ": good })),
            None,
            "{good}"
        );
    }
    for wrong in [
        "JWT",
        "at",
        "at+jwt ",
        "logout+jwt",
        "application/application/at+jwt",
        "text/at+jwt",
        "",
    ] {
        let judged = judge(access.clone(), json!({ "typ": wrong }));
        assert_eq!(judged, Some(TokenTypeNotAllowed), "{wrong}");
    }
    assert_eq!(judge(access, json!({})), Some(TokenTypeNotAllowed));
    let long = json!({ "token_types": ["application/at+jwt", "JWT"] });
    for good in ["at+jwt", "jwt", "application/jwt"] {
        assert_eq!(judge(long.clone(), json!({ "typ": good })), None, "{good}");
    }
    for typ in [json!({}), json!({ "typ": "anything" })] {
        assert_eq!(judge(json!({}), typ), None);
    }
}

#[test]
fn both_names_of_ed25519_are_known() {
    let token = ED.token_of(r#"{"alg":"Ed25519","kid":"k"}"#, br#"{"exp":1900000000}"#);
    assert_eq!(Gateway::with(json!({})).judge(&token), None);
}

#[test]
fn keys_that_share_a_kid_are_both_tried() {
    let es = Signer(Algorithm::ES256, 0);
    let set = json!({ "keys": [ED.jwk("k"), OTHER.jwk("k"), es.jwk("k")] });
    let mut gateway = Gateway::new(&json!({ "jwks": [{ "inline": set }] }));
    for signer in [ED, OTHER, es] {
        let token = signer.token("k", &claims(json!({})));
        assert_eq!(gateway.judge(&token), None, "{signer:?}");
    }
    let stranger = Signer(Algorithm::EdDSA, 2).token("k", &claims(json!({})));
    assert_eq!(gateway.judge(&stranger), Some(TokenSignatureInvalid));
}

#[test]
fn a_token_without_kid_costs_no_more_than_sixteen_verifications() {
    let signers: Vec<Signer> = (0..17).map(|n| Signer(Algorithm::EdDSA, n)).collect();
    let keys: Vec<Value> = signers
        .iter()
        .map(|signer| signer.jwk(&format!("k{}", signer.1)))
        .collect();
    let mut gateway = Gateway::new(&json!({ "jwks": [{ "inline": { "keys": keys } }] }));
    let claims = claims(json!({}));
    assert_eq!(gateway.judge(&signers[15].token("", &claims)), None);
    assert_eq!(
        gateway.judge(&signers[16].token("", &claims)),
        Some(TokenSignatureInvalid)
    );
    assert_eq!(gateway.judge(&signers[16].token("k16", &claims)), None);
}
