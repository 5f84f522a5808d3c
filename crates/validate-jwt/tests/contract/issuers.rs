//! Whose keys may verify whose tokens.

use serde_json::{Value, json};
use validate_jwt::Decision;
use validate_jwt::Reason::{
    self, KeysUnavailable, TokenIssuerNotAllowed, TokenSignatureInvalid, TokenSignatureKeyNotFound,
};
use validate_jwt_jws::Algorithm;

use crate::support::{ED, Gateway, OTHER, Sent, Signer, claims, merge};

const A: &str = "https://a.example";
const B: &str = "https://b.example";

/// Two providers found by discovery: A signs with [`ED`], B with [`OTHER`], both under the `kid` `k`.
fn two_providers(fields: Value) -> Gateway {
    let mut document = json!({ "openid_configs": [
        { "url": format!("{A}/config"), "cluster": "a" },
        { "url": format!("{B}/config"), "cluster": "b" },
    ] });
    merge(&mut document, fields);
    let mut gateway = Gateway::new(&document);
    for (issuer, signer) in [(A, ED), (B, OTHER)] {
        let keys = format!("{issuer}/keys");
        gateway.publish(
            &format!("{issuer}/config"),
            json!({ "issuer": issuer, "jwks_uri": keys }),
        );
        gateway.publish(&keys, signer.set("k"));
    }
    gateway
}

fn from(signer: Signer, iss: &str) -> String {
    signer.token("k", &claims(json!({ "iss": iss })))
}

#[test]
fn a_key_of_one_provider_never_verifies_a_token_of_another() {
    let mut gateway = two_providers(json!({}));
    gateway.fetch();
    assert_eq!(gateway.judge(&from(ED, A)), None);
    assert_eq!(gateway.judge(&from(OTHER, B)), None);
    assert_eq!(gateway.judge(&from(ED, B)), Some(TokenSignatureInvalid));
    assert_eq!(gateway.judge(&from(OTHER, A)), Some(TokenSignatureInvalid));
    for stranger in ["https://c.example", "", "https://a.example/"] {
        assert_eq!(
            gateway.judge(&from(ED, stranger)),
            Some(TokenIssuerNotAllowed)
        );
    }
    let anonymous = ED.token("k", &claims(json!({})));
    assert_eq!(gateway.judge(&anonymous), Some(TokenIssuerNotAllowed));
}

#[test]
fn a_kid_that_only_the_other_provider_has_is_not_found() {
    let mut gateway = two_providers(json!({}));
    gateway.publish(&format!("{B}/keys"), OTHER.set("only-b"));
    gateway.fetch();
    let token = OTHER.token("only-b", &claims(json!({ "iss": A })));
    assert_eq!(gateway.judge(&token), Some(TokenSignatureKeyNotFound));
}

#[test]
fn an_issuer_of_the_policy_counts_for_all_sources() {
    let mut gateway = two_providers(json!({ "issuers": ["https://v1.example"] }));
    gateway.fetch();
    assert_eq!(gateway.judge(&from(ED, "https://v1.example")), None);
    assert_eq!(gateway.judge(&from(OTHER, "https://v1.example")), None);
    // And takes nothing from what the sources state.
    assert_eq!(gateway.judge(&from(ED, A)), None);
    assert_eq!(gateway.judge(&from(ED, B)), Some(TokenSignatureInvalid));
}

#[test]
fn a_key_set_is_good_for_the_issuer_that_it_is_given_only() {
    let document = json!({ "jwks": [
        { "issuer": A, "inline": ED.set("k") }, { "issuer": B, "inline": OTHER.set("k") },
    ] });
    let mut gateway = Gateway::new(&document);
    assert_eq!(gateway.judge(&from(ED, A)), None);
    assert_eq!(gateway.judge(&from(OTHER, B)), None);
    assert_eq!(gateway.judge(&from(ED, B)), Some(TokenSignatureInvalid));
    assert_eq!(gateway.judge(&from(OTHER, A)), Some(TokenSignatureInvalid));
}

