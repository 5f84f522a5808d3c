//! The clusters that a document needs: one for each host of its sources.

use std::fmt;

use validate_jwt::config::Config;
use validate_jwt::keys::{Discovery, Source};

use crate::args::Address;

/// A cluster to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// What it connects to.
    pub address: Address,
    /// The host whose certificate it must show; `None` without TLS.
    pub tls_host: Option<String>,
}

/// Why the clusters cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterError(pub(super) String);

impl fmt::Display for ClusterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ClusterError {}

/// The clusters in the order of the sources. `hosts` says where a cluster leads that no address tells, or elsewhere than its
/// address does; the certificate is always that of the address.
pub(super) fn collect(
    config: &Config,
    hosts: &[(String, Address)],
) -> Result<Vec<Cluster>, ClusterError> {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut unknown: Vec<(&str, bool, String)> = Vec::new();
    for source in &config.sources {
        let (endpoint, jwks_cluster) = match source {
            Source::Discovery(Discovery {
                document,
                jwks_cluster,
                ..
            }) => (document, jwks_cluster.as_deref()),
            Source::KeySet { endpoint, .. } => (endpoint, None),
            Source::Fixed { .. } => continue,
        };
        let address = &endpoint.address;
        let own = split(&address.authority, address.is_https).ok_or_else(|| {
            ClusterError(format!("the address {address} has no port that is one"))
        })?;
        let cluster = Cluster {
            name: endpoint.cluster.clone(),
            tls_host: address.is_https.then(|| own.host.clone()),
            address: own,
        };
        match clusters.iter().find(|known| known.name == cluster.name) {
            None => clusters.push(cluster),
            Some(known) if *known == cluster => {}
            Some(known) => {
                return Err(ClusterError(format!(
                    "the cluster {:?} is named for two hosts, {}:{} and {}:{}; a cluster reaches one",
                    cluster.name,
                    known.address.host,
                    known.address.port,
                    cluster.address.host,
                    cluster.address.port
                )));
            }
        }
        unknown.extend(jwks_cluster.map(|name| (name, address.is_https, address.to_string())));
    }
    for (name, is_https, document) in unknown {
        if clusters.iter().any(|known| known.name == name) {
            continue;
        }
        let host = hosts.iter().find(|(cluster, _)| cluster == name);
        let Some((_, address)) = host else {
            return Err(ClusterError(format!(
                "which host the cluster {name:?} reaches stands only in the discovery document at {document}: add --host {name}=HOST:PORT"
            )));
        };
        clusters.push(Cluster {
            name: name.to_owned(),
            tls_host: is_https.then(|| address.host.clone()),
            address: address.clone(),
        });
    }
    for (name, address) in hosts {
        match clusters.iter_mut().find(|known| known.name == *name) {
            Some(cluster) => cluster.address = address.clone(),
            None => {
                return Err(ClusterError(format!(
                    "--host {name}=…: the document names no such cluster"
                )));
            }
        }
    }
    Ok(clusters)
}

/// Host and port of an authority.
fn split(authority: &str, is_https: bool) -> Option<Address> {
    let usual = if is_https { 443 } else { 80 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse::<u16>().ok()?),
        Some(_) | None => (authority, usual),
    };
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    Some(Address {
        host: bare.unwrap_or(host).to_owned(),
        port,
    })
}
