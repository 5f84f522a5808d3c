//! A small HTTP client and a token check that share no code with the emulator.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use entra_emulator::{Emulator, Registrations, RunningEmulator};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde_json::Value;

pub(crate) const TENANT: &str = "11111111-1111-1111-1111-111111111111";
pub(crate) const API: &str = "22222222-2222-2222-2222-222222222222";
pub(crate) const CLIENT: &str = "44444444-4444-4444-4444-444444444444";
pub(crate) const SECRET: &str = "development-only-secret";
pub(crate) const CLIENT_WITHOUT_ROLE: &str = "55555555-5555-5555-5555-555555555555";
pub(crate) const SECRET_WITHOUT_ROLE: &str = "development-only-secret-without-role";

/// An answer, its header fields in lower case.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The AADSTS number, after checking that the error document is complete and agrees with itself.
    pub(crate) fn aadsts(&self) -> u64 {
        let json = self.json();
        let code = json["error_codes"][0].as_u64().expect("error_codes");
        let description = json["error_description"]
            .as_str()
            .expect("error_description");
        assert!(
            description.starts_with(&format!("AADSTS{code}: ")),
            "{description}"
        );
        for member in [
            "error",
            "timestamp",
            "trace_id",
            "correlation_id",
            "error_uri",
        ] {
            assert!(json[member].is_string(), "{member} is missing in {json}");
        }
        code
    }

    pub(crate) fn token(&self) -> String {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()["access_token"]
            .as_str()
            .expect("access_token")
            .to_owned()
    }
}

pub(crate) fn local() -> SocketAddr {
    ([127, 0, 0, 1], 0).into()
}

pub(crate) fn start() -> RunningEmulator {
    Emulator::new(Registrations::built_in().unwrap())
        .http(local())
        .start()
        .unwrap()
}

pub(crate) fn get(emulator: &RunningEmulator, path: &str) -> Answer {
    raw(
        emulator,
        &format!("GET {path} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\n\r\n"),
    )
}

pub(crate) fn post(
    emulator: &RunningEmulator,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost:8080\r\nConnection: close\r\nContent-Length: {length}\r\n"
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    raw(emulator, &format!("{request}\r\n{body}"))
}

/// Turns a knob and gives the state that follows.
pub(crate) fn knob(emulator: &RunningEmulator, name: &str, body: &str) -> Value {
    let answer = post(
        emulator,
        &format!("/emulator/{name}"),
        &[("Content-Type", "application/json")],
        body,
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

pub(crate) fn form(emulator: &RunningEmulator, path: &str, body: &str) -> Answer {
    post(
        emulator,
        path,
        &[("Content-Type", "application/x-www-form-urlencoded")],
        body,
    )
}

/// Asks the v2.0 token endpoint with good credentials of the client with the role.
pub(crate) fn token_for(emulator: &RunningEmulator, resource: &str) -> Answer {
    let body = format!(
        "grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}&scope={resource}/.default"
    );
    form(emulator, &format!("/{TENANT}/oauth2/v2.0/token"), &body)
}

pub(crate) fn raw(emulator: &RunningEmulator, request: &str) -> Answer {
    let mut stream = connect(emulator.http_address().expect("HTTP is on"));
    exchange(&mut stream, request)
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    stream
}

fn exchange(stream: &mut (impl Read + Write), request: &str) -> Answer {
    // A server that refuses early may close while the rest is being sent; its answer counts.
    let _ = stream.write_all(request.as_bytes());
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).expect("UTF-8");
    let (head, body) = text
        .split_once("\r\n\r\n")
        .unwrap_or_else(|| panic!("no HTTP answer: {text:?}"));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .expect("a status");
    Answer {
        status,
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}

/// GET over TLS as a client that trusts `ca_pem` alone; the error is the handshake's.
pub(crate) fn get_https(
    address: SocketAddr,
    name: &str,
    ca_pem: Option<&str>,
    path: &str,
) -> Result<Answer, String> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = ca_pem {
        roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("PEM"))
            .expect("a CA");
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let server = ServerName::try_from(name.to_owned()).expect("a server name");
    let mut connection = ClientConnection::new(Arc::new(config), server).unwrap();
    let mut socket = connect(address);
    while connection.is_handshaking() {
        connection
            .complete_io(&mut socket)
            .map_err(|error| error.to_string())?;
    }
    let mut stream = StreamOwned::new(connection, socket);
    let host = if name.contains(':') {
        format!("[{name}]")
    } else {
        name.to_owned()
    };
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {host}:{}\r\nConnection: close\r\n\r\n",
        address.port()
    );
    Ok(exchange(&mut stream, &request))
}

pub(crate) fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).expect("three parts");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
}

/// Whether one of the keys (a JWK set) named by the token's `kid` verifies it.
pub(crate) fn verifies(token: &str, keys: &Value) -> bool {
    let header = part(token, 0);
    assert_eq!(header["alg"], "RS256");
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let decode = |value: &Value| {
        BASE64_URL_SAFE_NO_PAD
            .decode(value.as_str().expect("text"))
            .expect("base64url")
    };
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    keys["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .filter(|key| key["kid"] == header["kid"])
        .any(|key| {
            let (n, e) = (decode(&key["n"]), decode(&key["e"]));
            let key = RsaPublicKeyComponents { n, e };
            key.verify(&RSA_PKCS1_2048_8192_SHA256, signed.as_bytes(), &signature)
                .is_ok()
        })
}

pub(crate) fn kids(keys: &Value) -> Vec<String> {
    let keys = keys["keys"].as_array().expect("keys");
    keys.iter()
        .map(|key| key["kid"].as_str().expect("kid").to_owned())
        .collect()
}
