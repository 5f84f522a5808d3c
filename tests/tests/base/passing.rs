//! What a good token opens, and that the request arrives as it was sent.

use validate_jwt_tests::{Connection, Gateway, Request, sha256};

use crate::gateway::{BODY, is_unharmed, shared};

#[test]
fn a_good_token_passes_with_the_request_as_it_was() {
    let gateway = shared();
    let body = vec![0xA7_u8; 200_000];
    let token = gateway.token().sign();
    let response = Request::post("/numbers?to=words", body.clone())
        .header("X-Bytes", b"caf\xe9 \xff")
        .header("X-Twice", "1")
        .header("X-Twice", "2")
        .bearer(&token)
        .send(gateway.address());

    let echo = response.echo();
    assert_eq!(echo.method, "POST");
    assert_eq!(echo.path, "/numbers?to=words");
    assert_eq!(echo.headers_named("x-bytes"), [b"caf\xe9 \xff"]);
    assert_eq!(echo.headers_named("x-twice"), [b"1", b"2"]);
    assert_eq!(
        echo.headers_named("authorization"),
        [format!("Bearer {token}").as_bytes()]
    );
    assert_eq!(echo.body_length, body.len());
    assert_eq!(echo.body_sha256, sha256(&body));
}

#[test]
fn the_filter_adds_no_header_to_what_envoy_itself_adds() {
    let gateway = shared();
    let through_filter = |gateway: &Gateway| {
        let token = gateway.token().sign();
        let request = Request::get("/").header("X-Own", "1").bearer(token);
        let echo = request.send(gateway.address()).echo();
        let mut names: Vec<_> = echo.headers.into_iter().map(|(name, _)| name).collect();
        names.sort();
        names
    };
    assert_eq!(
        through_filter(&gateway),
        [
            "authorization",
            "host",
            "x-envoy-expected-rq-timeout-ms",
            "x-forwarded-proto",
            "x-own",
            "x-request-id"
        ]
    );
}

#[test]
fn a_body_in_chunks_passes() {
    let gateway = shared();
    let token = gateway.token().sign();
    let mut connection = Connection::open(gateway.address());
    connection.write(
        format!(
            "POST /chunks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        .as_bytes(),
    );
    connection.write(b"5\r\nhello\r\n");
    connection.write(b"1\r\n!\r\n0\r\n\r\n");
    assert_eq!(connection.read().echo().body_sha256, sha256(b"hello!"));
}

#[test]
fn the_scheme_is_read_without_regard_to_case() {
    let gateway = shared();
    let token = gateway.token().sign();
    for scheme in [
        "bearer",
        "BEARER",
        "bEaReR",
        "Bearer",
        "Bearer ",
        "bearer    ",
    ] {
        let value = format!("{scheme} {token}");
        let response = Request::get("/")
            .header("authorization", &value)
            .send(gateway.address());
        let echo = response.echo();
        assert_eq!(echo.headers_named("authorization"), [value.as_bytes()]);
    }
}

#[test]
fn a_good_token_passes_every_time_on_a_connection_that_carries_bad_ones_too() {
    let gateway = shared();
    let good = Request::get("/").bearer(gateway.token().sign());
    let bad = Request::get("/").bearer(gateway.token().claim("aud", "api://other").sign());
    let mut connection = Connection::open(gateway.address());
    for _ in 0..20 {
        assert_eq!(connection.send(&good).status, 200);
        assert_eq!(connection.send(&bad).status, 401);
    }
}

#[test]
fn a_head_request_is_answered_without_a_body() {
    let gateway = shared();
    let mut connection = Connection::open(gateway.address());
    let refused = connection.send(&Request::new("HEAD", "/"));
    assert_eq!(refused.status, 401);
    let length = BODY.len().to_string();
    assert_eq!(refused.header("content-length"), Some(length.as_str()));
    // Were there a body, it would stand where this answer's head is read.
    let good = Request::new("HEAD", "/").bearer(gateway.token().sign());
    assert_eq!(connection.send(&good).status, 200);
    is_unharmed(&gateway, "HEAD");
}

#[test]
fn every_method_needs_a_token() {
    let gateway = shared();
    let token = gateway.token().sign();
    for method in [
        "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND",
    ] {
        let without = Request::new(method, "/").header("Content-Length", "0");
        let with = without.clone().bearer(&token);
        assert_eq!(without.send(gateway.address()).status, 401, "{method}");
        assert_eq!(with.send(gateway.address()).status, 200, "{method}");
    }
}
