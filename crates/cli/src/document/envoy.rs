//! What an Envoy bootstrap says of clusters and routes, against which a configuration in it is checked.

use super::tree::{Tree, Value};
use crate::source::Span;

/// What a bootstrap says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bootstrap {
    /// The clusters in `static_resources`.
    pub clusters: Vec<EnvoyCluster>,
    /// Whether more clusters come from a control plane, so that a name that is not here may still be right.
    pub has_dynamic_clusters: bool,
    /// What its routes look at in a request, beside the path.
    pub matched: Vec<Matched>,
}

/// A part of the request by which a route is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Which one.
    pub part: RequestPart,
    /// Where the route names it.
    pub place: Span,
}

/// A part of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequestPart {
    /// The header field of this name, in lower case.
    Header(String),
    /// The query parameter of this name.
    QueryParameter(String),
}

/// One cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvoyCluster {
    /// Its name.
    pub name: String,
    /// Whether it speaks TLS to its upstream.
    pub has_tls: bool,
}

/// A member under its name in protobuf or in protobuf's JSON (`static_resources`, `staticResources`).
pub(super) fn field<'a>(tree: &'a Tree, name: &str) -> Option<&'a Tree> {
    tree.get(name).or_else(|| {
        let mut words = name.split('_');
        let mut camel = words.next().unwrap_or_default().to_owned();
        for word in words {
            let mut letters = word.chars();
            camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
            camel.extend(letters);
        }
        tree.get(&camel)
    })
}

/// The clusters, when the document is a bootstrap.
pub(super) fn bootstrap(document: &Tree) -> Option<Bootstrap> {
    let resources = field(document, "static_resources");
    let dynamic = field(document, "dynamic_resources");
    if resources.is_none() && dynamic.is_none() {
        return None;
    }
    let clusters = resources
        .and_then(|resources| field(resources, "clusters"))
        .map_or(&[][..], Tree::elements);
    let clusters = clusters.iter().filter_map(|cluster| {
        Some(EnvoyCluster {
            name: field(cluster, "name")?.as_str()?.to_owned(),
            has_tls: has_tls(cluster),
        })
    });
    let has_dynamic_clusters = dynamic.is_some_and(|dynamic| {
        field(dynamic, "cds_config").is_some() || field(dynamic, "ads_config").is_some()
    });
    let mut matched = Vec::new();
    find_matched(document, &mut matched);
    Some(Bootstrap {
        clusters: clusters.collect(),
        has_dynamic_clusters,
        matched,
    })
}

/// Collects what the routes (`config.route.v3.Route`, wherever they stand) look at. The depth is bounded by the readers.
fn find_matched(tree: &Tree, found: &mut Vec<Matched>) {
    for route in field(tree, "routes").map_or(&[][..], Tree::elements) {
        let Some(route_match) = field(route, "match") else {
            continue;
        };
        let headers = |name: &str| RequestPart::Header(name.to_ascii_lowercase());
        let parameters = |name: &str| RequestPart::QueryParameter(name.to_owned());
        let mut take = |list: &str, part: &dyn Fn(&str) -> RequestPart| {
            let matchers = field(route_match, list).map_or(&[][..], Tree::elements);
            let names = matchers.iter().filter_map(|matcher| matcher.get("name"));
            found.extend(names.filter_map(|name| {
                Some(Matched {
                    part: part(name.as_str()?),
                    place: name.span.clone(),
                })
            }));
        };
        take("headers", &headers);
        take("query_parameters", &parameters);
    }
    match &tree.value {
        Value::Object(members) => members
            .iter()
            .for_each(|member| find_matched(&member.value, found)),
        Value::Array(elements) => elements
            .iter()
            .for_each(|element| find_matched(element, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn has_tls(cluster: &Tree) -> bool {
    let matches = field(cluster, "transport_socket_matches").map_or(&[][..], Tree::elements);
    field(cluster, "transport_socket")
        .into_iter()
        .chain(
            matches
                .iter()
                .filter_map(|one| field(one, "transport_socket")),
        )
        .any(|socket| {
            let type_url = field(socket, "typed_config")
                .and_then(|config| config.get("@type"))
                .and_then(Tree::as_str);
            match type_url {
                Some(type_url) => {
                    type_url.ends_with(".UpstreamTlsContext")
                        || type_url.ends_with(".QuicUpstreamTransport")
                }
                None => {
                    field(socket, "name").and_then(Tree::as_str)
                        == Some("envoy.transport_sockets.tls")
                }
            }
        })
}
