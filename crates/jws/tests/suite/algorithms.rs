//! Names, and a round trip of every algorithm.

use std::collections::BTreeSet;

use jwt_compact::alg::{Hs256, Hs256Key};
use jwt_compact::{AlgorithmExt as _, Claims, Header, UntrustedToken};
use validate_jwt_jws::{Algorithm, Hash, Key, NoHostCrypto, Verifier};

use crate::support::{EnvoyLikeHost, base64url, key_for, sign, verifies};

#[test]
fn every_algorithm_verifies_what_aws_lc_signs() {
    for algorithm in Algorithm::ALL {
        for message in [&b""[..], b"a.b", &[0xff; 5000]] {
            let signature = sign(algorithm, message);
            assert!(
                verifies(&key_for(algorithm), algorithm, message, &signature),
                "{algorithm}"
            );
        }
    }
}

#[test]
fn a_name_and_its_algorithm_belong_together() {
    let names: BTreeSet<_> = Algorithm::ALL.iter().map(|a| a.name()).collect();
    assert_eq!(names.len(), Algorithm::ALL.len());
    for algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::from_name(algorithm.name()), Some(algorithm));
        assert_eq!(algorithm.to_string(), algorithm.name());
    }
}

#[test]
fn the_fully_specified_name_of_rfc_9864_is_eddsa() {
    assert_eq!(Algorithm::from_name("Ed25519"), Some(Algorithm::EdDSA));
}

#[test]
fn no_other_spelling_names_an_algorithm() {
    let names = [
        "",
        "none",
        "None",
        "NONE",
        "nOnE",
        "rs256",
        "Rs256",
        "RS256 ",
        " RS256",
        "RS256\0",
        "RS-256",
        "RS2560",
        "HS1",
        "ES512",
        "ES256K",
        "eddsa",
        "EDDSA",
        "ed25519",
        "Ed448",
        "RSA-OAEP",
        "A128KW",
        "RS\u{ff12}56",
    ];
    for name in names {
        assert_eq!(Algorithm::from_name(name), None, "{name:?}");
    }
}

#[test]
fn hashes_have_the_names_that_envoy_takes() {
    assert_eq!(
        [Hash::Sha256, Hash::Sha384, Hash::Sha512].map(Hash::name),
        ["sha256", "sha384", "sha512"]
    );
}

#[test]
fn a_token_of_jwt_compact_validates_with_a_key_chosen_at_run_time() {
    let secret = [7; 64];
    let token = Hs256
        .token(
            &Header::empty(),
            &Claims::new(serde_json::json!({ "sub": "a" })),
            &Hs256Key::new(secret),
        )
        .unwrap();
    let token = UntrustedToken::new(&token).unwrap();
    let valid = |algorithm, key: &Key| {
        Verifier::new(algorithm, &NoHostCrypto)
            .validator::<serde_json::Value>(key)
            .validate(&token)
            .is_ok()
    };
    assert!(valid(
        Algorithm::HS256,
        &Key::hmac(secret.to_vec()).unwrap()
    ));
    assert!(!valid(Algorithm::HS256, &Key::hmac(vec![8; 64]).unwrap()));
    assert!(!valid(
        Algorithm::HS512,
        &Key::hmac(secret.to_vec()).unwrap()
    ));
    assert!(!valid(Algorithm::HS256, &key_for(Algorithm::RS256)));
}

#[test]
fn a_token_signed_elsewhere_validates_by_the_host() {
    let header_and_claims = format!(
        "{}.{}",
        base64url(br#"{"alg":"RS256"}"#),
        base64url(br#"{"sub":"a"}"#)
    );
    let signature = sign(Algorithm::RS256, header_and_claims.as_bytes());
    let token = format!("{header_and_claims}.{}", base64url(&signature));
    let host = EnvoyLikeHost::default();
    let token = UntrustedToken::new(&token).unwrap();
    Verifier::new(Algorithm::RS256, &host)
        .validator::<serde_json::Value>(&key_for(Algorithm::RS256))
        .validate(&token)
        .unwrap();
    assert_eq!(host.calls(), 1);
}
