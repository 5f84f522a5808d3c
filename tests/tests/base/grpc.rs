//! Refusals of gRPC calls, which Envoy translates.

use validate_jwt_tests::Request;

use crate::gateway::{challenge, is_refusal, is_unharmed, shared};

const MESSAGE: &str = "Unauthorized. Access token is missing or invalid.";

#[test]
fn a_grpc_call_is_refused_as_unauthenticated_with_the_message_as_text() {
    let gateway = shared();
    let other = gateway.token().claim("aud", "api://other").sign();
    for content_type in ["application/grpc", "application/grpc+proto"] {
        let call = Request::post("/numbers.Service/ToWords", b"\0\0\0\0\0".to_vec())
            .header("Content-Type", content_type)
            .header("TE", "trailers");
        for (request, reason) in [
            (call.clone(), "token_not_present"),
            (call.clone().bearer("x"), "token_malformed"),
            (call.clone().bearer(&other), "token_audience_not_allowed"),
        ] {
            let response = request.send(gateway.address());
            assert_eq!(response.status, 200, "{response:?}");
            let header = |name: &str| response.header(name).map(str::to_owned);
            assert_eq!(header("content-type").as_deref(), Some("application/grpc"));
            // 16 is UNAUTHENTICATED.
            assert_eq!(header("grpc-status").as_deref(), Some("16"));
            assert_eq!(header("grpc-message").as_deref(), Some(MESSAGE));
            assert_eq!(header("cache-control").as_deref(), Some("no-store"));
            assert_eq!(header("www-authenticate"), Some(challenge(reason)));
            assert_eq!(response.text(), "");
        }
        let good = call.bearer(gateway.token().sign());
        assert_eq!(good.send(gateway.address()).echo().method, "POST");
    }
    is_unharmed(&gateway, "gRPC");
}

#[test]
fn what_only_resembles_grpc_is_refused_as_any_other_request() {
    let gateway = shared();
    for content_type in [
        "application/grpcx",
        "application/json",
        "application/grp",
        "text/grpc",
    ] {
        let response = Request::post("/", "x")
            .header("Content-Type", content_type)
            .send(gateway.address());
        is_refusal(content_type, "token_not_present", &response);
    }
}
