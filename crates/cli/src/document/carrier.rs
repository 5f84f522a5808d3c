//! Finding our configuration in what carries it.
//!
//! A Wasm filter is taken for ours when its `name`, its `root_id` or the path or address of its module holds
//! `validate_jwt` or `validate-jwt`, or when its configuration is an object with one of the fields that only our
//! documents have (`policies`, `openid_configs`, `issuer_signing_keys`, `azure_ad`, `required_claims`). Filters of others are passed over.
//!
//! A document that is neither Kubernetes' (`apiVersion` and `kind`) nor Envoy's is a configuration document itself, whatever is
//! in it: a misspelt field must be reported, not overlooked.

use super::envoy::{self, Bootstrap, field};
use super::tree::{Tree, Value};
use super::{align, json};
use crate::diagnostics::Diagnostic;
use crate::source::Source;

/// A configuration document of ours.
#[derive(Clone, Debug)]
pub struct Carried {
    /// What carried it.
    pub carrier: Carrier,
    /// The document, with its places in the file.
    pub tree: Tree,
    /// The clusters of the bootstrap that it stands in.
    pub bootstrap: Option<Bootstrap>,
}

/// What carries a configuration document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// The file is the document.
    Document,
    /// A Wasm filter of Envoy.
    EnvoyFilter,
    /// Istio's `WasmPlugin`.
    WasmPlugin,
    /// Envoy Gateway's `EnvoyExtensionPolicy`.
    EnvoyExtensionPolicy,
}

const OUR_NAMES: [&str; 2] = ["validate_jwt", "validate-jwt"];
const OUR_FIELDS: [&str; 5] = [
    "policies",
    "openid_configs",
    "issuer_signing_keys",
    "azure_ad",
    "required_claims",
];
const WASM_FILTER: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";

/// Members by which a document of Envoy's is known.
const ENVOY_FIELDS: [&str; 8] = [
    "static_resources",
    "dynamic_resources",
    "filter_chains",
    "http_filters",
    "typed_config",
    "resources",
    "listeners",
    "@type",
];

/// The configuration documents in one document of a file.
pub(super) fn find(
    source: &Source,
    document: Tree,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Carried> {
    let mut finder = Finder {
        source,
        diagnostics,
        bootstrap: envoy::bootstrap(&document),
        found: Vec::new(),
        seen: false,
    };
    finder.visit(&document);
    let Finder { found, seen, .. } = finder;
    let is_kubernetes = document.get("apiVersion").is_some() && document.get("kind").is_some();
    let is_envoy = ENVOY_FIELDS
        .iter()
        .any(|name| field(&document, name).is_some());
    if !found.is_empty() || seen || is_kubernetes || is_envoy {
        return found;
    }
    vec![Carried {
        carrier: Carrier::Document,
        tree: document,
        bootstrap: None,
    }]
}

struct Finder<'a> {
    source: &'a Source,
    diagnostics: &'a mut Vec<Diagnostic>,
    bootstrap: Option<Bootstrap>,
    found: Vec<Carried>,
    /// Whether a filter of ours was there, be it without a configuration that can be read.
    seen: bool,
}

