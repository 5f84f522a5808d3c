//! Envoy's configuration.

use std::path::PathBuf;

use serde_json::{Value, json};

/// Body of the answer behind the filters.
const ANSWER: &str = "{\"orders\":[]}";

/// What stands before the answer.
#[derive(Clone)]
pub(crate) enum Filter {
    /// Nothing.
    None,
    /// Envoy's `jwt_authn`, by its own configuration.
    JwtAuthn(Value),
    /// A module and its configuration.
    Wasm(PathBuf, Value),
}

/// A listener of its own address.
#[derive(Clone)]
pub(crate) struct Listener {
    /// Its name.
    pub(crate) name: String,
    /// Its filter.
    pub(crate) filter: Filter,
}

impl Listener {
    /// A listener.
    pub(crate) fn new(name: impl Into<String>, filter: Filter) -> Self {
        Self {
            name: name.into(),
            filter,
        }
    }

    fn bootstrap(&self) -> Value {
        let mut filters: Vec<Value> = self.filter.bootstrap(&self.name).into_iter().collect();
        filters.push(json!({
            "name": "envoy.filters.http.router",
            "typed_config": { "@type": type_url("extensions.filters.http.router.v3.Router") },
        }));
        let manager = json!({
            "@type": type_url(
                "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
            ),
            "stat_prefix": self.name,
            "route_config": { "virtual_hosts": [{
                "name": "all",
                "domains": ["*"],
                "routes": [{
                    "match": { "prefix": "/" },
                    "direct_response": { "status": 200, "body": { "inline_string": ANSWER } },
                }],
            }] },
            "http_filters": filters,
        });
        json!({
            "name": self.name,
            "address": any_port(),
            "filter_chains": [{ "filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": manager,
            }] }],
        })
    }
}

impl Filter {
    fn bootstrap(&self, name: &str) -> Option<Value> {
        match self {
            Self::None => None,
            Self::JwtAuthn(config) => {
                let mut config = config.clone();
                if let Some(config) = config.as_object_mut() {
                    config.insert(
                        "@type".into(),
                        type_url("extensions.filters.http.jwt_authn.v3.JwtAuthentication").into(),
                    );
                }
                Some(json!({ "name": "envoy.filters.http.jwt_authn", "typed_config": config }))
            }
            Self::Wasm(module, config) => Some(json!({
                "name": "envoy.filters.http.wasm",
                "typed_config": {
                    "@type": type_url("extensions.filters.http.wasm.v3.Wasm"),
                    "config": {
                        "name": name,
                        "failure_policy": "FAIL_RELOAD",
                        "vm_config": {
                            // A virtual machine of its own, as each plugin has that is told nothing else.
                            "vm_id": name,
                            "runtime": "envoy.wasm.runtime.v8",
                            "code": { "local": { "filename": module } },
                        },
                        "configuration": {
                            "@type": "type.googleapis.com/google.protobuf.StringValue",
                            "value": config.to_string(),
                        },
                    },
                },
            })),
        }
    }
}

/// The configuration of an Envoy with these listeners, on ports that are free.
pub(super) fn bootstrap(listeners: &[Listener]) -> Value {
    json!({
        "admin": { "address": any_port() },
        "static_resources": {
            "listeners": listeners.iter().map(Listener::bootstrap).collect::<Vec<_>>(),
        },
    })
}

fn any_port() -> Value {
    json!({ "socket_address": { "address": "127.0.0.1", "port_value": 0 } })
}

fn type_url(message: &str) -> String {
    format!("type.googleapis.com/envoy.{message}")
}
