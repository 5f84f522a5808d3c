//! Where an explanation gets keys from.

use serde_json::{Value, json};
use validate_jwt_tests::{Behaviour, Endpoint, Provider, Signer, Token};

use super::{Files, entra, policy};
use crate::support::run;

/// The policy of one generic provider.
fn generic(url: &str) -> Value {
    json!({"openid_configs": [{"url": url, "cluster": "c"}], "audiences": ["api://numbers"]})
}

#[test]
fn without_keys_the_decision_is_that_of_a_filter_that_has_none() {
    let files = Files::new(&policy());
    let token = entra(&files.signer, &json!({})).sign();
    let explained = files.explain(&token, &[]);
    assert_eq!(explained["reason"], "keys_unavailable");
    assert_eq!(explained["response"]["status"], 503);
    assert_eq!(files.with_keys(&token)["decision"], "allow");
}

#[test]
fn a_key_set_is_given_to_the_source_of_an_issuer() {
    let document = json!({"audiences": ["api://numbers"], "openid_configs": [
        {"url": "https://a.example/.well-known/openid-configuration", "cluster": "a"},
        {"url": "https://b.example/t/.well-known/openid-configuration", "cluster": "b"},
    ]});
    let files = Files::new(&document);
    let empty = files.folder.file("empty.json", r#"{"keys":[]}"#);
    let token = |issuer: &str| {
        Token::new(issuer, &files.signer)
            .claim("nbf", 0)
            .claim("exp", 1_999_999_999)
            .sign()
    };
    let own = format!("https://b.example/t={}", files.keys);
    let other = format!("https://a.example/={empty}");
    let ask = |issuer: &str, jwks: &[&str]| files.explain(&token(issuer), jwks)["reason"].clone();
    assert_eq!(ask("https://b.example/t", &["--jwks", &own]), Value::Null);
    assert_eq!(
        ask("https://a.example/", &["--jwks", &own]),
        "keys_unavailable"
    );
    assert_ne!(
        ask("https://a.example/", &["--jwks", &own, "--jwks", &other]),
        Value::Null
    );
    // A key of one provider verifies no token of the other.
    let stolen = ask("https://a.example/", &["--jwks", &own, "--jwks", &other]);
    assert!(
        stolen == "token_signature_key_not_found" || stolen == "keys_unavailable",
        "{stolen}"
    );
    let wrong = format!("https://c.example={}", files.keys);
    let arguments = [
        "explain",
        "--config",
        &files.config,
        "--token",
        &token("x"),
        "--jwks",
        &wrong,
    ];
    assert_eq!(run(&arguments).status, 2);
}

#[test]
fn what_had_to_be_assumed_about_an_issuer_is_said() {
    let files = Files::new(&generic(
        "https://a.example/.well-known/openid-configuration",
    ));
    let token = Token::new("https://a.example", &files.signer)
        .claim("nbf", 0)
        .claim("exp", 1_999_999_999)
        .sign();
    let explained = files.with_keys(&token);
    assert_eq!(explained["decision"], "allow");
    assert!(
        explained["assumptions"][0]
            .as_str()
            .unwrap()
            .contains("the issuer https://a.example;"),
        "{explained:#}"
    );
    // Of a tenant that is a GUID everything is known.
    let files = Files::new(&policy());
    assert_eq!(
        files.with_keys(&entra(&files.signer, &json!({})).sign())["assumptions"],
        json!([])
    );
}

#[test]
fn documents_are_fetched_from_their_addresses_only_on_demand() {
    let signer = Signer::rsa("k1");
    let provider = Provider::with_keys([signer.jwk()]);
    let files = Files::new(&generic(&provider.discovery_url()));
    let token = Token::new(&provider.issuer(), &signer).sign();
    let ask = |more: &[&str]| {
        let arguments = [
            "explain",
            "--format",
            "json",
            "--config",
            &files.config,
            "--token",
            &token,
        ];
        run(&[&arguments, more].concat())
    };
    assert_eq!(ask(&[]).json()["reason"], "keys_unavailable");
    assert_eq!(provider.requests().len(), 0);
    assert_eq!(ask(&["--fetch"]).json()["decision"], "allow");
    assert_eq!(
        (
            provider.count(Endpoint::Discovery),
            provider.count(Endpoint::Keys)
        ),
        (1, 1)
    );

    for behaviour in [
        Behaviour::Status(500),
        Behaviour::Redirect(provider.keys_url()),
        Behaviour::huge(400_000),
        Behaviour::json("[]"),
    ] {
        provider.on(Endpoint::Keys, behaviour.clone());
        let explained = ask(&["--fetch"]).json();
        assert_eq!(explained["reason"], "keys_unavailable", "{behaviour:?}");
        assert!(
            !explained["key_problems"].as_array().unwrap().is_empty(),
            "{behaviour:?}"
        );
    }
    provider.on_all(&Behaviour::Close);
    let failed = ask(&["--fetch"]);
    assert_eq!(failed.status, 2);
    assert!(
        failed.stderr.contains("cannot be reached"),
        "{}",
        failed.stderr
    );
}

#[test]
fn a_slow_provider_is_given_up_after_the_configured_time() {
    let provider = Provider::start();
    provider.on_all(&Behaviour::Hang);
    let mut document = generic(&provider.discovery_url());
    document["keys"] = json!({"fetch_timeout": 1});
    let files = Files::new(&document);
    let token = Token::new(&provider.issuer(), &files.signer).sign();
    let failed = run(&[
        "explain",
        "--config",
        &files.config,
        "--token",
        &token,
        "--fetch",
    ]);
    assert_eq!(failed.status, 2);
    assert!(failed.stderr.contains("within 1 s"), "{}", failed.stderr);
}
