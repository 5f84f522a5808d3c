//! Where the token stands, and what else a client may put into headers.

use validate_jwt_tests::{Connection, Request};

use crate::gateway::{is_refusal, is_unharmed, refuses, refuses_request, rejects, shared};

#[test]
fn without_a_token_the_challenge_names_no_error() {
    let gateway = shared();
    refuses_request(&gateway, "nothing", "token_not_present", |request| request);
    let token = gateway.token().sign();
    for value in [
        String::new(),
        token.clone(),
        format!("Bearer{token}"),
        format!("Bearerx {token}"),
        format!("Token {token}"),
        format!("Basic {token}"),
        format!("Negotiate, Bearer {token}"),
        "Basic dXNlcjpwYXNz".to_owned(),
        "B".to_owned(),
    ] {
        refuses(&gateway, &value, "token_not_present", &value);
    }
    for header in [
        "Proxy-Authorization",
        "X-Authorization",
        "Cookie",
        "Authorization2",
    ] {
        refuses_request(&gateway, header, "token_not_present", |request| {
            request.header(header, format!("Bearer {token}"))
        });
    }
}

#[test]
fn a_token_in_query_or_body_is_not_looked_at() {
    let gateway = shared();
    let token = gateway.token().sign();
    let response = Request::get(&format!("/?access_token={token}")).send(gateway.address());
    is_refusal("query", "token_not_present", &response);
    let response = Request::post("/", format!("access_token={token}"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .send(gateway.address());
    is_refusal("body", "token_not_present", &response);
}

#[test]
fn the_scheme_alone_is_refused() {
    let gateway = shared();
    for value in ["Bearer", "Bearer ", "bearer", "Bearer     ", "Bearer \t "] {
        refuses(&gateway, value, "token_malformed", value);
    }
    let value = format!("Bearer\t{}", gateway.token().sign());
    refuses(&gateway, "a tab", "token_malformed", value);
}

#[test]
fn more_than_one_token_is_refused_even_if_all_are_good() {
    let gateway = shared();
    let token = gateway.token().sign();
    let bearer = format!("Bearer {token}");
    for (first, second) in [
        (bearer.as_str(), bearer.as_str()),
        (&bearer, "Bearer x"),
        ("Bearer x", &bearer),
        (&bearer, "Basic dXNlcjpwYXNz"),
        ("Basic dXNlcjpwYXNz", &bearer),
    ] {
        rejects(&gateway, &format!("{first} and {second}"), |request| {
            request
                .header("Authorization", first)
                .header("authorization", second)
        });
    }
    for value in [
        format!("{bearer}, {bearer}"),
        format!("{bearer},{bearer}"),
        format!("{bearer},{token}"),
        format!("{bearer},"),
        format!("Bearer ,{token}"),
        format!("{bearer}, Basic dXNlcjpwYXNz"),
    ] {
        refuses(&gateway, &value, "multiple_tokens", &value);
    }
}

#[test]
fn an_empty_second_header_does_not_reach_the_service() {
    let gateway = shared();
    let bearer = format!("Bearer {}", gateway.token().sign());
    for (first, second) in [(bearer.as_str(), ""), ("", &bearer)] {
        let response = Request::get("/")
            .header("Authorization", first)
            .header("Authorization", second)
            .send(gateway.address());
        // Envoy drops it before the filter sees it.
        let echo = response.echo();
        assert_eq!(echo.headers_named("authorization"), [bearer.as_bytes()]);
    }
}

#[test]
fn bytes_that_are_not_utf_8_in_any_header_harm_nobody() {
    let gateway = shared();
    for value in [
        &b"\xff"[..],
        b"Bearer \xff",
        b"\xff Bearer",
        b"B\xe9arer x",
        b"Basic \xff\xff",
    ] {
        rejects(&gateway, &value.escape_ascii().to_string(), |request| {
            request.header("Authorization", value)
        });
    }
    for header in [
        "X-Anything",
        "Content-Type",
        "Origin",
        "Access-Control-Request-Method",
        "Cookie",
        "User-Agent",
        "Accept",
        "Referer",
        "X-Forwarded-For",
        "X-Request-Id",
    ] {
        let attack = Request::get("/").header(header, b"\xff\xfe\x80");
        let without = attack.send(gateway.address());
        is_refusal(header, "token_not_present", &without);
        let with = attack.bearer(gateway.token().sign());
        assert_eq!(with.send(gateway.address()).status, 200, "{header}");
        is_unharmed(&gateway, header);
    }
    for (what, head) in [
        ("path", &b"GET /caf\xe9\xff HTTP/1.1\r\nHost: a\r\n"[..]),
        ("query", b"GET /?a=\xff HTTP/1.1\r\nHost: a\r\n"),
        ("encoded path", b"GET /%ff%c0%af HTTP/1.1\r\nHost: a\r\n"),
        ("host", b"GET / HTTP/1.1\r\nHost: \xff.example\r\n"),
        ("method", b"G\xffT / HTTP/1.1\r\nHost: a\r\n"),
        ("header name", b"GET / HTTP/1.1\r\nHost: a\r\nX-\xff: a\r\n"),
        ("NUL", b"GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n"),
        (
            "folded",
            b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer\r\n x\r\n",
        ),
    ] {
        for _ in 0..2 {
            let mut connection = Connection::open(gateway.address());
            connection.write(&[head, b"\r\n"].concat());
            // The filter's 401 or Envoy's own refusal; or only the end of the connection.
            let status = connection.try_read().map(|response| response.status).ok();
            assert!(
                matches!(status, None | Some(400 | 401)),
                "{what}: {status:?}"
            );
        }
        is_unharmed(&gateway, what);
    }
}

#[test]
fn many_headers_harm_nobody() {
    let gateway = shared();
    let many = (0..90).fold(Request::get("/"), |request, number| {
        request.header(format!("X-{number}"), b"\xff".repeat(500))
    });
    let response = many.send(gateway.address());
    is_refusal("90 headers", "token_not_present", &response);
    let response = many.bearer(gateway.token().sign()).send(gateway.address());
    assert_eq!(response.status, 200, "{response:?}");
    is_unharmed(&gateway, "many headers");
}
