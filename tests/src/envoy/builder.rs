//! What an Envoy is started with.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::capabilities;
use super::process::{Envoy, required};

/// The listener that every Envoy has.
pub(super) const FIRST_LISTENER: &str = "gateway";

/// Where the access log is written, in Envoy's folder.
pub(super) const ACCESS_LOG_FILE: &str = "access.log";

/// Where an updatable Envoy finds its listeners, in its folder.
const LISTENERS_FILE: &str = "listeners.json";

/// The cluster that the default routes lead to.
const UPSTREAM: &str = "upstream";

/// Builds an [`Envoy`]; made by [`Envoy::builder`].
#[derive(Clone)]
pub struct Builder {
    listeners: Vec<Listener>,
    clusters: Vec<(String, SocketAddr)>,
    routes: Option<Value>,
    access_log: String,
    connection_manager: Value,
    filters_after: Vec<Value>,
    failure_policy: String,
    withheld: Vec<String>,
    module: Option<PathBuf>,
    port: u16,
    updatable: bool,
    pub(super) workers: u32,
    pub(super) wasm_log_level: String,
    pub(super) environment: Vec<(String, String)>,
}

#[derive(Clone)]
struct Listener {
    name: String,
    document: Document,
}

/// A filter's configuration as it stands in Envoy's.
#[derive(Clone)]
enum Document {
    /// A `google.protobuf.StringValue`.
    Text(String),
    /// A `google.protobuf.Struct`.
    Struct(Value),
}

impl Builder {
    pub(super) fn new() -> Self {
        let gateway = Listener {
            name: FIRST_LISTENER.to_owned(),
            document: Document::Text("{}".to_owned()),
        };
        Self {
            listeners: vec![gateway],
            clusters: Vec::new(),
            routes: None,
            access_log: "%RESPONSE_CODE% %REQ(:PATH)%".to_owned(),
            connection_manager: json!({
                "normalize_path": true,
                "merge_slashes": true,
                "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT",
                // More than the largest token that the filter reads.
                "max_request_headers_kb": 192,
            }),
            filters_after: Vec::new(),
            failure_policy: "FAIL_RELOAD".to_owned(),
            withheld: Vec::new(),
            module: None,
            port: 0,
            updatable: false,
            workers: 1,
            wasm_log_level: "info".to_owned(),
            environment: Vec::new(),
        }
    }

    /// The filter's configuration.
    #[must_use]
    pub fn config(self, document: &Value) -> Self {
        self.raw_config(&document.to_string())
    }

    /// The filter's configuration as text that need not be JSON.
    #[must_use]
    pub fn raw_config(mut self, document: &str) -> Self {
        self.listeners[0].document = Document::Text(document.to_owned());
        self
    }

    /// The filter's configuration as a `google.protobuf.Struct`, not as text.
    #[must_use]
    pub fn struct_config(mut self, document: &Value) -> Self {
        self.listeners[0].document = Document::Struct(document.clone());
        self
    }

    /// A further listener whose filter has another configuration, in the same virtual machine.
    #[must_use]
    pub fn listener(mut self, name: &str, document: &Value) -> Self {
        self.listeners.push(Listener {
            name: name.to_owned(),
            document: Document::Text(document.to_string()),
        });
        self
    }

    /// A cluster with one host.
    #[must_use]
    pub fn cluster(mut self, name: &str, address: SocketAddr) -> Self {
        self.clusters.push((name.to_owned(), address));
        self
    }

    /// The cluster that every route leads to, unless [`routes`](Self::routes) says otherwise. Without one, Envoy
    /// itself answers 200 behind the filter.
    #[must_use]
    pub fn upstream(self, address: SocketAddr) -> Self {
        self.cluster(UPSTREAM, address)
    }

    /// Envoy's own `Route` messages in place of the one that leads everything to the cluster `upstream`.
    #[must_use]
    pub fn routes(mut self, routes: Value) -> Self {
        self.routes = Some(routes);
        self
    }