#[test]
fn keys_without_an_issuer_verify_nothing_beside_sources_that_state_theirs() {
    let document =
        json!({ "jwks": [{ "issuer": A, "inline": ED.set("k") }, { "inline": OTHER.set("k") }] });
    let mut gateway = Gateway::new(&document);
    assert_eq!(gateway.judge(&from(ED, A)), None);
    assert_eq!(gateway.judge(&from(OTHER, A)), Some(TokenSignatureInvalid));
    assert_eq!(gateway.judge(&from(OTHER, B)), Some(TokenIssuerNotAllowed));
}

#[test]
fn a_key_that_names_an_issuer_itself_verifies_no_other_s_tokens() {
    let mut jwk = ED.jwk("k");
    jwk["issuer"] = json!(A);
    let document = json!({ "issuers": [A, B], "jwks": [{ "inline": { "keys": [jwk] } }] });
    let mut gateway = Gateway::new(&document);
    assert_eq!(gateway.judge(&from(ED, A)), None);
    assert_eq!(gateway.judge(&from(ED, B)), Some(TokenSignatureKeyNotFound));
}

#[test]
fn until_a_source_was_fetched_its_tokens_wait_and_then_are_refused_as_unavailable() {
    let mut gateway = two_providers(json!({}));
    let sent = Sent::bearer(&from(ED, A));
    assert!(matches!(gateway.decide(&sent), Decision::AwaitKeys));
    assert_eq!(gateway.refused(&sent), Some(KeysUnavailable));
    gateway.fetch();
    assert!(gateway.validator.keys_mut().take_changed());
    assert!(matches!(gateway.decide(&sent), Decision::Pass(_)));
}

#[test]
fn what_no_key_could_make_good_waits_for_none() {
    let mut gateway = two_providers(json!({ "audiences": ["a"] }));
    for (claims, reason) in [
        (
            json!({ "iss": A, "aud": "b", "exp": 1_900_000_000 }),
            Reason::TokenAudienceNotAllowed,
        ),
        (
            json!({ "iss": A, "aud": "a", "exp": 1 }),
            Reason::TokenExpired,
        ),
        (
            json!({ "iss": A, "aud": "a" }),
            Reason::TokenExpirationMissing,
        ),
        (
            json!({ "aud": "a", "exp": 1_900_000_000 }),
            TokenIssuerNotAllowed,
        ),
    ] {
        let sent = Sent::bearer(&ED.token("k", &claims));
        let decision = gateway.decide(&sent);
        assert!(
            matches!(&decision, Decision::Refuse(refusal) if refusal.reason == reason),
            "{claims}: {decision:?}"
        );
    }
}

#[test]
fn an_unknown_kid_asks_the_provider_once_in_the_refetch_interval() {
    let mut gateway = two_providers(json!({}));
    gateway.fetch().wait(301);
    gateway.publish(&format!("{A}/keys"), Signer(Algorithm::EdDSA, 2).set("new"));
    let new = Signer(Algorithm::EdDSA, 2).token("new", &claims(json!({ "iss": A })));
    let sent = Sent::bearer(&new);
    assert!(matches!(gateway.decide(&sent), Decision::AwaitKeys));
    gateway.asked.clear();
    gateway.fetch();
    assert_eq!(gateway.asked.len(), 2, "{:?}", gateway.asked);
    assert!(matches!(gateway.decide(&sent), Decision::Pass(_)));
    // The next unknown one is refused at once.
    let bogus = Sent::bearer(&ED.token("bogus", &claims(json!({ "iss": A }))));
    let decision = gateway.decide(&bogus);
    assert!(
        matches!(&decision, Decision::Refuse(refusal) if refusal.reason == TokenSignatureKeyNotFound)
    );
    gateway.asked.clear();
    gateway.fetch();
    assert!(gateway.asked.is_empty());
}

