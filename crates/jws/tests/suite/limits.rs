//! Documents made to cost memory, time or stack.

use std::time::{Duration, Instant};

use serde_json::json;
use validate_jwt_jws::{
    Algorithm, JwkSetError, Key, MAX_DOCUMENT_BYTES, MAX_KEY_BYTES, MAX_KEYS, Origin, SkipReason,
    parse_jwk_set,
};

use crate::support::{jwk_of, key_for};

/// Smaller than the stack that a WebAssembly module has by default (1 MiB).
const SMALL_STACK: usize = 256 * 1024;

/// Ample for an unoptimised build on a busy machine; quadratic work would take minutes.
const AMPLE: Duration = Duration::from_secs(20);

fn good() -> String {
    jwk_of(&key_for(Algorithm::ES256)).to_string()
}

fn in_small_stack<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    std::thread::Builder::new()
        .stack_size(SMALL_STACK)
        .spawn(run)
        .unwrap()
        .join()
        .unwrap()
}

#[test]
fn a_document_is_read_up_to_its_limit() {
    let mut document = json!({ "keys": [] })
        .to_string()
        .replace("[]", &format!("[{}]", good()));
    document.push_str(&" ".repeat(MAX_DOCUMENT_BYTES - document.len()));
    assert!(parse_jwk_set(document.as_bytes(), Origin::Fetched).is_ok());
    document.push(' ');
    assert_eq!(
        parse_jwk_set(document.as_bytes(), Origin::Fetched).unwrap_err(),
        JwkSetError::TooLarge {
            bytes: MAX_DOCUMENT_BYTES + 1
        }
    );
}

#[test]
fn keys_are_read_up_to_their_number_and_the_rest_reported_once() {
    let keys = vec![good(); MAX_KEYS + 7].join(",");
    let set = parse_jwk_set(
        format!(r#"{{"keys":[{keys}]}}"#).as_bytes(),
        Origin::Fetched,
    )
    .unwrap();
    assert_eq!(set.keys.len(), MAX_KEYS);
    assert_eq!(set.skipped.len(), 1);
    assert_eq!(set.skipped[0].index, MAX_KEYS);
    assert_eq!(
        set.skipped[0].reason,
        SkipReason::TooManyKeys {
            found: MAX_KEYS + 7
        }
    );
}

#[test]
fn a_key_is_read_up_to_its_limit() {
    let padded = |len: usize| {
        let key = good();
        let filler = "x".repeat(len - key.len() - r#","a":"""#.len());
        format!(r#"{},"a":"{filler}"}}"#, &key[..key.len() - 1])
    };
    let (most, more) = (padded(MAX_KEY_BYTES), padded(MAX_KEY_BYTES + 1));
    assert_eq!(most.len(), MAX_KEY_BYTES);
    let set = parse_jwk_set(
        format!(r#"{{"keys":[{most},{more}]}}"#).as_bytes(),
        Origin::Fetched,
    )
    .unwrap();
    assert_eq!(set.keys.len(), 1);
    assert_eq!(
        set.skipped[0].reason,
        SkipReason::TooLarge {
            bytes: MAX_KEY_BYTES + 1
        }
    );
}

#[test]
fn deep_nesting_neither_overflows_the_stack_nor_spoils_other_keys() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let good = good();
        for document in [
            deep.clone(),
            open.repeat(100_000),
            format!(r#"{{"keys":{deep}}}"#),
            format!(r#"{{"keys":[{deep}]}}"#),
            format!(r#"{{"a":{deep}}}"#),
            format!(r#"{{"keys":[{{"kty":{deep}}}]}}"#),
        ] {
            in_small_stack(move || {
                assert!(parse_jwk_set(document.as_bytes(), Origin::Fetched).is_err());
            });
        }
        let deep = format!("{}1{}", open.repeat(5_000), close.repeat(5_000));
        let document = format!(
            r#"{{"keys":[{{"kty":{deep}}},{{"key_ops":{deep},"kty":"RSA"}},{good}],"a":{deep}}}"#
        );
        let set =
            in_small_stack(move || parse_jwk_set(document.as_bytes(), Origin::Fetched).unwrap());
        assert_eq!((set.keys.len(), set.skipped.len()), (1, 2));
    }
}

#[test]
fn hostile_documents_of_full_size_take_linear_time() {
    let fill = |piece: &str| piece.repeat((MAX_DOCUMENT_BYTES - 200) / piece.len());
    let list = |piece: &str| {
        let pieces = fill(&format!("{piece},"));
        format!(r#"{{"keys":[{}]}}"#, pieces.trim_end_matches(','))
    };
    let distinct: String = (0..80_000)
        .map(|number| format!(r#""{number:x}":0,"#))
        .collect();
    let in_key: String = (0..6_000)
        .map(|number| format!(r#""{number:x}":0,"#))
        .collect();
    let documents = [
        list("{}"),
        list("0"),
        list("[[]]"),
        list(r#""\u0000""#),
        format!(r#"{{{distinct}"keys":[]}}"#),
        format!(
            r#"{{"keys":[{}]}}"#,
            vec![format!("{{{in_key}\"kty\":\"RSA\"}}"); 12].join(",")
        ),
        format!(r#"{{"keys":[{{"kty":"RSA","n":{}}}]}}"#, "9".repeat(60_000)),
        format!(r#"{{"keys":{}}}"#, "9".repeat(1_000_000)),
        format!(
            r#"{{"keys":[{{"kty":"RSA","e":"AQAB","n":"{}"}}]}}"#,
            "A".repeat(60_000)
        ),
        format!(r#"{{"{}":1}}"#, fill("\\ud83d\\ude00")),
    ];
    for document in documents {
        assert!(document.len() <= MAX_DOCUMENT_BYTES, "{}", document.len());
        let start = Instant::now();
        assert!(parse_jwk_set(document.as_bytes(), Origin::Fetched).is_err());
        assert!(start.elapsed() < AMPLE, "{document:.60}");
    }
}

#[test]
fn a_document_with_one_changed_or_missing_byte_never_panics() {
    let document = format!(
        r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"a\n","alg":"EdDSA","use":"sig","key_ops":["verify"]}},{}]}}"#,
        good()
    );
    let bytes = document.as_bytes();
    for at in 0..bytes.len() {
        assert!(parse_jwk_set(&bytes[..at], Origin::Inline).is_err());
        for byte in [
            0x00, b'"', b'\\', b'{', b'}', b'[', b']', b',', b':', b'0', b'=', 0x80, 0xff,
        ] {
            let mut changed = bytes.to_vec();
            changed[at] = byte;
            let _ = parse_jwk_set(&changed, Origin::Inline);
        }
    }
}

#[test]
fn an_oversized_modulus_or_secret_costs_no_more_than_reading_it() {
    let start = Instant::now();
    assert!(Key::rsa(&vec![0xff; 1_000_000], &[3]).is_err());
    assert!(Key::rsa(&vec![0xff; 256], &vec![0xff; 1_000_000]).is_err());
    assert!(Key::hmac(vec![1; 1_000_000]).is_ok());
    assert!(start.elapsed() < AMPLE);
}
