//! What is no compact JWS in its one spelling.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::json;
use validate_jwt_tests::{Gateway, Request};

use crate::gateway::{refuses_token, rejects, shared};

#[test]
fn anything_but_three_parts_is_refused() {
    let gateway = shared();
    let good = gateway.token().sign();
    let parts: Vec<&str> = good.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("three parts")
    };
    for token in [
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{signature}"),
        // A JWE has five parts.
        format!("{header}.{payload}.{signature}.{payload}.{signature}"),
        "....".to_owned(),
        "..".to_owned(),
        ".".to_owned(),
        format!("{header}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{header}.{payload}."),
        "x".to_owned(),
        "a.b.c".to_owned(),
        ".".repeat(10_000),
    ] {
        refuses_token(&gateway, &token, "token_malformed", &token);
    }
}

#[test]
fn base64url_is_read_in_its_one_spelling_only() {
    let gateway = shared();
    let token = token_with_both_special_characters(&gateway);
    let (input, signature) = token.rsplit_once('.').expect("a signature");
    let (header, payload) = input.split_once('.').expect("a payload");
    for token in [
        token.replace('-', "+"),
        token.replace('_', "/"),
        format!("{token}="),
        format!("{token}=="),
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}==.{signature}"),
        format!("{header}.{payload}.={signature}"),
        format!("{header}.{payload} .{signature}"),
        format!("{header}.\t{payload}.{signature}"),
        format!("{header} {payload} {signature}"),
        format!("{header}.{payload}.{} {}", &signature[..9], &signature[9..]),
        format!("{token} {token}"),
        format!("{token};"),
        format!("\"{token}\""),
        token.replace('.', "%2E"),
        with_stray_bits(&token),
    ] {
        refuses_token(&gateway, &token, "token_malformed", &token);
    }
    let response = Request::get("/").bearer(&token).send(gateway.address());
    assert_eq!(response.status, 200, "{response:?}");
}

#[test]
fn parts_that_are_no_json_objects_are_refused() {
    let gateway = shared();
    let header = json!({"alg": "RS256", "kid": "k1"})
        .to_string()
        .into_bytes();
    let claims = gateway.token().claims().to_string().into_bytes();
    let with_byte = |text: &[u8], byte: u8| {
        let mut text = text.to_vec();
        let last = text.len() - 1;
        text.splice(last..last, [b',', b'"', byte, b'"', b':', b'1']);
        text
    };
    let nested = |depth: usize| {
        let deep = ["[".repeat(depth), "]".repeat(depth)].concat();
        let text = String::from_utf8(claims.clone()).expect("text");
        format!(r#"{},"x":{deep}}}"#, &text[..text.len() - 1]).into_bytes()
    };
    let bad: Vec<Vec<u8>> = vec![
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"RS256\"".to_vec(),
        b"{".to_vec(),
        b"{}}".to_vec(),
        b"{\"a\":}".to_vec(),
        b"{'alg':'RS256'}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\xff\xfe".to_vec(),
        b"\0".to_vec(),
    ];
    for bytes in bad {
        let what = bytes.escape_ascii().to_string();
        let token = gateway.signer.token_of_bytes(&bytes, &claims);
        refuses_token(&gateway, &what, "token_malformed", token);
        let token = gateway.signer.token_of_bytes(&header, &bytes);
        refuses_token(&gateway, &what, "token_malformed", token);
    }
    for (what, token) in [
        (
            "0xff in the header",
            gateway
                .signer
                .token_of_bytes(&with_byte(&header, 0xff), &claims),
        ),
        (
            "0xff in the payload",
            gateway
                .signer
                .token_of_bytes(&header, &with_byte(&claims, 0xff)),
        ),
        (
            "a control character in the payload",
            gateway
                .signer
                .token_of_bytes(&header, &with_byte(&claims, 1)),
        ),
        (
            "deep nesting",
            gateway.signer.token_of_bytes(&header, &nested(5000)),
        ),
    ] {
        refuses_token(&gateway, what, "token_malformed", token);
    }
}

#[test]
fn a_header_that_asks_for_an_extension_is_refused() {
    let gateway = shared();
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("b64", json!(false)),
    ] {
        let what = format!("{name}: {value}");
        let token = gateway.token().header(name, value).sign();
        refuses_token(&gateway, &what, "token_malformed", token);
    }
}

#[test]
fn bytes_that_are_not_utf_8_harm_nobody() {
    let gateway = shared();
    let good = gateway.token().sign().into_bytes();
    let mut in_the_middle = good.clone();
    in_the_middle[good.len() / 2] = 0xff;
    let at_the_end = [&good[..], b"\xff"].concat();
    for token in [
        &b"\xff"[..],
        b"\xff.\xfe.\x80",
        b"\xc3\x28",
        b"\xed\xa0\x80",
        b"\xf0\x9f\x98\x80",
        &in_the_middle,
        &at_the_end,
    ] {
        let what = token.escape_ascii().to_string();
        refuses_token(&gateway, &what, "token_malformed", token);
    }
}

#[test]
fn garbage_of_any_size_is_refused() {
    let gateway = shared();
    refuses_token(&gateway, "60 KB", "token_too_large", "A".repeat(60_000));
    refuses_token(&gateway, "60 KB", "token_too_large", vec![0xff; 60_000]);
    refuses_token(&gateway, "60 KB", "token_too_large", ".".repeat(60_000));
    refuses_token(&gateway, "15 KB", "token_malformed", "A".repeat(15_000));
    refuses_token(&gateway, "15 KB", "token_malformed", vec![0xff; 15_000]);
    // More than Envoy takes of headers.
    rejects(&gateway, "300 KB", |request| {
        request.bearer("A".repeat(300_000))
    });
}

#[test]
fn a_good_token_passes_up_to_the_limit_of_its_length() {
    let gateway = shared();
    const LIMIT: usize = 16_384;
    let bare = gateway.token().claim("x", "").sign().len();
    let of_length = |length: usize| {
        let mut fill = (length - bare) * 3 / 4 - 3;
        loop {
            let token = gateway.token().claim("x", "x".repeat(fill)).sign();
            if token.len() >= length {
                return token;
            }
            fill += 1;
        }
    };
    let longest = of_length(LIMIT - 1);
    assert!(longest.len() <= LIMIT);
    let response = Request::get("/").bearer(longest).send(gateway.address());
    assert_eq!(response.status, 200, "{response:?}");
    let longer = of_length(LIMIT + 1);
    refuses_token(&gateway, "a longer token", "token_too_large", longer);
}

/// A good token with both characters in which base64url differs from base64.
fn token_with_both_special_characters(gateway: &Gateway) -> String {
    (0..1000)
        .map(|number| gateway.token().claim("jti", number).sign())
        .find(|token| token.contains('-') && token.contains('_'))
        .expect("one in a thousand signatures has both")
}

/// The same bytes in another spelling: the last character carries bits that belong to no byte.
fn with_stray_bits(token: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (input, signature) = token.rsplit_once('.').expect("a signature");
    assert_eq!(BASE64URL.decode(signature).expect("base64url").len() % 3, 1);
    let last = signature.as_bytes()[signature.len() - 1];
    let place = ALPHABET.iter().position(|letter| *letter == last);
    let other = ALPHABET[place.expect("base64url") + 1] as char;
    format!("{input}.{}{other}", &signature[..signature.len() - 1])
}
