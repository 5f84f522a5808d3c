//! Envoy's configuration around a document of ours.

mod bootstrap;
mod clusters;
mod kubernetes;
mod yaml;

use validate_jwt::config::{Config, Node};

use crate::args::{Address, EnvoyArguments, Kind};
pub use clusters::{Cluster, ClusterError};

/// What was written, and what a person must know about it.
#[derive(Debug)]
pub struct Written {
    /// YAML.
    pub text: String,
    /// Remarks.
    pub remarks: Vec<String>,
}

/// Writes what the arguments ask for.
///
/// # Errors
/// [`ClusterError`] when the document and `--host` do not say which host a cluster reaches.
pub fn write(
    config: &Config,
    document: &Node,
    arguments: &EnvoyArguments,
) -> Result<Written, ClusterError> {
    match (arguments.kind, &arguments.upstream) {
        (Kind::Bootstrap, Some(upstream)) => {
            let clusters = clusters::collect(config, &arguments.hosts)?;
            Ok(Written {
                text: bootstrap::write(config, document, &clusters, upstream, arguments),
                remarks: Vec::new(),
            })
        }
        // clap asks for the upstream.
        (Kind::Bootstrap, None) => Err(ClusterError("--upstream HOST:PORT is missing".to_owned())),
        (Kind::WasmPlugin, _) => Ok(kubernetes::wasm_plugin(config, document, &arguments.module)),
        (Kind::EnvoyExtensionPolicy, _) => {
            Ok(kubernetes::extension_policy(document, &arguments.module))
        }
    }
}

fn endpoint(address: &Address) -> String {
    format!(
        "{{ address: {}, port_value: {} }}",
        yaml::text(&address.host),
        address.port
    )
}