    /// How many workers; one if not said.
    #[must_use]
    pub fn workers(mut self, workers: u32) -> Self {
        self.workers = workers;
        self
    }

    /// The format of a line in the access log.
    #[must_use]
    pub fn access_log(mut self, format: &str) -> Self {
        format.clone_into(&mut self.access_log);
        self
    }

    /// Sets a field of Envoy's `HttpConnectionManager`.
    #[must_use]
    pub fn connection_manager(mut self, field: &str, value: Value) -> Self {
        self.connection_manager[field] = value;
        self
    }

    /// An HTTP filter between the module and the router.
    #[must_use]
    pub fn filter_after(mut self, filter: Value) -> Self {
        self.filters_after.push(filter);
        self
    }

    /// What Envoy does when the module traps; `FAIL_RELOAD` if not said.
    #[must_use]
    pub fn failure_policy(mut self, policy: &str) -> Self {
        policy.clone_into(&mut self.failure_policy);
        self
    }

    /// Withholds a host function or a callback from the module.
    #[must_use]
    pub fn without_module_capability(mut self, name: &str) -> Self {
        assert!(capabilities::ALL.contains(&name), "{name} is in no list");
        self.withheld.push(name.to_owned());
        self
    }

    /// Sets a variable in Envoy's environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The level down to which the module's log is written; `info` if not said.
    #[must_use]
    pub fn wasm_log_level(mut self, level: &str) -> Self {
        level.clone_into(&mut self.wasm_log_level);
        self
    }

    /// Another module than the one that `VALIDATE_JWT_WASM` names.
    #[must_use]
    pub fn module(mut self, path: &Path) -> Self {
        self.module = Some(path.to_owned());
        self
    }

    /// The module that traps on a request with the header `x-trap` and is the same otherwise (`VALIDATE_JWT_TRAP_WASM`).
    #[must_use]
    pub fn trapping_module(self) -> Self {
        self.module(&required("VALIDATE_JWT_TRAP_WASM"))
    }

    /// The port of the first listener, such as one that an Envoy before had; else the kernel chooses.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Lets [`Envoy::update`] replace the listeners while it runs.
    #[must_use]
    pub fn updatable(mut self) -> Self {
        self.updatable = true;
        self
    }

    /// Starts it and waits until it takes requests.
    ///
    /// # Panics
    ///
    /// When it does not start; the message has its log.
    pub fn start(self) -> Envoy {
        Envoy::start(&self)
    }

    /// Starts it and returns its log when it has ended with an error.
    ///
    /// # Panics
    ///
    /// When it does start.
    pub fn start_expecting_failure(self) -> String {
        Envoy::expect_failure(&self)
    }

    pub(super) fn listener_names(&self) -> Vec<String> {
        let name = |listener: &Listener| listener.name.clone();
        self.listeners.iter().map(name).collect()
    }

    pub(super) fn bootstrap(&self, module: &Path, folder: &Path) -> Value {
        let mut bootstrap = json!({
            "admin": {"address": socket_address(([127, 0, 0, 1], 0).into())},
            "static_resources": {
                "clusters": self.clusters.iter().map(cluster_json).collect::<Vec<_>>(),
            },
        });
        if self.updatable {
            bootstrap["node"] = json!({"id": "gateway", "cluster": "gateways"});
            bootstrap["dynamic_resources"] = json!({"lds_config": {
                "resource_api_version": "V3",
                "path_config_source": {"path": folder.join(LISTENERS_FILE)},
            }});
        } else {
            bootstrap["static_resources"]["listeners"] = self.listeners_json(module, folder);
        }
        bootstrap
    }