impl Finder<'_> {
    /// The depth is bounded by the readers.
    fn visit(&mut self, tree: &Tree) {
        match &tree.value {
            Value::Object(members) => {
                let kind = tree.get("kind").and_then(Tree::as_str);
                match (kind, tree.get("spec")) {
                    (Some("WasmPlugin"), Some(spec)) => return self.wasm_plugin(spec),
                    (Some("EnvoyExtensionPolicy"), Some(spec)) => {
                        return self.extension_policy(spec);
                    }
                    _ => {}
                }
                if let Some(filter) = wasm_filter(tree) {
                    return self.envoy_filter(tree, filter);
                }
                for member in members {
                    self.visit(&member.value);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| self.visit(element)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn wasm_plugin(&mut self, spec: &Tree) {
        let config = spec.get("pluginConfig");
        let names = [spec.get("pluginName"), spec.get("url")];
        if is_ours(&names, config) {
            self.take(Carrier::WasmPlugin, config.cloned(), spec, "pluginConfig");
        }
    }

    fn extension_policy(&mut self, spec: &Tree) {
        for wasm in spec.get("wasm").map_or(&[][..], Tree::elements) {
            let config = wasm.get("config");
            let url = |kind: &str| wasm.get("code")?.get(kind)?.get("url");
            let names = [
                wasm.get("name"),
                wasm.get("rootID"),
                url("http"),
                url("image"),
            ];
            if is_ours(&names, config) {
                self.take(
                    Carrier::EnvoyExtensionPolicy,
                    config.cloned(),
                    wasm,
                    "config",
                );
            }
        }
    }

    fn envoy_filter(&mut self, place: &Tree, filter: &Tree) {
        let Some(plugin) = field(filter, "config") else {
            return;
        };
        let code = field(plugin, "vm_config").and_then(|vm| field(vm, "code"));
        let file = code
            .and_then(|code| field(code, "local"))
            .and_then(|local| field(local, "filename"));
        let uri = code
            .and_then(|code| field(code, "remote"))
            .and_then(|remote| field(remote, "http_uri"))
            .and_then(|uri| field(uri, "uri"));
        let names = [field(plugin, "name"), field(plugin, "root_id"), file, uri];
        let is_named = is_ours(&names, None);
        let configuration = field(plugin, "configuration");
        let mut found = Vec::new();
        let value = configuration.and_then(|configuration| self.any(configuration, &mut found));
        if !is_named && !is_ours(&names, value.as_ref()) {
            return;
        }
        let was_broken = !found.is_empty();
        self.diagnostics.append(&mut found);
        self.seen = true;
        if value.is_some() || !was_broken {
            self.take(
                Carrier::EnvoyFilter,
                value,
                configuration.unwrap_or(place),
                "configuration",
            );
        }
    }

    /// The value of a `google.protobuf.Any`: JSON in a `StringValue`, or a `Struct`.
    fn any(&self, configuration: &Tree, found: &mut Vec<Diagnostic>) -> Option<Tree> {
        let type_url = configuration
            .get("@type")
            .and_then(Tree::as_str)
            .unwrap_or_default();
        let value = configuration.get("value")?;
        match (
            &value.value,
            type_url.rsplit('/').next().unwrap_or_default(),
        ) {
            (Value::String(text), "google.protobuf.StringValue") => {
                self.inner_json(value, text, found)
            }
            (Value::Object(_), "google.protobuf.Struct") => Some(value.clone()),
            _ => {
                let help = "use type.googleapis.com/google.protobuf.StringValue with JSON text, or type.googleapis.com/google.protobuf.Struct with an object";
                let message = format!("\"value\" does not fit the type \"{type_url}\"");
                found.push(Diagnostic::error(message, Some(value.span.clone())).with_help(help));
                None
            }
        }
    }

    /// JSON inside a string of the file, with the places of the file.
    fn inner_json(&self, value: &Tree, text: &str, found: &mut Vec<Diagnostic>) -> Option<Tree> {
        let start = value.span.start;
        let offsets = align::align(&self.source.text, start, text);
        let place = |at: usize| {
            offsets
                .as_ref()
                .and_then(|offsets| offsets.get(at))
                .copied()
                .unwrap_or(start)
        };
        json::parse(text, &place, found)
            .map_err(|error| found.push(error))
            .ok()
    }

    fn take(&mut self, carrier: Carrier, tree: Option<Tree>, place: &Tree, name: &str) {
        self.seen = true;
        match tree {
            Some(tree) => self.found.push(Carried {
                carrier,
                tree,
                bootstrap: self.bootstrap.clone(),
            }),
            None => {
                let message = format!("the filter has no \"{name}\"");
                self.diagnostics.push(
                    Diagnostic::error(message, Some(place.span.clone()))
                        .with_help("without one it refuses to start"),
                );
            }
        }
    }
}

fn is_ours(names: &[Option<&Tree>], config: Option<&Tree>) -> bool {
    names
        .iter()
        .flatten()
        .filter_map(|name| name.as_str())
        .any(|text| OUR_NAMES.iter().any(|ours| text.contains(ours)))
        || config.is_some_and(|config| OUR_FIELDS.iter().any(|name| config.get(name).is_some()))
}

/// The message of a Wasm filter, also when a `TypedStruct` holds it.
fn wasm_filter(tree: &Tree) -> Option<&Tree> {
    let type_url = tree.get("@type")?.as_str()?;
    if type_url.ends_with(WASM_FILTER) {
        return Some(tree);
    }
    let inner = field(tree, "type_url")?.as_str()?;
    (type_url.ends_with(".TypedStruct") && inner.ends_with(WASM_FILTER))
        .then(|| tree.get("value"))?
}
