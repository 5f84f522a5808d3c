//! The form of a token: parts, encoding, header, payload.

use serde_json::{Value, json};
use validate_jwt::Reason::{self, AlgorithmNotAllowed, TokenMalformed, TokenTooLarge};

use crate::support::{ED, Gateway, NOW, Sent, base64url, token};

const HEADER: &str = r#"{"alg":"EdDSA","kid":"k"}"#;
const PAYLOAD: &[u8] = br#"{"exp":1900000000}"#;

fn judge(token: &str) -> Option<Reason> {
    Gateway::with(json!({})).judge(token)
}

#[test]
fn the_forms_that_follow_are_wrong_by_what_each_changes_alone() {
    assert_eq!(judge(&ED.token_of(HEADER, PAYLOAD)), None);
}

#[test]
fn a_token_has_three_parts_of_unpadded_base64url_and_nothing_else() {
    let good = ED.token_of(HEADER, PAYLOAD);
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!()
    };
    let mut wrong = vec![
        ".".into(),
        "..".into(),
        "...".into(),
        "x".into(),
        header.into(),
        format!("{header}.{payload}"),
        format!("{header}.{payload}."),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{good}."),
        format!(".{good}"),
        format!("{header}..{payload}.{signature}"),
        format!("{good}.{signature}"),
        format!("{good}.{signature}.{signature}"),
        format!("{header}.{payload}.{signature}=="),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}%2e{signature}"),
        format!("{header}.{payload}.{signature}AAA"),
        format!("{header}.{payload}.{signature}\u{e9}"),
        format!("{header}.{payload}.{signature}\0"),
        format!("{header}.{payload}.{signature}\n"),
        format!("{header} .{payload}.{signature}"),
        format!("{{\"payload\":\"{payload}\"}}"),
        ".".repeat(4000),
    ];
    // A 64-byte signature ends in a letter with four unused bits.
    let last = signature.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let next = alphabet.find(last).unwrap() + 1;
    wrong.push(format!(
        "{header}.{payload}.{}{}",
        &signature[..signature.len() - 1],
        &alphabet[next..=next]
    ));
    for token in wrong {
        assert_eq!(judge(&token), Some(TokenMalformed), "{token:?}");
    }
    for (from, to) in [('-', '+'), ('_', '/')] {
        // A payload whose encoding has both letters.
        let good = ED.token_of(
            HEADER,
            "{\"exp\":1900000000,\"a\":\"???>>>~~~ÿÿ\"}".as_bytes(),
        );
        let changed = good.replace(from, &to.to_string());
        if changed != good {
            assert_eq!(judge(&changed), Some(TokenMalformed));
        }
    }
}

#[test]
fn bytes_that_are_no_text_are_malformed_wherever_they_stand() {
    let mut gateway = Gateway::with(json!({}));
    let sent = Sent::get("/").header("authorization", b"Bearer \xff\xfe.\xff.\xff");
    assert_eq!(gateway.refused(&sent), Some(TokenMalformed));
    let mut payload = PAYLOAD.to_vec();
    payload.insert(2, 0xff);
    assert_eq!(judge(&ED.token_of(HEADER, &payload)), Some(TokenMalformed));
    assert_eq!(
        judge(&ED.token_of("\u{feff}{\"alg\":\"EdDSA\"}", PAYLOAD)),
        Some(TokenMalformed)
    );
}

#[test]
fn header_and_payload_are_one_json_object_each() {
    for wrong in [
        "",
        "[]",
        "null",
        "5",
        "\"x\"",
        "{",
        "{}{}",
        "{} x",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":NaN}",
        "{\"a\":01}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":+1}",
        "{/**/}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\\ud800\"}",
        "{\"a\":\"\t\"}",
        "{\"a\":\"\\x41\"}",
        "{a:1}",
    ] {
        assert_eq!(
            judge(&ED.token_of(HEADER, wrong.as_bytes())),
            Some(TokenMalformed),
            "{wrong}"
        );
        assert_eq!(
            judge(&ED.token_of(wrong, PAYLOAD)),
            Some(TokenMalformed),
            "{wrong}"
        );
    }
    // A nested token: the payload is no claim set.
    let inner = token(json!({}));
    let outer = ED.token_of(r#"{"alg":"EdDSA","kid":"k","cty":"JWT"}"#, inner.as_bytes());
    assert_eq!(judge(&outer), Some(TokenMalformed));
}

