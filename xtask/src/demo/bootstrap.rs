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
    pub(crate) backend: SocketAddr,
    pub(crate) module: PathBuf,
}

/// Envoy's bootstrap with the policy of the filter in it.
pub(crate) struct Bootstrap {
    document: Value,
    policy: Value,
}

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

    /// The address by which the policy knows the emulator.
    ///
    /// # Errors
    ///
    /// When the policy names none.
    pub(crate) fn authentication_endpoint(&self) -> Result<&str> {
        self.policy
            .pointer("/azure_ad/authentication_endpoint")
            .and_then(Value::as_str)
            .context("envoy.yaml: the policy has no azure_ad.authentication_endpoint")
    }

    /// The document with these addresses; the policy stays as it is.
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
        let clusters = [
            ("entra", addresses.entra),
            ("number-conversion", addresses.backend),
        ];
        for (name, address) in clusters {
            let all = node(&mut document, "/static_resources/clusters")?;
            let cluster = all
                .as_array_mut()
                .and_then(|all| {
                    all.iter_mut()
                        .find(|cluster| cluster.get("name") == Some(&json!(name)))
                })
                .with_context(|| format!("envoy.yaml: no cluster {name}"))?;
            set(
                cluster,
                "/load_assignment/endpoints/0/lb_endpoints/0/endpoint/address/socket_address",
                socket_address(address),
            )?;
        }
        Ok(document)
    }
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
        ] {
            assert!(document.contains(expected), "{expected} in {document}");
        }
        for gone in ["8080}", "9901", "/etc/envoy"] {
            assert!(!document.contains(gone), "{gone} in {document}");
        }
        assert!(
            bootstrap
                .authentication_endpoint()
                .unwrap()
                .starts_with("http")
        );
    }
}
