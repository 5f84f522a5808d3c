//! A client that sends what the test says and hides nothing of the answer.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use number_conversion::{CallLog, Server};

pub(crate) const SOAP11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
pub(crate) const SOAP12: &str = "http://www.w3.org/2003/05/soap-envelope";
pub(crate) const NAMESPACE: &str = "http://www.dataaccess.com/webservicesserver/";

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// Checks that this is a fault of SOAP 1.1 and returns its code and reason.
    #[track_caller]
    pub(crate) fn fault11(&self) -> (&str, &str) {
        assert_eq!(self.status, 500, "{}", self.body);
        assert_eq!(self.header("content-type"), "text/xml; charset=utf-8");
        assert!(
            self.body.contains(&format!("xmlns:soap=\"{SOAP11}\"")),
            "{}",
            self.body
        );
        (
            between(&self.body, "<faultcode>", "</faultcode>"),
            between(
                &self.body,
                "<faultstring xml:lang=\"en\">",
                "</faultstring>",
            ),
        )
    }

    /// Checks that this is a fault of SOAP 1.2 and returns its code and reason.
    #[track_caller]
    pub(crate) fn fault12(&self) -> (&str, &str) {
        assert_eq!(
            self.header("content-type"),
            "application/soap+xml; charset=utf-8"
        );
        assert!(
            self.body.contains(&format!("xmlns:soap=\"{SOAP12}\"")),
            "{}",
            self.body
        );
        (
            between(&self.body, "<soap:Value>", "</soap:Value>"),
            between(&self.body, "<soap:Text xml:lang=\"en\">", "</soap:Text>"),
        )
    }

    /// Checks that this is a result and returns it.
    #[track_caller]
    pub(crate) fn result(&self) -> &str {
        assert_eq!(self.status, 200, "{}", self.body);
        between(&self.body, "Result>", "</m:")
    }
}

#[track_caller]
pub(crate) fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let found = text
        .split_once(before)
        .and_then(|(_, rest)| rest.split_once(after));
    found
        .unwrap_or_else(|| panic!("no {before}…{after} in {text}"))
        .0
}

pub(crate) fn start() -> Server {
    Server::start("127.0.0.1:0", CallLog::Off).unwrap()
}

pub(crate) fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(20)))
        .build();
    ureq::Agent::new_with_config(config)
}

/// POSTs `message` with these headers to the service.
pub(crate) fn post(server: &Server, headers: &[(&str, &str)], message: impl AsRef<[u8]>) -> Answer {
    let request = headers
        .iter()
        .fold(agent().post(server.url()), |request, (name, value)| {
            request.header(*name, *value)
        });
    read(request.send(message.as_ref()).unwrap())
}

pub(crate) fn read(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        body: response.body_mut().read_to_string().unwrap(),
    }
}

pub(crate) fn post11(server: &Server, message: impl AsRef<[u8]>) -> Answer {
    post(
        server,
        &[
            ("content-type", "text/xml; charset=utf-8"),
            ("soapaction", "\"\""),
        ],
        message,
    )
}

pub(crate) fn post12(server: &Server, message: impl AsRef<[u8]>) -> Answer {
    post(
        server,
        &[("content-type", "application/soap+xml; charset=utf-8")],
        message,
    )
}

pub(crate) fn envelope(soap: &str, body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"{soap}\"><s:Body>{body}</s:Body></s:Envelope>"
    )
}

pub(crate) fn words(number: &str) -> String {
    format!("<NumberToWords xmlns=\"{NAMESPACE}\"><ubiNum>{number}</ubiNum></NumberToWords>")
}

pub(crate) fn dollars(number: &str) -> String {
    format!("<NumberToDollars xmlns=\"{NAMESPACE}\"><dNum>{number}</dNum></NumberToDollars>")
}

/// Sends bytes as they are and returns all that comes back until the server closes the connection, which it
/// must do by itself: a client that closes its sending side first may lose the answer.
pub(crate) fn raw(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
