//! What the compiled module costs its host.

use std::collections::BTreeMap;

use serde_json::json;
use validate_jwt_tests::stub_host::{StubHost, module_bytes};
use validate_jwt_tests::{Signer, Token};

/// Memory of a worker's module after its configuration is loaded. Envoy has one for each worker and configuration.
const MAX_MEMORY_AT_START: usize = 6 * 1024 * 1024;

const ISSUER: &str = "https://issuer.example.com";

fn start() -> (StubHost, String) {
    let signer = Signer::rsa("k1");
    let configuration = json!({
        "jwks": [{ "issuer": ISSUER, "inline": { "keys": [signer.jwk()] } }],
        "audiences": ["api://numbers"],
    });
    let host = StubHost::start(&module_bytes(), &configuration.to_string(), Token::now());
    (host, Token::new(ISSUER, &signer).sign())
}

fn headers(authorization: &str) -> [(&str, &str); 7] {
    [
        (":method", "GET"),
        (":path", "/numbers"),
        (":authority", "api.example.com"),
        (":scheme", "https"),
        ("authorization", authorization),
        ("user-agent", "a client"),
        ("x-request-id", "1"),
    ]
}

#[test]
fn a_remembered_token_costs_three_host_calls_and_one_copy_of_the_headers() {
    let (mut host, token) = start();
    let bearer = format!("Bearer {token}");
    let first = host.request(&headers(&bearer));
    assert_eq!(first.answered, None, "the token is good");
    let warm = host.request(&headers(&bearer));
    assert_eq!(warm.answered, None);
    let expected = [
        ("proxy_get_current_time_nanoseconds", 1),
        ("proxy_get_header_map_pairs", 1),
        ("proxy_get_property", 1),
        ("proxy_on_memory_allocate", 1),
    ];
    assert_eq!(
        warm.calls,
        expected
            .map(|(name, count)| (name.to_owned(), count))
            .into_iter()
            .collect::<BTreeMap<_, _>>()
    );
}

#[test]
fn memory_stays_small_at_start_and_does_not_grow_with_requests() {
    let (mut host, token) = start();
    assert!(
        host.memory_bytes() <= MAX_MEMORY_AT_START,
        "{} bytes",
        host.memory_bytes()
    );
    let bearer = format!("Bearer {token}");
    let garbage = format!("Bearer {}", "x".repeat(60_000));
    let mut request = |count: usize| {
        for _ in 0..count {
            assert_eq!(host.request(&headers(&bearer)).answered, None);
            assert_eq!(host.request(&headers(&garbage)).answered, Some(401));
        }
        host.memory_bytes()
    };
    let before = request(20);
    assert_eq!(request(100), before);
}