    /// Writes the file that an updatable Envoy takes its listeners from, in one step.
    pub(super) fn write_listeners(&self, module: &Path, folder: &Path) {
        if !self.updatable {
            return;
        }
        let mut listeners = self.listeners_json(module, folder);
        for listener in listeners.as_array_mut().expect("a list") {
            listener["@type"] = json!(type_url("config.listener.v3.Listener"));
        }
        let unfinished = folder.join("unfinished");
        fs::write(&unfinished, json!({"resources": listeners}).to_string()).expect("a file");
        fs::rename(&unfinished, folder.join(LISTENERS_FILE)).expect("a file");
    }

    fn listeners_json(&self, module: &Path, folder: &Path) -> Value {
        let module = self.module.as_deref().unwrap_or(module);
        let listener = |listener: &Listener| self.listener_json(listener, module, folder);
        self.listeners.iter().map(listener).collect()
    }

    fn listener_json(&self, listener: &Listener, module: &Path, folder: &Path) -> Value {
        let mut filters = vec![self.module_json(listener, module)];
        filters.extend(self.filters_after.iter().cloned());
        filters.push(json!({
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": type_url("extensions.filters.http.router.v3.Router")},
        }));
        let has_upstream = self.clusters.iter().any(|(name, _)| name == UPSTREAM);
        let routes = self.routes.clone().unwrap_or_else(|| {
            let mut all = json!({"match": {"prefix": "/"}});
            if has_upstream {
                all["route"] = json!({"cluster": UPSTREAM});
            } else {
                all["direct_response"] = json!({"status": 200});
            }
            json!([all])
        });
        let mut manager = json!({
            "@type": type_url(
                "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
            ),
            "stat_prefix": listener.name,
            "access_log": [{
                "name": "envoy.access_loggers.file",
                "typed_config": {
                    "@type": type_url("extensions.access_loggers.file.v3.FileAccessLog"),
                    "path": folder.join(ACCESS_LOG_FILE),
                    "log_format": {"text_format_source": {
                        "inline_string": format!("{}\n", self.access_log)
                    }},
                },
            }],
            "route_config": {"virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": routes}
            ]},
            "http_filters": filters,
        });
        for (field, value) in self.connection_manager.as_object().expect("an object") {
            manager[field] = value.clone();
        }
        let port = match listener.name.as_str() {
            FIRST_LISTENER => self.port,
            _ => 0,
        };
        json!({
            "name": listener.name,
            "address": socket_address(([127, 0, 0, 1], port).into()),
            // Every new connection goes to the worker that has the fewest.
            "connection_balance_config": {"exact_balance": {}},
            "filter_chains": [{"filters": [
                {"name": "http", "typed_config": manager}
            ]}],
        })
    }

    fn module_json(&self, listener: &Listener, module: &Path) -> Value {
        let mut config = json!({
            "name": listener.name,
            "failure_policy": self.failure_policy,
            "vm_config": {
                "vm_id": "validate_jwt",
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": module}},
            },
            "configuration": match &listener.document {
                Document::Text(text) => json!({
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": text,
                }),
                Document::Struct(document) => json!({
                    "@type": "type.googleapis.com/google.protobuf.Struct",
                    "value": document,
                }),
            },
        });
        if !self.withheld.is_empty() {
            let allowed = capabilities::ALL
                .iter()
                .filter(|name| !self.withheld.iter().any(|withheld| withheld == *name))
                .map(|name| ((*name).to_owned(), json!({})))
                .collect::<serde_json::Map<_, _>>();
            config["capability_restriction_config"] = json!({"allowed_capabilities": allowed});
        }
        json!({
            "name": "validate_jwt",
            "typed_config": {"@type": type_url("extensions.filters.http.wasm.v3.Wasm"), "config": config},
        })
    }
}

fn type_url(message: &str) -> String {
    format!("type.googleapis.com/envoy.{message}")
}

fn socket_address(address: SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip(), "port_value": address.port()}})
}

fn cluster_json((name, address): &(String, SocketAddr)) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "2s",
        "load_assignment": {"cluster_name": name, "endpoints": [
            {"lb_endpoints": [{"endpoint": {"address": socket_address(*address)}}]}
        ]},
    })
}
