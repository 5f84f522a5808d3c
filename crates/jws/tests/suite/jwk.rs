//! One key of a set: taken, or skipped with a reason while the others keep working.

use serde_json::{Value, json};
use validate_jwt_jws::{
    Algorithm, Jwk, JwkSet, Key, KeyError, MAX_KID_BYTES, Origin, SkipReason, parse_jwk_set,
};

use crate::support::{base64url, jwk_of, key_for};

/// The JWK of the public key for `algorithm`.
pub(crate) fn jwk(algorithm: Algorithm) -> Value {
    jwk_of(&key_for(algorithm))
}

/// A good key next to the one in question, so that the set always has one.
fn parse_beside_good(text: &str, origin: Origin) -> JwkSet {
    let good = jwk(Algorithm::ES256);
    let document = format!(r#"{{"keys":[{good},{text}]}}"#);
    parse_jwk_set(document.as_bytes(), origin).unwrap()
}

pub(crate) fn taken(text: &str) -> Jwk {
    let mut set = parse_beside_good(text, Origin::Fetched);
    assert_eq!(set.skipped, []);
    set.keys.pop().unwrap()
}

fn skipped(text: &str) -> SkipReason {
    let mut set = parse_beside_good(text, Origin::Fetched);
    assert_eq!(set.keys.len(), 1, "{text}");
    let skipped = set.skipped.pop().unwrap();
    assert_eq!(skipped.index, 1);
    skipped.reason
}

/// The RSA key with `member` set to `value`.
pub(crate) fn rsa_with(member: &str, value: Value) -> String {
    let mut key = jwk(Algorithm::RS256);
    key[member] = value;
    key.to_string()
}

fn rsa_without(member: &str) -> String {
    let mut key = jwk(Algorithm::RS256);
    key.as_object_mut().unwrap().remove(member);
    key.to_string()
}

#[test]
fn a_key_of_every_type_is_taken_with_what_it_says() {
    for algorithm in Algorithm::ALL.into_iter().filter(|a| !a.is_symmetric()) {
        let mut key = jwk(algorithm);
        key["kid"] = "a \u{1f511} \n key".into();
        key["alg"] = algorithm.name().into();
        key["use"] = "sig".into();
        key["key_ops"] = json!(["sign", "verify"]);
        key["issuer"] = "https://login.example/{tenantid}/v2.0".into();
        key["x5c"] = json!(["MII"]);
        key["unknown"] = json!({ "nested": [1, null, { "kty": "oct" }] });
        assert_eq!(
            taken(&key.to_string()),
            Jwk {
                kid: Some("a \u{1f511} \n key".into()),
                alg: Some(algorithm),
                issuer: Some("https://login.example/{tenantid}/v2.0".into()),
                key: key_for(algorithm),
            }
        );
    }
}

#[test]
fn the_fully_specified_name_permits_eddsa() {
    let mut key = jwk(Algorithm::EdDSA);
    key["alg"] = "Ed25519".into();
    assert!(taken(&key.to_string()).permits(Algorithm::EdDSA));
}

#[test]
fn a_key_for_encryption_is_skipped() {
    for used in ["enc", "", "SIG", "sig "] {
        assert_eq!(
            skipped(&rsa_with("use", used.into())),
            SkipReason::NotForSignatures { used: used.into() }
        );
    }
}

#[test]
fn a_key_whose_operations_lack_verify_is_skipped() {
    for operations in [
        json!([]),
        json!(["sign"]),
        json!(["encrypt", "wrapKey"]),
        json!(["Verify"]),
    ] {
        assert_eq!(
            skipped(&rsa_with("key_ops", operations)),
            SkipReason::NotForVerifying
        );
    }
    for operations in [
        json!("verify"),
        json!(null),
        json!([1, "verify"]),
        json!({ "verify": true }),
    ] {
        assert_eq!(
            skipped(&rsa_with("key_ops", operations)),
            SkipReason::NotAListOfStrings { member: "key_ops" }
        );
    }
}

#[test]
fn a_key_for_an_unknown_algorithm_is_skipped() {
    for alg in ["RSA-OAEP", "none", "rs256", "", "RS1"] {
        assert_eq!(
            skipped(&rsa_with("alg", alg.into())),
            SkipReason::UnknownAlgorithm { alg: alg.into() }
        );
    }
}

#[test]
fn a_key_whose_algorithm_contradicts_its_type_or_curve_is_skipped() {
    for (key, alg) in [
        (Algorithm::RS256, "ES256"),
        (Algorithm::RS256, "HS256"),
        (Algorithm::ES256, "ES384"),
        (Algorithm::ES384, "ES256"),
        (Algorithm::ES256, "RS256"),
        (Algorithm::EdDSA, "ES256"),
    ] {
        let mut text = jwk(key);
        text["alg"] = alg.into();
        assert!(
            matches!(
                skipped(&text.to_string()),
                SkipReason::AlgorithmMismatch { .. }
            ),
            "{alg}"
        );
    }
}

#[test]
fn a_member_of_the_wrong_type_skips_the_key() {
    for member in ["kty", "kid", "alg", "use", "n", "e", "issuer"] {
        for value in [
            json!(1),
            json!(true),
            json!(null),
            json!([]),
            json!(["RSA"]),
            json!({}),
            json!(1e300),
        ] {
            assert_eq!(
                skipped(&rsa_with(member, value)),
                SkipReason::NotAString { member },
            );
        }
    }
}

#[test]
fn a_key_without_what_it_needs_is_skipped() {
    for member in ["kty", "n", "e"] {
        assert_eq!(
            skipped(&rsa_without(member)),
            SkipReason::Missing { member }
        );
    }
    for (algorithm, member) in [
        (Algorithm::ES256, "crv"),
        (Algorithm::ES256, "x"),
        (Algorithm::ES384, "y"),
        (Algorithm::EdDSA, "crv"),
        (Algorithm::EdDSA, "x"),
    ] {
        let mut key = jwk(algorithm);
        key.as_object_mut().unwrap().remove(member);
        assert_eq!(skipped(&key.to_string()), SkipReason::Missing { member });
    }
}

#[test]
fn an_unknown_type_or_curve_skips_the_key() {
    for kty in ["rsa", "AKP", "", "RSA\0", "EC2"] {
        assert!(matches!(
            skipped(&rsa_with("kty", kty.into())),
            SkipReason::UnknownKeyType { .. }
        ));
    }
    for (algorithm, crv) in [
        (Algorithm::ES256, "P-521"),
        (Algorithm::ES256, "secp256k1"),
        (Algorithm::ES256, "p-256"),
        (Algorithm::ES256, "Ed25519"),
        (Algorithm::EdDSA, "Ed448"),
        (Algorithm::EdDSA, "X25519"),
        (Algorithm::EdDSA, "P-256"),
    ] {
        let mut key = jwk(algorithm);
        key["crv"] = crv.into();
        assert_eq!(
            skipped(&key.to_string()),
            SkipReason::UnknownCurve { crv: crv.into() }
        );
    }
}

#[test]
fn a_curve_that_contradicts_the_coordinates_skips_the_key() {
    let mut key = jwk(Algorithm::ES384);
    key["crv"] = "P-256".into();
    assert_eq!(
        skipped(&key.to_string()),
        SkipReason::Key(KeyError::CoordinateLength {
            expected: 32,
            found: 48
        })
    );
}

#[test]
fn only_base64url_without_padding_is_taken() {
    let n = jwk(Algorithm::RS256)["n"].as_str().unwrap().to_owned();
    for text in [
        format!("{n}="),
        format!("{n}=="),
        format!(" {n}"),
        format!("{n}\n"),
        format!("{n}+"),
        format!("{}/{}", &n[..4], &n[5..]),
        format!("{}\u{e9}", &n[..8]),
        "A".into(),
        "AB".into(),
    ] {
        assert_eq!(
            skipped(&rsa_with("n", text.into())),
            SkipReason::NotBase64Url { member: "n" }
        );
    }
}

#[test]
fn a_weak_or_broken_key_is_skipped() {
    for (n, expected) in [
        ("", KeyError::RsaModulusSize { bits: 0 }),
        ("AQAB", KeyError::RsaModulusSize { bits: 17 }),
    ] {
        assert_eq!(skipped(&rsa_with("n", n.into())), SkipReason::Key(expected));
    }
    for e in ["AQ", "Ag", ""] {
        assert_eq!(
            skipped(&rsa_with("e", e.into())),
            SkipReason::Key(KeyError::RsaExponent)
        );
    }
    let mut key = jwk(Algorithm::ES256);
    key["y"] = key["x"].clone();
    assert!(matches!(
        skipped(&key.to_string()),
        SkipReason::Key(KeyError::NotOnCurve(_))
    ));
    // A panic in another library: an Ed25519 key one byte too short.
    let mut key = jwk(Algorithm::EdDSA);
    key["x"] = base64url(&[9; 31]).into();
    assert!(matches!(
        skipped(&key.to_string()),
        SkipReason::Key(KeyError::CoordinateLength { .. })
    ));
}

#[test]
fn a_name_that_occurs_twice_skips_the_key() {
    let key = jwk(Algorithm::RS256).to_string();
    let with = |member: &str| format!("{},{member}}}", &key[..key.len() - 1]);
    for member in [
        r#""kty":"RSA""#,
        r#""\u006bty":"RSA""#,
        r#""n":"AQAB""#,
        r#""kid":"a","kid":"a""#,
        r#""x5t":1,"x5t":1"#,
    ] {
        assert!(
            matches!(skipped(&with(member)), SkipReason::DuplicateMember { .. }),
            "{member}"
        );
    }
}

#[test]
fn a_symmetric_key_is_skipped_when_fetched_and_taken_from_the_configuration() {
    let text = r#"{"kty":"oct","k":"c2VjcmV0","alg":"HS256","kid":"s"}"#;
    assert_eq!(skipped(text), SkipReason::FetchedSecret);
    let set = parse_beside_good(text, Origin::Inline);
    assert_eq!(set.keys[1].key, Key::hmac(b"secret".to_vec()).unwrap());
    assert_eq!(set.warnings, [] as [String; 0]);
}

#[test]
fn private_members_are_warned_of_and_not_shown() {
    let mut rsa = jwk(Algorithm::RS256);
    rsa["d"] = "c2VjcmV0".into();
    rsa["qi"] = 1.into();
    rsa["kid"] = "k1".into();
    let mut ec = jwk(Algorithm::ES256);
    ec["d"] = "c2VjcmV0".into();
    let set = parse_beside_good(&format!("{rsa},{ec}"), Origin::Fetched);
    assert_eq!((set.keys.len(), set.warnings.len()), (3, 2));
    assert!(set.warnings[0].contains("keys[1] (kid k1)") && set.warnings[0].contains("d, qi"));
    assert!(set.warnings[1].contains("keys[2] "));
    assert!(!set.warnings.concat().contains("c2VjcmV0"));
}

#[test]
fn any_kid_up_to_the_limit_is_taken_as_it_is() {
    for kid in [
        "",
        "../../etc/passwd",
        "' OR 1=1 --",
        "\0\r\n",
        "\u{202e}",
        &"k".repeat(MAX_KID_BYTES),
    ] {
        assert_eq!(
            taken(&rsa_with("kid", kid.into())).kid.as_deref(),
            Some(kid)
        );
    }
    assert_eq!(
        skipped(&rsa_with("kid", "k".repeat(MAX_KID_BYTES + 1).into())),
        SkipReason::TooLong {
            member: "kid",
            limit: MAX_KID_BYTES
        }
    );
}

#[test]
fn a_skipped_key_is_named_only_if_its_kid_is_short_and_printable() {
    let named = |kid: &str| {
        let mut key = jwk(Algorithm::RS256);
        key["kid"] = kid.into();
        key["use"] = "enc".into();
        parse_beside_good(&key.to_string(), Origin::Fetched).skipped[0].to_string()
    };
    assert_eq!(
        named("k-1"),
        r#"keys[1] (kid k-1): "use" is "enc", so the key is not for signatures"#
    );
    for kid in ["", "a b", "a\nb", "k\u{e9}", "\u{1b}[31m", &"k".repeat(65)] {
        assert!(named(kid).starts_with("keys[1]: "), "{kid:?}");
    }
}

#[test]
fn text_of_the_document_is_cut_and_made_printable_in_reasons() {
    let text = skipped(&rsa_with(
        "alg",
        format!("\r\n\u{1b}{}", "x".repeat(10_000)).into(),
    ))
    .to_string();
    assert!(text.len() < 120 && text.contains("???x"), "{text}");
}
