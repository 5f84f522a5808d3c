//! Arguments of `envoy`.

use clap::{Args, ValueEnum};

/// What `envoy` writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A complete bootstrap
    #[default]
    Bootstrap,
    /// Istio's WasmPlugin
    WasmPlugin,
    /// Envoy Gateway's EnvoyExtensionPolicy
    EnvoyExtensionPolicy,
}

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Name or IP address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// Arguments of `envoy`.
#[derive(Args, Clone, Debug)]
pub struct EnvoyArguments {
    /// The configuration document, or a file that carries one; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Which document, counted from 1, when the file carries several
    #[arg(long, value_name = "NUMBER")]
    pub document: Option<usize>,
    /// What is written
    #[arg(long, value_enum, default_value_t)]
    pub kind: Kind,
    /// The service behind the filter
    #[arg(long, value_name = "HOST:PORT", value_parser = address, required_if_eq("kind", "bootstrap"))]
    pub upstream: Option<Address>,
    /// The host that a cluster of the document reaches; needed for a `jwks_cluster`
    #[arg(long = "host", value_name = "CLUSTER=HOST:PORT", value_parser = cluster_host)]
    pub hosts: Vec<(String, Address)>,
    /// Where Envoy listens
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "0.0.0.0:8080", value_parser = address)]
    pub listen: Address,
    /// Where Envoy's administration interface listens
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:9901", value_parser = address)]
    pub admin: Address,
    /// The compiled filter: a path, or for Kubernetes an address (oci://, https://)
    #[arg(
        long,
        value_name = "PATH",
        default_value = "dist/validate_jwt.wasm",
        value_parser = module
    )]
    pub module: String,
    /// The certificate authorities by which Envoy checks the hosts of key sources
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/etc/ssl/certs/ca-certificates.crt",
        value_parser = module
    )]
    pub ca: String,
}

/// `host:port`, `1.2.3.4:port` or `[::1]:port`.
fn address(text: &str) -> Result<Address, String> {
    let wrong = || format!("{text:?} is no host and port, such as backend:8080 or [::1]:8080");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port = port
        .parse::<u16>()
        .ok()
        .filter(|port| *port != 0)
        .ok_or_else(wrong)?;
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_good = match bare {
        Some(host) => host.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
        }
    };
    let host = bare.unwrap_or(host).to_owned();
    if is_good {
        Ok(Address { host, port })
    } else {
        Err(wrong())
    }
}

fn cluster_host(text: &str) -> Result<(String, Address), String> {
    // An address has no "=", the name of a cluster may.
    match text.rsplit_once('=') {
        Some((cluster, host)) if !cluster.is_empty() => {
            address(host).map(|address| (cluster.to_owned(), address))
        }
        _ => Err("expected a cluster, \"=\", and a host and port".to_owned()),
    }
}

fn module(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(char::is_control) {
        Err("expected a path without control characters".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_names_or_numbers_with_a_port() {
        let read = |text: &str| address(text).map(|address| (address.host, address.port));
        assert_eq!(read("a-b.example:80"), Ok(("a-b.example".to_owned(), 80)));
        assert_eq!(read("[::1]:443"), Ok(("::1".to_owned(), 443)));
        for wrong in [
            "a", "a:", ":80", "a:0", "a:65536", "::1:80", "[a]:1", "a b:1", "a/b:1",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_cluster_may_have_an_odd_name() {
        let (cluster, address) = cluster_host("outbound|443||a=b=c.example:443").unwrap();
        assert_eq!((cluster.as_str(), address.port), ("outbound|443||a=b", 443));
        assert!(cluster_host("=a:1").is_err());
    }
}
