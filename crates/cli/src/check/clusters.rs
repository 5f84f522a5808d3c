//! The clusters that a document names, against those of the bootstrap that it stands in.

use crate::diagnostics::{Diagnostic, Severity};
use crate::document::{Bootstrap, Tree};

/// Most names that a message lists.
const MAX_LISTED: usize = 10;

/// Finds clusters that are not there or have no TLS.
pub(super) fn check(document: &Tree, bootstrap: &Bootstrap) -> Vec<Diagnostic> {
    let mut checker = Checker {
        tree: document,
        bootstrap,
        found: Vec::new(),
    };
    checker.policy(document, "");
    for member in document.get("policies").map_or(&[][..], Tree::members) {
        let path = crate::document::member_path("policies", &member.key);
        checker.policy(&member.value, &path);
    }
    checker.found
}

struct Checker<'a> {
    tree: &'a Tree,
    bootstrap: &'a Bootstrap,
    found: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn policy(&mut self, policy: &Tree, path: &str) {
        let inside = |field: &str| match path {
            "" => field.to_owned(),
            path => format!("{path}.{field}"),
        };
        for field in ["openid_configs", "jwks"] {
            let entries = policy.get(field).map_or(&[][..], Tree::elements);
            for (index, entry) in entries.iter().enumerate() {
                let url = entry.get("url").and_then(Tree::as_str);
                let path = format!("{}[{index}]", inside(field));
                self.source(entry, url, &path);
            }
        }
        if let Some(azure_ad) = policy.get("azure_ad") {
            let endpoint = azure_ad.get("authentication_endpoint");
            let url = endpoint.map_or(Some("https://"), Tree::as_str);
            self.source(azure_ad, url, &inside("azure_ad"));
        }
    }

    fn source(&mut self, source: &Tree, url: Option<&str>, path: &str) {
        for field in ["cluster", "jwks_cluster"] {
            let named = source.get(field).and_then(Tree::as_str);
            if let Some(name) = named.filter(|name| !name.is_empty()) {
                self.cluster(name, url, &format!("{path}.{field}"));
            }
        }
    }

    fn cluster(&mut self, name: &str, url: Option<&str>, path: &str) {
        let clusters = &self.bootstrap.clusters;
        let is_https = url.is_some_and(|url| url.starts_with("https://"));
        let (message, help) = match clusters.iter().find(|cluster| cluster.name == name) {
            // It may come from the control plane.
            None if self.bootstrap.has_dynamic_clusters => return,
            None => (
                format!("the bootstrap has no cluster {name:?}"),
                self.known(),
            ),
            Some(cluster) if is_https && !cluster.has_tls => (
                format!("the address is https, and the cluster {name:?} has no TLS"),
                "give the cluster a transport_socket with an UpstreamTlsContext".to_owned(),
            ),
            Some(_) => return,
        };
        self.found.push(Diagnostic {
            severity: Severity::Error,
            message,
            help: Some(help),
            path: Some(path.to_owned()),
            span: Some(self.tree.place(path)),
        });
    }

    fn known(&self) -> String {
        let clusters = &self.bootstrap.clusters;
        if clusters.is_empty() {
            return "write it in static_resources.clusters".to_owned();
        }
        let names: Vec<String> = clusters
            .iter()
            .take(MAX_LISTED)
            .map(|cluster| format!("{:?}", cluster.name))
            .collect();
        let rest = if clusters.len() > MAX_LISTED {
            ", …"
        } else {
            ""
        };
        format!("it has {}{rest}", names.join(", "))
    }
}
