//! `--fetch` over TLS.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use validate_jwt_tests::{Signer, Token};

use super::Files;
use crate::support::run;

/// A provider over TLS that anybody may ask; the certificate is its own authority.
struct SecureProvider {
    address: SocketAddr,
    certificate: String,
}

impl SecureProvider {
    fn start(keys: Value) -> Self {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let certificate = made.cert.pem();
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let config = Arc::new(config);
        // The thread ends with the test's process.
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                answer(StreamOwned::new(connection, stream), address, &keys);
            }
        });
        Self {
            address,
            certificate,
        }
    }

    fn issuer(&self) -> String {
        format!("https://{}", self.address)
    }
}

/// Answers one request; a client that breaks off, as one that does not trust us, is of no interest.
fn answer(
    mut stream: StreamOwned<ServerConnection, std::net::TcpStream>,
    address: SocketAddr,
    keys: &Value,
) {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => request.extend(byte),
            _ => return,
        }
    }
    let body = if request.starts_with(b"GET /keys ") {
        keys.clone()
    } else {
        json!({"issuer": format!("https://{address}"), "jwks_uri": format!("https://{address}/keys")})
    };
    let body = body.to_string();
    let length = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}");
    let _ = stream.write_all(head.as_bytes());
    stream.conn.send_close_notify();
    let _ = stream.flush();
}

#[test]
fn a_provider_is_trusted_only_if_its_authority_is() {
    let signer = Signer::rsa("k1");
    let provider = SecureProvider::start(json!({"keys": [signer.jwk()]}));
    let url = provider.issuer() + "/.well-known/openid-configuration";
    let files = Files::new(&json!({
        "openid_configs": [{"url": url, "cluster": "c"}], "audiences": ["api://numbers"],
    }));
    let token = Token::new(&provider.issuer(), &signer).sign();
    let authority = files.folder.file("ca.pem", &provider.certificate);
    let ask = |more: &[&str]| {
        let arguments = ["explain", "--format", "json", "--config", &files.config];
        run(&[&arguments[..], &["--token", &token, "--fetch"], more].concat())
    };
    let trusted = ask(&["--ca", &authority]);
    assert_eq!(trusted.status, 0, "{} {}", trusted.stdout, trusted.stderr);
    let distrusted = ask(&[]);
    assert_eq!(distrusted.status, 2);
    assert!(
        distrusted.stderr.contains("certificate") && distrusted.stderr.contains("--ca FILE"),
        "{}",
        distrusted.stderr
    );
    let without = files.folder.file("none.pem", "no certificate");
    assert_eq!(ask(&["--ca", &without]).status, 2);
}