#[test]
fn a_member_that_occurs_twice_is_refused_at_every_depth() {
    for payload in [
        r#"{"exp":1900000000,"aud":"a","aud":"b"}"#,
        r#"{"exp":1900000000,"exp":1900000000}"#,
        r#"{"exp":1900000000,"\u0065xp":1900000001}"#,
        r#"{"exp":1900000000,"o":{"a":1,"a":1}}"#,
        r#"{"exp":1900000000,"l":[[{"a":1,"b":2,"a":1}]]}"#,
    ] {
        assert_eq!(
            judge(&ED.token_of(HEADER, payload.as_bytes())),
            Some(TokenMalformed),
            "{payload}"
        );
    }
    for header in [
        r#"{"alg":"EdDSA","kid":"k","alg":"EdDSA"}"#,
        r#"{"alg":"none","kid":"k","alg":"EdDSA"}"#,
        r#"{"alg":"EdDSA","kid":"x","k\u0069d":"k"}"#,
        r#"{"alg":"EdDSA","kid":"k","jwk":{"a":1,"a":2}}"#,
    ] {
        assert_eq!(
            judge(&ED.token_of(header, PAYLOAD)),
            Some(TokenMalformed),
            "{header}"
        );
    }
    // Many members are searched in another way than few.
    let many: String = (0..100).map(|n| format!(",\"m{n}\":{n}")).collect();
    let payload = format!("{{\"exp\":1900000000{many}}}");
    assert_eq!(judge(&ED.token_of(HEADER, payload.as_bytes())), None);
    let payload = format!("{{\"exp\":1900000000{many},\"m50\":0}}");
    assert_eq!(
        judge(&ED.token_of(HEADER, payload.as_bytes())),
        Some(TokenMalformed)
    );
}

#[test]
fn nesting_ends_at_thirty_two_levels() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        format!("{{\"exp\":1900000000,\"l\":{open}{close}}}")
    };
    assert_eq!(judge(&ED.token_of(HEADER, nested(32).as_bytes())), None);
    for levels in [33, 128, 5000] {
        assert_eq!(
            judge(&ED.token_of(HEADER, nested(levels).as_bytes())),
            Some(TokenMalformed)
        );
    }
}