#[test]
fn each_document_is_fetched_through_the_cluster_that_is_named_for_it() {
    let document = json!({
        "openid_configs": [{ "url": "https://a.example/config", "cluster": "a", "jwks_cluster": "keys" }],
        "jwks": [{ "url": "https://c.example/keys", "cluster": "c", "issuer": "c" }],
    });
    let mut gateway = Gateway::new(&document);
    gateway.publish(
        "https://a.example/config",
        json!({ "issuer": A, "jwks_uri": "https://keys.example/a" }),
    );
    gateway.publish("https://keys.example/a", ED.set("k"));
    gateway.publish("https://c.example/keys", OTHER.set("k"));
    gateway.fetch();
    let asked: Vec<(&str, &str)> = gateway
        .asked
        .iter()
        .map(|(address, cluster)| (address.as_str(), cluster.as_str()))
        .collect();
    assert_eq!(
        asked,
        [
            ("https://a.example/config", "a"),
            ("https://c.example/keys", "c"),
            ("https://keys.example/a", "keys"),
        ]
    );
    assert_eq!(gateway.judge(&from(ED, A)), None);
    assert_eq!(gateway.judge(&from(OTHER, "c")), None);
}

#[test]
fn a_key_set_on_another_host_without_a_cluster_of_its_own_is_not_fetched() {
    for (keys, said) in [
        ("https://keys.example/a", "jwks_cluster"),
        ("http://a.example/keys", "http although"),
        ("keys", "is no address"),
        ("https://user@a.example/keys", "is no address"),
    ] {
        let document =
            json!({ "openid_configs": [{ "url": format!("{A}/config"), "cluster": "a" }] });
        let mut gateway = Gateway::new(&document);
        gateway.publish(
            &format!("{A}/config"),
            json!({ "issuer": A, "jwks_uri": keys }),
        );
        gateway.fetch();
        assert_eq!(gateway.asked.len(), 1, "{:?}", gateway.asked);
        assert!(gateway.log.concat().contains(said), "{:?}", gateway.log);
        assert_eq!(gateway.judge(&from(ED, A)), Some(KeysUnavailable));
    }
}

#[test]
fn a_template_in_a_discovery_document_is_never_filled_and_warns() {
    let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
    let document = json!({ "openid_configs": [{ "url": format!("{A}/config"), "cluster": "a" }] });
    let mut gateway = Gateway::new(&document);
    let keys = format!("{A}/keys");
    gateway.publish(
        &format!("{A}/config"),
        json!({ "issuer": template, "jwks_uri": keys }),
    );
    gateway.publish(&keys, ED.set("k"));
    gateway.fetch();
    assert!(
        gateway
            .log
            .iter()
            .any(|line| line.contains("is a template") && line.contains("matches no token")),
        "{:?}",
        gateway.log
    );
    let tid = "11111111-2222-3333-4444-555555555555";
    for iss in [
        template.replace("{tenantid}", tid),
        template.replace("{tenantid}", ""),
        format!("https://sts.windows.net/{tid}/"),
    ] {
        let token = ED.token("k", &claims(json!({ "iss": iss, "tid": tid })));
        assert_eq!(gateway.judge(&token), Some(TokenIssuerNotAllowed), "{iss}");
    }
    // Not even as it stands.
    let literal = ED.token(
        "k",
        &claims(json!({ "iss": template, "tid": "{tenantid}" })),
    );
    assert_eq!(gateway.judge(&literal), Some(TokenIssuerNotAllowed));
}

#[test]
fn a_secret_in_a_fetched_set_is_no_key() {
    use crate::support::HS;
    let document = json!({
        "algorithms": ["HS256", "EdDSA"], "issuers": ["i"],
        "jwks": [{ "url": "https://a.example/keys", "cluster": "a" }],
    });
    let mut gateway = Gateway::new(&document);
    let set = json!({ "keys": [HS.jwk("h"), ED.jwk("k")] });
    gateway.publish("https://a.example/keys", set);
    gateway.fetch();
    assert_eq!(gateway.judge(&from(ED, "i")), None);
    let forged = HS.token("h", &claims(json!({ "iss": "i" })));
    assert_eq!(gateway.judge(&forged), Some(TokenSignatureKeyNotFound));
}
