//! HTTP around the messages.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use number_conversion::http::HEALTH_PATH;
use number_conversion::{CallLog, SERVICE_PATH, Server};

use crate::client::{SOAP11, agent, envelope, post, post11, raw, read, start, words};

const LIMIT: usize = 64 * 1024;

fn padded(bytes: usize) -> String {
    let message = envelope(SOAP11, &words("5"));
    format!("{message}{}", " ".repeat(bytes - message.len()))
}

#[test]
fn takes_a_message_at_the_limit_and_refuses_one_above_it() {
    let server = start();
    assert_eq!(post11(&server, padded(LIMIT)).result(), "five ");
    assert_eq!(post11(&server, padded(LIMIT + 1)).status, 413);
}

#[test]
fn answers_413_to_ten_megabytes_and_goes_on_serving() {
    let server = start();
    assert_eq!(post11(&server, padded(10 * 1024 * 1024)).status, 413);
    assert_eq!(post11(&server, padded(1000)).result(), "five ");
}

#[test]
fn counts_the_bytes_of_a_chunked_message_too() {
    let server = start();
    let head = format!(
        "POST {SERVICE_PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    let chunk = format!("{:x}\r\n{}\r\n", 4096, " ".repeat(4096));
    let request = format!("{head}{}0\r\n\r\n", chunk.repeat(17));
    assert!(raw(server.address(), request.as_bytes()).starts_with("HTTP/1.1 413 "));
}

#[test]
fn answers_405_with_allow_to_other_methods() {
    let server = start();
    let answer = read(agent().get(server.url()).call().unwrap());
    assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    let answer = read(
        agent()
            .put(format!("{}?wsdl", server.url()))
            .send("x")
            .unwrap(),
    );
    assert_eq!(
        (answer.status, answer.header("allow")),
        (405, "GET, HEAD, POST")
    );
    let answer = read(agent().delete(server.url()).call().unwrap());
    assert_eq!(answer.status, 405);
    let health = format!("http://{}{HEALTH_PATH}", server.address());
    assert_eq!(read(agent().post(&health).send("x").unwrap()).status, 405);
}

#[test]
fn answers_415_to_other_media_types_and_to_compressed_messages() {
    let server = start();
    let message = envelope(SOAP11, &words("5"));
    for media in [
        "application/json",
        "application/xml",
        "text/plain",
        "text/xml2",
        "multipart/related; type=\"text/xml\"",
        "text/xml; charset=utf-8; charset=utf-16",
        "application/soap+xml; action=\"a\"; action=\"b\"",
        "",
        "x",
    ] {
        assert_eq!(
            post(&server, &[("content-type", media)], &message).status,
            415,
            "{media}"
        );
    }
    let gzip = [("content-type", "text/xml"), ("content-encoding", "gzip")];
    assert_eq!(post(&server, &gzip, &message).status, 415);
    let request = format!(
        "POST {SERVICE_PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nConnection: close\r\n\r\n5"
    );
    assert!(raw(server.address(), request.as_bytes()).starts_with("HTTP/1.1 415 "));
    assert_eq!(
        post(&server, &[("content-type", "TEXT/XML")], &message).result(),
        "five "
    );
}

#[test]
fn answers_404_elsewhere_and_says_where_it_is() {
    let server = start();
    for path in [
        "/",
        "/webservicesserver/numberconversion.wso",
        "/webservicesserver/NumberConversion.wso/x",
    ] {
        let answer = read(
            agent()
                .get(format!("http://{}{path}", server.address()))
                .call()
                .unwrap(),
        );
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains(SERVICE_PATH));
    }
}

#[test]
fn is_healthy_while_it_runs_and_not_after_it_was_dropped() {
    let server = start();
    let url = number_conversion::health_url(&server.address().to_string());
    number_conversion::check_health(&url).unwrap();
    assert!(
        number_conversion::check_health(&format!("{url}/no"))
            .unwrap_err()
            .to_string()
            .contains("it answered 404")
    );
    drop(server);
    assert!(number_conversion::check_health(&url).is_err());
}

#[test]
fn survives_requests_that_are_no_http() {
    let server = start();
    for request in [
        &b"\x16\x03\x01\x00\xa5\x01\x00\x00"[..],
        b"\0\0\0\0",
        b"GET\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
    ] {
        let answer = raw(server.address(), request);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
    }
    assert_eq!(
        post11(&server, envelope(SOAP11, &words("5"))).result(),
        "five "
    );
}

#[test]
fn stops_soon_when_dropped_though_a_connection_is_idle_and_another_half_sent() {
    let server = start();
    let mut idle = TcpStream::connect(server.address()).unwrap();
    idle.write_all(format!("GET {HEALTH_PATH} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
        .unwrap();
    assert!(idle.read(&mut [0; 512]).unwrap() > 0);
    let mut half_sent = TcpStream::connect(server.address()).unwrap();
    half_sent
        .write_all(
            format!("POST {SERVICE_PATH} HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
                .as_bytes(),
        )
        .unwrap();
    std::thread::sleep(Duration::from_millis(100));
    let begin = Instant::now();
    drop(server);
    assert!(begin.elapsed() < Duration::from_secs(5));
}

#[test]
fn says_what_to_do_when_the_address_cannot_be_used() {
    let server = start();
    let taken = server.address().to_string();
    let message = Server::start(&taken, CallLog::Off).unwrap_err().to_string();
    assert!(
        message.starts_with(&taken)
            && message.contains("is in use")
            && message.contains("--listen"),
        "{message}"
    );
    for wrong in ["127.0.0.1", "nonsense", "127.0.0.1:99999", ""] {
        let message = Server::start(wrong, CallLog::Off).unwrap_err().to_string();
        assert!(message.contains("--listen ADDRESS:PORT"), "{message}");
    }
}

#[test]
fn answers_415_when_a_header_that_decides_is_there_twice() {
    let server = start();
    let message = envelope(SOAP11, &words("5"));
    let soap11 = ("content-type", "text/xml");
    for second in [soap11, ("soapaction", "NumberToDollars")] {
        let headers = [soap11, ("soapaction", "NumberToWords"), second];
        assert_eq!(post(&server, &headers, &message).status, 415, "{second:?}");
    }
}
