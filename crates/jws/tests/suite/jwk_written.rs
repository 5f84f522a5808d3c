//! A key written as a JWK, to be stored and read back.

use validate_jwt_jws::{Algorithm, Jwk};

use crate::jwk::{jwk, rsa_with, taken};
use crate::support::{base64url, from_base64url, key_for};

#[test]
fn a_written_key_is_read_back_as_it_was() {
    for algorithm in Algorithm::ALL.into_iter().filter(|a| !a.is_symmetric()) {
        for alg in [None, Some(algorithm)] {
            let written = Jwk {
                kid: alg.map(|_| "k\"1".into()),
                alg,
                issuer: alg.map(|_| "i".into()),
                key: key_for(algorithm),
            };
            assert_eq!(taken(&serde_json::to_string(&written).unwrap()), written);
        }
    }
}

#[test]
fn a_written_key_has_the_public_members_only() {
    let names = |algorithm| {
        let mut names: Vec<String> = jwk(algorithm)
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        names.sort();
        names.join(" ")
    };
    assert_eq!(names(Algorithm::RS256), "e kty n");
    assert_eq!(names(Algorithm::ES384), "crv kty x y");
    assert_eq!(names(Algorithm::EdDSA), "crv kty x");
}

#[test]
fn leading_zeros_of_an_rsa_key_are_not_written_back() {
    let n = from_base64url(jwk(Algorithm::RS256)["n"].as_str().unwrap());
    let padded = rsa_with("n", base64url(&[&[0, 0], &n[..]].concat()).into());
    let written = serde_json::to_value(taken(&padded)).unwrap();
    assert_eq!(written["n"], jwk(Algorithm::RS256)["n"]);
    assert_eq!(written["e"], "AQAB");
}
