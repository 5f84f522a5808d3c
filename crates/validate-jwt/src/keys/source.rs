//! Where keys come from.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};
use validate_jwt_jws::Jwk;

use super::address::Address;

/// A source's place in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub usize);

/// An address and the Envoy cluster that reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The address.
    pub address: Address,
    /// The cluster's name.
    pub cluster: String,
}

/// A source of keys.
#[derive(Debug)]
pub enum Source {
    /// A discovery document, which names an issuer and the address of a key set.
    Discovery(Discovery),
    /// A key set with an address.
    KeySet {
        /// Where it is.
        endpoint: Endpoint,
        /// The issuer whose tokens its keys verify, if the configuration says so.
        issuer: Option<String>,
    },
    /// Keys that the configuration itself holds.
    Fixed {
        /// The issuer whose tokens these keys verify, if the configuration says so.
        issuer: Option<String>,
        /// The keys.
        keys: Vec<Jwk>,
        /// Whether a token whose `kid` no key has is tried with each (static keys, as API Management does it).
        try_all: bool,
    },
}

/// A discovery document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Where it is.
    pub document: Endpoint,
    /// The cluster for the key set when its host is another than the document's.
    pub jwks_cluster: Option<String>,
    /// Set when the document is Entra ID's.
    pub entra: Option<Entra>,
}

/// What is particular to Entra ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entra {
    /// The tenant as configured: GUID, domain, `organizations` or `common`.
    pub tenant: String,
    /// The v1.0 issuer of the cloud, with `{tenantid}`.
    pub v1_issuer: &'static str,
}

impl Source {
    /// All that tells this source from others, in one text; the same text, the same source. `None` for fixed keys.
    fn description(&self) -> Option<String> {
        Some(match self {
            Self::Discovery(Discovery {
                document,
                jwks_cluster,
                entra,
            }) => format!(
                "discovery\n{}\n{}\n{}\n{}",
                document.address,
                document.cluster,
                jwks_cluster.as_deref().unwrap_or_default(),
                entra
                    .as_ref()
                    .map(|entra| format!("{}\n{}", entra.tenant, entra.v1_issuer))
                    .unwrap_or_default()
            ),
            Self::KeySet { endpoint, issuer } => {
                format!(
                    "jwks\n{}\n{}\n{}",
                    endpoint.address,
                    endpoint.cluster,
                    issuer.as_deref().unwrap_or_default()
                )
            }
            Self::Fixed { .. } => return None,
        })
    }

    /// The name under which workers share what they know of this source: the first half of the SHA-256 of its description
    /// and of how long its keys live, in hex. `None` for fixed keys, of which there is nothing to share.
    pub fn shared_name(&self, key_ttl: u64) -> Option<String> {
        let digest = Sha256::digest(format!("{}\n{key_ttl}", self.description()?));
        Some(
            digest
                .iter()
                .take(16)
                .map(|byte| format!("{byte:02x}"))
                .collect(),
        )
    }

    /// The address by which log lines name it.
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Discovery(discovery) => Some(&discovery.document.address),
            Self::KeySet { endpoint, .. } => Some(&endpoint.address),
            Self::Fixed { .. } => None,
        }
    }

    /// Whether both describe the same fetched source.
    pub fn is_same(&self, other: &Self) -> bool {
        self.description()
            .is_some_and(|description| other.description() == Some(description))
    }
}
