//! A complete bootstrap.

use std::fmt::Write as _;
use std::net::IpAddr;

use validate_jwt::config::{Config, Node};

use super::clusters::Cluster;
use super::{endpoint, yaml};
use crate::args::{Address, EnvoyArguments};

/// The length of tokens, in bytes, up to which Envoy's default limit for a request's headers, 60 KiB, leaves room for the rest.
const ROOMY_TOKEN_BYTES: usize = 48 * 1024;

/// The limit for longer tokens, in KiB: the longest token there can be, and as much as before for the rest.
const LARGE_HEADERS_KB: u32 = 112;

pub(super) fn write(
    config: &Config,
    document: &Node,
    clusters: &[Cluster],
    upstream: &Address,
    arguments: &EnvoyArguments,
) -> String {
    let upstream_name = free_name(clusters);
    let mut text = head(config, document, &upstream_name, arguments);
    text.push_str("\n  clusters:\n  # What is protected.\n");
    text.push_str(&cluster(&upstream_name, upstream));
    if !clusters.is_empty() {
        text.push_str("  # Where keys come from.\n");
    }
    for one in clusters {
        text.push_str(&cluster(&one.name, &one.address));
        if let Some(host) = &one.tls_host {
            text.push_str(&tls(host, &arguments.ca));
        }
    }
    text
}

/// A name that no cluster of the document has.
fn free_name(clusters: &[Cluster]) -> String {
    let mut name = "upstream".to_owned();
    while clusters.iter().any(|cluster| cluster.name == name) {
        name.push('_');
    }
    name
}

fn head(config: &Config, document: &Node, upstream: &str, arguments: &EnvoyArguments) -> String {
    let longest = config.policies.iter().map(|policy| policy.max_token_bytes);
    let headers = if longest.max().unwrap_or(0) > ROOMY_TOKEN_BYTES {
        format!(
            "          # Room for the longest token that the policies take.\n          max_request_headers_kb: {LARGE_HEADERS_KB}\n"
        )
    } else {
        String::new()
    };
    let admin = endpoint(&arguments.admin);
    let listen = endpoint(&arguments.listen);
    let upstream = yaml::text(upstream);
    let module = yaml::text(&arguments.module);
    let document = yaml::json(document, 20);
    format!(
        r#"# Envoy with the validate-jwt filter in front of one service.

admin:
  # Whoever reaches this interface can stop Envoy: keep it on loopback.
  address:
    socket_address: {admin}

static_resources:
  listeners:
  - name: gateway
    address:
      socket_address: {listen}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: gateway
          # One reading of a path for the filter, the routes and the service.
          normalize_path: true
          merge_slashes: true
          path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT
{headers}          access_log:
          - name: envoy.access_loggers.stdout
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {{ prefix: / }}
                route: {{ cluster: {upstream} }}
          http_filters:
          - name: validate_jwt
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              config:
                name: validate_jwt
                # Should the module ever fail, requests are refused until it runs again.
                failure_policy: FAIL_RELOAD
                vm_config:
                  # An id of its own keeps other modules away from the keys that this one fetched.
                  vm_id: validate_jwt
                  runtime: envoy.wasm.runtime.v8
                  code:
                    local: {{ filename: {module} }}
                configuration:
                  "@type": type.googleapis.com/google.protobuf.StringValue
                  value: |
{document}          - name: envoy.filters.http.router
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
"#
    )
}

fn cluster(name: &str, address: &Address) -> String {
    let name = yaml::text(name);
    let kind = if address.host.parse::<IpAddr>().is_ok() {
        "STATIC"
    } else {
        // Without the second line Envoy takes a name's IPv6 address first, also where IPv6 leads nowhere.
        "STRICT_DNS\n    dns_lookup_family: V4_PREFERRED"
    };
    let address = endpoint(address);
    format!(
        "  - name: {name}
    type: {kind}
    connect_timeout: 5s
    load_assignment:
      cluster_name: {name}
      endpoints:
      - lb_endpoints:
        - endpoint:
            address:
              socket_address: {address}
"
    )
}

/// SNI, and a certificate of the host from an authority of the system. An IP address is never sent as SNI (RFC 6066 §3).
fn tls(host: &str, authorities: &str) -> String {
    let is_address = host.parse::<IpAddr>().is_ok();
    let name = yaml::text(host);
    let (sni, san_type) = if is_address {
        (String::new(), "IP_ADDRESS")
    } else {
        (format!("        sni: {name}\n"), "DNS")
    };
    let authorities = yaml::text(authorities);
    let mut text = String::from(
        "    transport_socket:\n      name: envoy.transport_sockets.tls\n      typed_config:\n",
    );
    let _ = write!(
        text,
        r#"        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
{sni}        common_tls_context:
          validation_context:
            trusted_ca: {{ filename: {authorities} }}
            match_typed_subject_alt_names:
            - san_type: {san_type}
              matcher: {{ exact: {name} }}
"#
    );
    text
}
