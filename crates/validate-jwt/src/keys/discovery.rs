//! Discovery documents (OpenID Connect Discovery 1.0 §3, RFC 8414 §2): an issuer and the address of its keys.

use alloc::string::String;
use core::fmt;

use serde::Deserialize;

use super::address::{Address, AddressError};
use super::source::{Discovery, Endpoint};

/// Longest discovery document that is read. Entra ID's has 1.5 KB, Google's 1.3 KB; some providers list many capabilities.
pub const MAX_DISCOVERY_BYTES: usize = 64 * 1024;

/// What is taken from a discovery document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The issuer, as it stands there.
    pub issuer: String,
    /// Where the keys are.
    pub keys: Endpoint,
}

/// Why a discovery document is of no use.
#[derive(Debug)]
pub enum DiscoveryError {
    /// Longer than [`MAX_DISCOVERY_BYTES`].
    TooLarge(usize),
    /// Not a JSON object with the texts `issuer` and `jwks_uri`.
    Form(serde_json::Error),
    /// `issuer` is empty.
    EmptyIssuer,
    /// `jwks_uri` is no address.
    Address(AddressError),
    /// `jwks_uri` is `http` although the document came by `https`.
    Downgrade,
    /// `jwks_uri` has another host, and the configuration names no cluster for it.
    OtherHost(String),
    /// The document is that of another tenant than the one configured, or of none.
    Tenant(String),
}

impl fmt::Display for DiscoveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(bytes) => write!(
                f,
                "{bytes} bytes are more than the {MAX_DISCOVERY_BYTES} that are read"
            ),
            Self::Form(error) => write!(f, "it is no discovery document: {error}"),
            Self::EmptyIssuer => f.write_str("its issuer is empty"),
            Self::Address(error) => write!(f, "its jwks_uri is no address: {error}"),
            Self::Downgrade => {
                f.write_str("its jwks_uri is http although the document came by https")
            }
            Self::OtherHost(host) => write!(
                f,
                "its jwks_uri is on another host, {host}: name the Envoy cluster for it in `jwks_cluster`"
            ),
            Self::Tenant(issuer) => write!(
                f,
                "its issuer {issuer:?} is not that of the configured tenant"
            ),
        }
    }
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// Reads a discovery document that was fetched for `source`.
///
/// # Errors
/// See [`DiscoveryError`].
pub fn read(source: &Discovery, body: &[u8]) -> Result<Metadata, DiscoveryError> {
    if body.len() > MAX_DISCOVERY_BYTES {
        return Err(DiscoveryError::TooLarge(body.len()));
    }
    let Document { issuer, jwks_uri } =
        serde_json::from_slice(body).map_err(DiscoveryError::Form)?;
    if issuer.is_empty() {
        return Err(DiscoveryError::EmptyIssuer);
    }
    let address = Address::parse(&jwks_uri).map_err(DiscoveryError::Address)?;
    let own = &source.document;
    if own.address.is_https && !address.is_https {
        return Err(DiscoveryError::Downgrade);
    }
    let cluster = match &source.jwks_cluster {
        _ if address.authority == own.address.authority => &own.cluster,
        Some(cluster) => cluster,
        None => return Err(DiscoveryError::OtherHost(address.authority)),
    };
    Ok(Metadata {
        issuer,
        keys: Endpoint {
            cluster: cluster.clone(),
            address,
        },
    })
}
