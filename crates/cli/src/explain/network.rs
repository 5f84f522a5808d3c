//! Documents from their addresses, for `--fetch`.
//!
//! The limits are the filter's: the configured time, the size that the key store reads, no redirects. Proxies of the
//! environment are used, as every tool on a person's machine does; the filter has Envoy's clusters for that.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use validate_jwt::keys::fetch::MAX_BODY_BYTES;
use validate_jwt::keys::{FetchRequest, FetchResult};

/// An HTTP client.
#[derive(Debug)]
pub struct Network {
    roots: Option<Vec<Certificate<'static>>>,
    agent: Option<Agent>,
}

impl Network {
    /// Trusts the system's certificate authorities. They are read with the first request.
    #[must_use]
    pub fn with_system_roots() -> Self {
        Self {
            roots: None,
            agent: None,
        }
    }

    /// Trusts the certificate authorities of a PEM text only.
    ///
    /// # Errors
    /// When there is none in it.
    pub fn with_roots(pem: &str) -> Result<Self, String> {
        let mut roots = Vec::new();
        for item in parse_pem(pem.as_bytes()) {
            if let PemItem::Certificate(certificate) =
                item.map_err(|error| format!("is not PEM: {error}"))?
            {
                roots.push(certificate);
            }
        }
        if roots.is_empty() {
            return Err("holds no certificate in PEM".to_owned());
        }
        Ok(Self {
            roots: Some(roots),
            agent: None,
        })
    }

    /// Makes the request.
    pub(super) fn get(&mut self, request: &FetchRequest) -> Result<FetchResult, String> {
        let address = request.endpoint.address.to_string();
        let seconds = request.timeout;
        let agent = match &mut self.agent {
            Some(agent) => agent,
            None => self.agent.insert(agent(self.roots.take())?),
        };
        let failed = |error: ureq::Error| match error {
            ureq::Error::Timeout(_) => {
                format!("{address} cannot be reached: no answer within {seconds} s")
            }
            error => {
                let what = error.to_string();
                // rustls names its errors in its own words only.
                let hint = if what.contains("UnknownIssuer") {
                    "; name the authority of its certificate with --ca FILE"
                } else {
                    ""
                };
                format!("{address} cannot be reached: {what}{hint}")
            }
        };
        let mut response = agent
            .get(&address)
            .config()
            .timeout_global(Some(Duration::from_secs(seconds)))
            .build()
            .call()
            .map_err(failed)?;
        let most = u64::try_from(MAX_BODY_BYTES)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        let mut body = Vec::new();
        let reader = response.body_mut().as_reader();
        reader
            .take(most)
            .read_to_end(&mut body)
            .map_err(|error| format!("{address} cannot be read: {error}"))?;
        let size = body.len();
        body.truncate(MAX_BODY_BYTES);
        Ok(FetchResult::Answer {
            status: response.status().as_u16(),
            body,
            size,
        })
    }
}

fn agent(roots: Option<Vec<Certificate<'static>>>) -> Result<Agent, String> {
    let roots = match roots {
        Some(roots) => roots,
        None => system_roots()?,
    };
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("validate-jwt/", env!("CARGO_PKG_VERSION")))
        .build();
    Ok(config.new_agent())
}

fn system_roots() -> Result<Vec<Certificate<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    if let (true, Some(error)) = (found.certs.is_empty(), found.errors.first()) {
        return Err(format!(
            "the system's certificate authorities cannot be read: {error}; name a file with --ca"
        ));
    }
    let owned = |der: &[u8]| Certificate::from_der(der).to_owned();
    Ok(found.certs.iter().map(|der| owned(der)).collect())
}
