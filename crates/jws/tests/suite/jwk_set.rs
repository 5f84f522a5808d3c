//! The document as a whole.

use serde_json::{Value, json};
use validate_jwt_jws::{Algorithm, JwkSetError, Origin, Resemblance, SkipReason, parse_jwk_set};

use crate::support::{jwk_of, key_for};

fn good() -> Value {
    let mut key = jwk_of(&key_for(Algorithm::RS256));
    key["kid"] = "good".into();
    key
}

fn error(document: impl AsRef<[u8]>) -> JwkSetError {
    parse_jwk_set(document.as_ref(), Origin::Fetched).unwrap_err()
}

#[test]
fn bad_keys_do_not_spoil_the_good_one() {
    let document = json!({
        "keys": [
            null, true, 1, "x", [], {}, [good()], { "kty": "RSA" }, { "kty": 1 }, good(),
            { "kty": "RSA", "use": "enc", "kid": "good" },
        ],
        "other": { "keys": [good()] },
    });
    let set = parse_jwk_set(document.to_string().as_bytes(), Origin::Fetched).unwrap();
    assert_eq!(set.keys.len(), 1);
    assert_eq!(set.keys[0].kid.as_deref(), Some("good"));
    assert_eq!(set.skipped.len(), 10);
    let indexes: Vec<_> = set.skipped.iter().map(|key| key.index).collect();
    assert_eq!(indexes, [0, 1, 2, 3, 4, 5, 6, 7, 8, 10]);
    assert_eq!(set.skipped[0].reason, SkipReason::NotAnObject);
}

#[test]
fn keys_with_the_same_kid_are_all_taken_in_order() {
    let mut other = jwk_of(&key_for(Algorithm::ES256));
    other["kid"] = "good".into();
    let document = json!({ "keys": [good(), other, good()] }).to_string();
    let set = parse_jwk_set(document.as_bytes(), Origin::Fetched).unwrap();
    let types: Vec<_> = set.keys.iter().map(|jwk| jwk.key.description()).collect();
    assert_eq!(types, ["RSA 2048", "EC P-256", "RSA 2048"]);
}

#[test]
fn white_space_is_taken_wherever_json_allows_it() {
    let document = format!(
        " \r\n\t{{ \"keys\" :\n[ {} \t, {} ] , \"a\" : 1 }}\n ",
        good(),
        good()
    );
    let set = parse_jwk_set(document.as_bytes(), Origin::Fetched).unwrap();
    assert_eq!(set.keys.len(), 2);
}

#[test]
fn a_document_that_is_not_json_is_refused() {
    let key = good();
    for document in [
        String::new(),
        " ".into(),
        "{".into(),
        r#"{"keys":["#.into(),
        format!(r#"{{"keys":[{key}]"#),
        format!(r#"{{"keys":[{key},]}}"#),
        format!(r#"{{"keys":[{key}],}}"#),
        format!(r#"{{"keys":[{key}]}}x"#),
        format!(r#"{{"keys":[{key}]}}{{}}"#),
        format!(r#"{{"keys":[{key}] /* c */}}"#),
        format!(r#"{{'keys':[{key}]}}"#),
        format!(r#"{{"keys":[{key}],"n":NaN}}"#),
        format!(r#"{{"keys":[{key}],"n":01}}"#),
        format!("{{\"keys\":[{key}],\"n\":\"\n\"}}"),
    ] {
        assert!(
            matches!(
                error(&document),
                JwkSetError::NotJson { is_html: false, .. }
            ),
            "{document:.40}"
        );
    }
}

#[test]
fn what_is_served_instead_of_a_key_set_is_named() {
    let cases: [(&[u8], JwkSetError, &str); 10] = [
        (
            b"<!doctype html><html>",
            JwkSetError::NotJson {
                line: 1,
                column: 1,
                is_html: true,
            },
            "web page",
        ),
        (b"[]", JwkSetError::NotAnObject, "object"),
        (b"null", JwkSetError::NotAnObject, "object"),
        (b"\"keys\"", JwkSetError::NotAnObject, "object"),
        (
            b"{}",
            JwkSetError::NoKeys {
                looks_like: Resemblance::Other,
            },
            "no \"keys\"",
        ),
        (
            br#"{"issuer":"i","jwks_uri":"u"}"#,
            JwkSetError::NoKeys {
                looks_like: Resemblance::Metadata,
            },
            "jwks_uri",
        ),
        (
            br#"{"kty":"RSA"}"#,
            JwkSetError::NoKeys {
                looks_like: Resemblance::Key,
            },
            "one key",
        ),
        (
            br#"{"Keys":[]}"#,
            JwkSetError::NoKeys {
                looks_like: Resemblance::Other,
            },
            "no \"keys\"",
        ),
        (br#"{"keys":{}}"#, JwkSetError::KeysNotAList, "not a list"),
        (br#"{"keys":[ ]}"#, JwkSetError::Empty, "empty"),
    ];
    for (document, expected, text) in cases {
        assert_eq!(error(document), expected);
        assert!(expected.to_string().contains(text), "{expected}");
    }
    assert_eq!(error(b"\x1f\x8b\x08\x00"), JwkSetError::Compressed);
    for keys in ["null", "\"\"", "1", "true"] {
        assert_eq!(
            error(format!(r#"{{"keys":{keys}}}"#)),
            JwkSetError::KeysNotAList
        );
    }
}

#[test]
fn encodings_other_than_plain_utf8_are_refused() {
    let document = json!({ "keys": [good()] }).to_string();
    assert_eq!(
        error(format!("\u{feff}{document}")),
        JwkSetError::ByteOrderMark
    );
    let utf16: Vec<u8> = document.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(matches!(error(utf16), JwkSetError::NotJson { .. }));
    let latin1 = document
        .replace("good", "g\u{e9}")
        .replace('\u{e9}', "\x01")
        .into_bytes();
    let latin1: Vec<u8> = latin1
        .into_iter()
        .map(|byte| if byte == 1 { 0xe9 } else { byte })
        .collect();
    assert_eq!(error(latin1), JwkSetError::NotUtf8);
}

#[test]
fn keys_that_occurs_twice_refuses_the_set() {
    for second in [r#""keys":[]"#, r#""\u006beys":null"#] {
        let document = format!(r#"{{"keys":[{}],{second}}}"#, good());
        assert_eq!(error(document), JwkSetError::DuplicateKeys);
    }
}

#[test]
fn a_set_without_a_usable_key_says_why() {
    let document = json!({ "keys": [
        { "kty": "RSA", "kid": "a", "use": "enc" }, { "kty": "oct", "k": "AA" }, 1, 2, 3,
    ] });
    let error = error(document.to_string());
    let JwkSetError::NoUsableKey { skipped } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(skipped.len(), 5);
    let text = error.to_string();
    assert!(
        text.contains("keys[0] (kid a): \"use\" is \"enc\""),
        "{text}"
    );
    assert!(text.contains("keys[1]: a symmetric key"), "{text}");
    assert!(
        text.ends_with("keys[2]: not a JSON object; and 2 more"),
        "{text}"
    );
}

#[test]
fn a_lone_surrogate_spoils_only_its_key() {
    let document = format!(r#"{{"keys":[{{"kty":"RSA","kid":"\ud800"}},{}]}}"#, good());
    let set = parse_jwk_set(document.as_bytes(), Origin::Fetched).unwrap();
    assert_eq!(
        set.skipped[0].reason,
        SkipReason::NotAString { member: "kid" }
    );
    assert_eq!(set.keys.len(), 1);
}
