//! `envoy/envoy.yaml` at other addresses.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::yaml;

/// What differs between the demo and `docker compose`.
pub(crate) struct Addresses {
    pub(crate) gateway: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) entra: SocketAddr,
    /// By which the emulator's tokens name it.
    pub(crate) entra_endpoint: String,
    pub(crate) entra_ca: PathBuf,
    pub(crate) backend: SocketAddr,
    pub(crate) module: PathBuf,
}

/// Envoy's bootstrap with the policy of the filter in it.
pub(crate) struct Bootstrap {
    document: Value,
    policy: Value,
}

const ENTRA: &str = "entra";
const NUMBER_CONVERSION: &str = "number-conversion";

/// Where a cluster has what its TLS connections are made with.
const TLS: &str = "/transport_socket/typed_config";

/// Where the document has the filter's plugin, from the listener on.
const PLUGIN: &str = "/filter_chains/0/filters/0/typed_config/http_filters/0/typed_config/config";

impl Bootstrap {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// When it is not there, no YAML, or the filter's configuration in it is no JSON.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let read = || {
            let document = yaml::to_json(&fs::read_to_string(file)?)?;
            let text = document
                .pointer("/static_resources/listeners/0")
                .and_then(|listener| {
                    listener
                        .pointer(PLUGIN)?
                        .pointer("/configuration/value")?
                        .as_str()
                })
                .context("the first HTTP filter is not the module with a text as configuration")?;
            let policy = serde_json::from_str(text).context("the filter's configuration")?;
            Ok(Self { document, policy })
        };
        let result: Result<Self> = read();
        result.with_context(|| format!("cannot use {}", file.display()))
    }

    /// The name that Envoy wants to find in the emulator's certificate.
    ///
    /// # Errors
    ///
    /// When the emulator's cluster has no TLS, or names no name.
    pub(crate) fn emulator_name(&self) -> Result<&str> {
        let cluster = self
            .document
            .pointer("/static_resources/clusters")
            .and_then(Value::as_array)
            .and_then(|all| all.iter().find(|cluster| is_named(cluster, ENTRA)))
            .with_context(|| format!("envoy.yaml: no cluster {ENTRA}"))?;
        cluster
            .pointer(&format!("{TLS}/sni"))
            .and_then(Value::as_str)
            .with_context(|| format!("envoy.yaml: no sni in cluster {ENTRA}"))
    }

    /// The document with these addresses, all else as it is.
    ///
    /// # Errors
    ///
    /// When a node that has to change is not where it was.
    pub(crate) fn at(&self, addresses: &Addresses) -> Result<Value> {
        let mut document = self.document.clone();
        set(
            &mut document,
            "/admin/address/socket_address",
            socket_address(addresses.admin),
        )?;
        let listener = node(&mut document, "/static_resources/listeners/0")?;
        set(
            listener,
            "/address/socket_address",
            socket_address(addresses.gateway),
        )?;
        set(
            listener,
            &format!("{PLUGIN}/vm_config/code/local/filename"),
            json!(addresses.module),
        )?;
        let mut policy = self.policy.clone();
        set(
            &mut policy,
            "/azure_ad/authentication_endpoint",
            json!(addresses.entra_endpoint),
        )?;
        set(
            listener,
            &format!("{PLUGIN}/configuration/value"),
            json!(policy.to_string()),
        )?;
        set(
            cluster(&mut document, ENTRA)?,
            ENDPOINT,
            socket_address(addresses.entra),
        )?;
        set(
            cluster(&mut document, ENTRA)?,
            &format!("{TLS}/common_tls_context/validation_context/trusted_ca/filename"),
            json!(addresses.entra_ca),
        )?;
        set(
            cluster(&mut document, NUMBER_CONVERSION)?,
            ENDPOINT,
            socket_address(addresses.backend),
        )?;
        Ok(document)
    }
}

/// Where a cluster has the address of its only host.
const ENDPOINT: &str =
    "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address";

fn cluster<'a>(document: &'a mut Value, name: &str) -> Result<&'a mut Value> {
    node(document, "/static_resources/clusters")?
        .as_array_mut()
        .and_then(|all| all.iter_mut().find(|cluster| is_named(cluster, name)))
        .with_context(|| format!("envoy.yaml: no cluster {name}"))
}

fn is_named(cluster: &Value, name: &str) -> bool {
    cluster.get("name").and_then(Value::as_str) == Some(name)
}

fn node<'a>(document: &'a mut Value, pointer: &str) -> Result<&'a mut Value> {
    document
        .pointer_mut(pointer)
        .with_context(|| format!("envoy.yaml: nothing at {pointer}"))
}

fn set(document: &mut Value, pointer: &str, value: Value) -> Result<()> {
    *node(document, pointer)? = value;
    Ok(())
}

fn socket_address(address: SocketAddr) -> Value {
    json!({"address": address.ip(), "port_value": address.port()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_addresses_of_the_example_can_be_replaced() {
        let file = crate::workspace::root().join("envoy/envoy.yaml");
        let bootstrap = Bootstrap::read(&file).unwrap();
        let port = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let document = bootstrap
            .at(&Addresses {
                gateway: port(1),
                admin: port(2),
                entra: port(3),
                entra_endpoint: "https://localhost:5".into(),
                entra_ca: "/demo/ca.pem".into(),
                backend: port(4),
                module: "/module.wasm".into(),
            })
            .unwrap()
            .to_string();
        for expected in [
            r#""port_value":1}"#,
            r#""port_value":2}"#,
            r#""port_value":3}"#,
            r#""port_value":4}"#,
            r#""filename":"/module.wasm""#,
            r#""filename":"/demo/ca.pem""#,
            r#"\"authentication_endpoint\":\"https://localhost:5\""#,
        ] {
            assert!(document.contains(expected), "{expected} in {document}");
        }
        for gone in ["8080}", "8443", "9901", "/etc/envoy", "/var/lib"] {
            assert!(!document.contains(gone), "{gone} in {document}");
        }
        assert_eq!(bootstrap.emulator_name().unwrap(), "entra-emulator");
    }
}