#[test]
fn what_a_header_asks_for_and_nobody_here_does_is_refused() {
    let header = |member: &str| format!(r#"{{"alg":"EdDSA","kid":"k",{member}}}"#);
    for wrong in [
        r#""crit":["exp"],"exp":1"#,
        r#""crit":["b64"],"b64":true"#,
        r#""crit":[]"#,
        r#""crit":"exp""#,
        r#""crit":null"#,
        r#""crit":["alg"]"#,
        r#""b64":false"#,
        r#""b64":"false""#,
        r#""b64":null"#,
        r#""typ":5"#,
        r#""typ":null"#,
        r#""typ":["JWT"]"#,
    ] {
        assert_eq!(
            judge(&ED.token_of(&header(wrong), PAYLOAD)),
            Some(TokenMalformed),
            "{wrong}"
        );
    }
    for harmless in [
        r#""b64":true"#,
        r#""typ":"anything""#,
        r#""jku":"https://evil.example/keys""#,
        r#""x5u":"https://evil.example","x5c":["AA"],"x5t":5"#,
        r#""cty":"x","nonce":"y","zip":"DEF""#,
    ] {
        assert_eq!(
            judge(&ED.token_of(&header(harmless), PAYLOAD)),
            None,
            "{harmless}"
        );
    }
}

#[test]
fn a_kid_is_a_text_of_bounded_length() {
    for kid in [json!(5), json!(null), json!(["k"]), json!({}), json!(true)] {
        let header = json!({ "alg": "EdDSA", "kid": kid }).to_string();
        assert_eq!(judge(&ED.token_of(&header, PAYLOAD)), Some(TokenMalformed));
    }
    for (length, reason) in [
        (1024, Reason::TokenSignatureKeyNotFound),
        (1025, TokenMalformed),
    ] {
        let header = json!({ "alg": "EdDSA", "kid": "k".repeat(length) }).to_string();
        assert_eq!(judge(&ED.token_of(&header, PAYLOAD)), Some(reason));
    }
}

#[test]
fn an_algorithm_is_named_by_a_text_and_none_is_no_algorithm() {
    let unsigned = |alg: &str| {
        let header = json!({ "alg": alg, "kid": "k" }).to_string();
        format!("{}.{}.", base64url(header.as_bytes()), base64url(PAYLOAD))
    };
    for none in ["none", "None", "NONE", "nOnE", ""] {
        assert_eq!(judge(&unsigned(none)), Some(AlgorithmNotAllowed), "{none}");
        let header = json!({ "alg": none, "kid": "k" }).to_string();
        assert_eq!(
            judge(&ED.token_of(&header, PAYLOAD)),
            Some(AlgorithmNotAllowed)
        );
    }
    for (alg, reason) in [
        (json!(null), TokenMalformed),
        (json!(["EdDSA"]), TokenMalformed),
        (json!(0), TokenMalformed),
        (json!("eddsa"), AlgorithmNotAllowed),
        (json!("EdDSA "), AlgorithmNotAllowed),
        (json!("HS256"), AlgorithmNotAllowed),
    ] {
        let header = json!({ "alg": alg, "kid": "k" }).to_string();
        assert_eq!(judge(&ED.token_of(&header, PAYLOAD)), Some(reason), "{alg}");
    }
    assert_eq!(
        judge(&ED.token_of(r#"{"kid":"k"}"#, PAYLOAD)),
        Some(AlgorithmNotAllowed)
    );
    // The empty signature of an algorithm that is accepted.
    assert_eq!(judge(&unsigned("EdDSA")), Some(TokenMalformed));
}

#[test]
fn a_token_is_refused_unread_from_one_byte_over_the_limit() {
    let sized = |bytes: usize| {
        let with = |pad: usize| token(json!({ "pad": "x".repeat(pad) }));
        // Padding is found by trial: base64 takes three bytes to four.
        (0..=bytes)
            .rev()
            .find(|pad| with(*pad).len() == bytes)
            .map(with)
    };
    for limit in [256_usize, 1000] {
        let mut gateway = Gateway::with(json!({ "max_token_bytes": limit }));
        let exact = (0..4)
            .find_map(|less| sized(limit - less))
            .expect("a token of this size");
        assert_eq!(gateway.judge(&exact), None, "{}", exact.len());
        let long = "x".repeat(limit + 1);
        assert_eq!(gateway.judge(&long), Some(TokenTooLarge));
        assert_eq!(gateway.judge(&long[1..]), Some(TokenMalformed));
    }
    let mut gateway = Gateway::with(json!({}));
    assert_eq!(gateway.judge(&"x".repeat(16_385)), Some(TokenTooLarge));
    assert_eq!(gateway.judge(&"x".repeat(16_384)), Some(TokenMalformed));
    let large = token(json!({ "groups": vec!["11111111-2222-3333-4444-555555555555"; 200] }));
    assert!(large.len() > 10_000);
    assert_eq!(gateway.judge(&large), None);
}

#[test]
fn a_changed_byte_anywhere_is_refused() {
    let good = token(json!({ "sub": "s" }));
    let mut gateway = Gateway::with(json!({}));
    assert_eq!(gateway.judge(&good), None);
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(gateway.judge(&changed).is_some(), "byte {at}: {changed}");
    }
}

#[test]
fn dates_are_numbers_of_any_size_and_nothing_else() {
    let judge = |name: &str, text: &str| {
        let rest = if name == "exp" {
            ""
        } else {
            ",\"exp\":1900000000"
        };
        let payload = format!("{{\"{name}\":{text}{rest}}}");
        judge(&ED.token_of(HEADER, payload.as_bytes()))
    };
    for name in ["exp", "nbf", "iat"] {
        for wrong in [
            "null",
            "\"1900000000\"",
            "true",
            "[1900000000]",
            "{}",
            "1e400",
            "-1e400",
        ] {
            assert_eq!(judge(name, wrong), Some(TokenMalformed), "{name}: {wrong}");
        }
    }
    for far in [
        "4294967296",
        "9007199254740993",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551616",
        "1e300",
        "1.9e9",
    ] {
        assert_eq!(judge("exp", far), None, "{far}");
    }
    for past in ["0", "-1", "-9223372036854775809", "-1e300", "1e-300", "1"] {
        assert_eq!(judge("exp", past), Some(Reason::TokenExpired), "{past}");
        assert_eq!(judge("nbf", past), None, "{past}");
    }
    for future in ["4294967296", "1e300", "18446744073709551616"] {
        assert_eq!(
            judge("nbf", future),
            Some(Reason::TokenNotYetValid),
            "{future}"
        );
    }
    let iat: Value = json!(NOW + 100_000);
    assert_eq!(judge("iat", &iat.to_string()), None);
}
