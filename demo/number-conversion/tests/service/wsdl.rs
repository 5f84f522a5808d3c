//! The service's description.

use number_conversion::SERVICE_PATH;

use crate::client::{agent, raw, read, start};

#[test]
fn describes_both_bindings_at_the_address_it_was_asked_under() {
    let server = start();
    for query in ["WSDL", "wsdl", "Wsdl", "wsdl=", "a=b&WSDL"] {
        let answer = read(
            agent()
                .get(format!("{}?{query}", server.url()))
                .call()
                .unwrap(),
        );
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, "text/xml; charset=utf-8"),
            "{query}"
        );
        for element in ["soap11", "soap12"] {
            let address = format!("<{element}:address location=\"{}\"/>", server.url());
            assert!(answer.body.contains(&address), "{}", answer.body);
        }
        assert!(!answer.body.contains('{'));
    }
    assert_eq!(
        read(agent().get(format!("{}?wsd", server.url())).call().unwrap()).status,
        405
    );
    let head = read(
        agent()
            .head(format!("{}?wsdl", server.url()))
            .call()
            .unwrap(),
    );
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn takes_scheme_and_host_from_the_request() {
    let server = start();
    for (headers, address) in [
        ("Host: gateway.example.com", "http://gateway.example.com"),
        (
            "Host: gateway.example.com:8443\r\nX-Forwarded-Proto: https",
            "https://gateway.example.com:8443",
        ),
        (
            "Host: [::1]:8081\r\nX-Forwarded-Proto: ftp",
            "http://[::1]:8081",
        ),
    ] {
        let request =
            format!("GET {SERVICE_PATH}?WSDL HTTP/1.1\r\n{headers}\r\nConnection: close\r\n\r\n");
        let answer = raw(server.address(), request.as_bytes());
        assert!(
            answer.contains(&format!("location=\"{address}{SERVICE_PATH}\"")),
            "{headers}: {answer}"
        );
    }
}

#[test]
fn answers_400_to_a_host_that_is_not_plain() {
    let server = start();
    for header in [
        "Host: a\"/><x",
        "Host: user@a",
        "Host: a/b",
        "Host: a b",
        "Host:",
        "X: y",
        "Host: a\r\nHost: b",
        "Host: a:b",
    ] {
        let request =
            format!("GET {SERVICE_PATH}?WSDL HTTP/1.1\r\n{header}\r\nConnection: close\r\n\r\n");
        let answer = raw(server.address(), request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 400 "), "{header}: {answer}");
    }
}
