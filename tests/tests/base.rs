//! The promises that everything else stands on.

use validate_jwt_tests::{Gateway, Request, sha256};

#[test]
fn a_good_token_passes_with_the_request_as_it_was() {
    let gateway = Gateway::start();
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
