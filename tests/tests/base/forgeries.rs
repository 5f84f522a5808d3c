//! Tokens that the provider never signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use validate_jwt_tests::{Connection, Gateway, Request, Signer, alter};

use crate::gateway::{WORKERS, is_unharmed, refuses_token, shared};

#[test]
fn a_token_altered_in_any_one_character_is_refused() {
    let gateway = shared();
    let token = gateway.token().sign();
    let mut connection = Connection::open(gateway.address());
    let path = "/altered";
    for (segment, text) in token.split('.').enumerate() {
        for position in 0..text.len() {
            let altered = alter(&token, segment, position);
            let response = connection.send(&Request::get(path).bearer(&altered));
            let challenge = response.header("www-authenticate").unwrap_or_default();
            assert_eq!(
                response.status, 401,
                "segment {segment}, character {position}: {response:?}"
            );
            assert!(
                challenge.contains(r#"error="invalid_token""#),
                "{challenge}"
            );
        }
    }
    assert_eq!(gateway.upstream.count_of(path), 0);
    is_unharmed(&gateway, "altered tokens");
}

#[test]
fn a_token_altered_after_it_was_remembered_is_refused() {
    let gateway = shared();
    let token = gateway.token().sign();
    for connection in &mut [(); WORKERS as usize * 2].map(|()| Connection::open(gateway.address()))
    {
        let request = Request::get("/").bearer(&token);
        assert_eq!(connection.send(&request).status, 200);
    }
    for (segment, reason) in [(1, None), (2, Some("token_signature_invalid"))] {
        let altered = alter(&token, segment, 40);
        if let Some(reason) = reason {
            refuses_token(&gateway, "a remembered token, altered", reason, altered);
        } else {
            let response = Request::get("/").bearer(altered).send(gateway.address());
            assert_eq!(response.status, 401);
        }
    }
    let half = &token[..token.len() / 2];
    refuses_token(
        &gateway,
        "half of a remembered token",
        "token_malformed",
        half,
    );
    let longer = format!("{token}AAAA");
    refuses_token(&gateway, "a longer one", "token_signature_invalid", longer);
}

#[test]
fn the_signature_of_another_token_is_refused() {
    let gateway = shared();
    let (one, other) = (
        gateway.token().sign(),
        gateway.token().claim("jti", "2").sign(),
    );
    let input = |token: &str| token.rsplit_once('.').expect("a signature").0.to_owned();
    let signature = |token: &str| token.rsplit_once('.').expect("a signature").1.to_owned();
    let mixed = format!("{}.{}", input(&one), signature(&other));
    refuses_token(&gateway, "mixed", "token_signature_invalid", mixed);
}

#[test]
fn another_key_under_the_name_of_a_known_one_is_refused() {
    let gateway = shared();
    let other = Signer::rsa("other").named("k1");
    let token = sign_with(&gateway, &other);
    refuses_token(&gateway, "other key", "token_signature_invalid", token);
}

#[test]
fn a_key_that_nobody_knows_is_refused_also_when_the_token_brings_it_along() {
    let gateway = shared();
    let other = Signer::rsa("other").named("unknown");
    let keys_url = gateway.provider.keys_url();
    let claims = gateway.token().claims().clone();
    for more in [
        json!({}),
        json!({"jwk": other.jwk()}),
        json!({"jku": keys_url}),
        json!({"x5u": keys_url, "x5c": [BASE64.encode(other.public_der())]}),
        json!({"kid": ""}),
        json!({"kid": "k1 "}),
        json!({"kid": "K1"}),
        json!({"kid": "../../k1"}),
    ] {
        let mut header = json!({"alg": "RS256", "kid": "unknown"});
        for (name, value) in more.as_object().expect("an object") {
            header[name] = value.clone();
        }
        let token = other.token(&header, &claims);
        let what = header.to_string();
        refuses_token(&gateway, &what, "token_signature_key_not_found", token);
    }
    // Without a name every key may be tried; none fits. The key in the header is not one of them.
    for header in [
        json!({"alg": "RS256"}),
        json!({"alg": "RS256", "jwk": other.jwk()}),
    ] {
        let token = other.token(&header, &claims);
        let what = header.to_string();
        refuses_token(&gateway, &what, "token_signature_invalid", token);
    }
}

#[test]
fn an_unsigned_token_is_refused_however_it_spells_none() {
    let gateway = shared();
    let good = gateway.token().sign();
    let signature = good.rsplit_once('.').expect("a signature").1;
    for alg in [
        "none",
        "None",
        "NONE",
        "nOnE",
        "none ",
        " none",
        "",
        "n\u{f6}ne",
        "null",
    ] {
        for signature in ["", signature, "AA", "AAAA"] {
            let header = json!({"typ": "JWT", "alg": alg, "kid": "k1"});
            let token = unsigned(&gateway, &header, signature);
            let what = format!("alg {alg:?}, signature {signature:?}");
            refuses_token(&gateway, &what, "algorithm_not_allowed", token);
        }
    }
    for (header, reason) in [
        (json!({"kid": "k1"}), "algorithm_not_allowed"),
        (json!({"kid": "k1", "alg": null}), "token_malformed"),
        (json!({"kid": "k1", "alg": ["RS256"]}), "token_malformed"),
        (json!({"kid": "k1", "alg": 256}), "token_malformed"),
        (json!({"kid": "k1", "alg": "RS256"}), "token_malformed"),
        (
            json!({"kid": "k1", "alg": "rs256"}),
            "algorithm_not_allowed",
        ),
        (
            json!({"kid": "k1", "alg": "RS257"}),
            "algorithm_not_allowed",
        ),
        (
            json!({"kid": "k1", "alg": "HS256"}),
            "algorithm_not_allowed",
        ),
        (
            json!({"kid": "k1", "ALG": "RS256"}),
            "algorithm_not_allowed",
        ),
    ] {
        let token = unsigned(&gateway, &header, "");
        refuses_token(&gateway, &header.to_string(), reason, token);
    }
}

#[test]
fn a_public_key_is_not_taken_for_a_secret() {
    let gateway = shared();
    for secret in secrets_of_public_key(&gateway.signer) {
        for algorithm in ["HS256", "HS384", "HS512"] {
            let signer = Signer::hmac("k1", secret.clone()).with_algorithm(algorithm);
            let token = sign_with(&gateway, &signer);
            refuses_token(&gateway, algorithm, "algorithm_not_allowed", token);
        }
    }
}

#[test]
fn a_public_key_is_not_taken_for_a_secret_where_secrets_are_accepted() {
    let gateway = Gateway::start_with(|builder, provider| {
        let mut policy = validate_jwt_tests::policy(provider);
        policy["algorithms"] = json!(["RS256", "HS256", "PS256", "ES256"]);
        builder.workers(WORKERS).config(&policy)
    });
    for secret in secrets_of_public_key(&gateway.signer) {
        let token = sign_with(&gateway, &Signer::hmac("k1", secret));
        refuses_token(&gateway, "HS256", "token_signature_key_not_found", token);
    }
    // The key set says what the key is for; a token signed by it in another way is none of its.
    let token = sign_with(&gateway, &gateway.signer.clone().with_algorithm("PS256"));
    refuses_token(&gateway, "PS256", "token_signature_key_not_found", token);
    let token = sign_with(&gateway, &Signer::ec256("k1"));
    refuses_token(&gateway, "ES256", "token_signature_key_not_found", token);
}

/// What an attacker could have a careless verifier use for a secret.
fn secrets_of_public_key(signer: &Signer) -> Vec<Vec<u8>> {
    let der = signer.public_der();
    let base64 = BASE64.encode(&der);
    let lines: Vec<&str> = (0..base64.len())
        .step_by(64)
        .map(|start| &base64[start..base64.len().min(start + 64)])
        .collect();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        lines.join("\n")
    );
    let jwk = signer.jwk();
    vec![
        pem.trim_end().as_bytes().to_vec(),
        pem.into_bytes(),
        der,
        base64.into_bytes(),
        jwk.to_string().into_bytes(),
        jwk["n"].as_str().expect("a modulus").as_bytes().to_vec(),
        vec![0],
    ]
}

fn sign_with(gateway: &Gateway, signer: &Signer) -> String {
    let header = json!({"typ": "JWT", "alg": signer.algorithm(), "kid": signer.kid()});
    signer.token(&header, gateway.token().claims())
}

fn unsigned(gateway: &Gateway, header: &Value, signature: &str) -> String {
    let token = gateway.signer.token(header, gateway.token().claims());
    let (input, _) = token.rsplit_once('.').expect("a signature");
    format!("{input}.{signature}")
}
