//! Resources for gateways on Kubernetes. The names in them that only a cluster knows are for the person to change.

use validate_jwt::config::{Config, Node};
use validate_jwt::keys::Source;

use super::{Written, yaml};

/// Stands for the address of the module when a path was given, which no gateway on Kubernetes can read.
const PLACEHOLDER: &str = "oci://registry.example/validate-jwt:latest";

pub(super) fn wasm_plugin(config: &Config, document: &Node, module: &str) -> Written {
    let mut remarks = Vec::new();
    let url = address(
        module,
        &["oci://", "https://", "http://", "file://"],
        &mut remarks,
    );
    for source in &config.sources {
        let Some(address) = source.address() else {
            continue;
        };
        let clusters = match source {
            Source::Discovery(discovery) => {
                vec![
                    Some(&discovery.document.cluster),
                    discovery.jwks_cluster.as_ref(),
                ]
            }
            Source::KeySet { endpoint, .. } => vec![Some(&endpoint.cluster)],
            Source::Fixed { .. } => Vec::new(),
        };
        for cluster in clusters.into_iter().flatten() {
            if !cluster.contains('|') {
                remarks.push(format!(
                    "cluster {cluster:?}: Istio names its clusters like \"outbound|443||{}\", after a ServiceEntry for the host; \
                     write that name in the document",
                    address.authority.split(':').next().unwrap_or_default()
                ));
            }
        }
    }
    let text = format!(
        "# Istio. Without a selector the filter works in every proxy of the namespace.
apiVersion: extensions.istio.io/v1alpha1
kind: WasmPlugin
metadata:
  name: validate-jwt
spec:
  url: {}
  pluginName: validate_jwt
  phase: AUTHN
  # Should the module ever fail, requests are refused.
  failStrategy: FAIL_CLOSE
  pluginConfig:
{}",
        yaml::text(&url),
        yaml::block(document, 4)
    );
    Written { text, remarks }
}

pub(super) fn extension_policy(document: &Node, module: &str) -> Written {
    let mut remarks = vec![
        "targetRefs: write the name of your Gateway or HTTPRoute".to_owned(),
        "clusters: Envoy Gateway makes none of these names by itself; an EnvoyPatchPolicy adds a cluster to its configuration".to_owned(),
    ];
    let url = address(module, &["oci://", "https://", "http://"], &mut remarks);
    let code = match url.strip_prefix("oci://") {
        Some(image) => format!(
            "type: Image\n      image:\n        url: {}",
            yaml::text(image)
        ),
        None => format!("type: HTTP\n      http:\n        url: {}", yaml::text(&url)),
    };
    let text = format!(
        "# Envoy Gateway.
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyExtensionPolicy
metadata:
  name: validate-jwt
spec:
  targetRefs:
  - group: gateway.networking.k8s.io
    kind: Gateway
    name: gateway
  wasm:
  - name: validate_jwt
    rootID: validate_jwt
    # Should the module ever fail, requests are refused.
    failOpen: false
    code:
      {code}
    config:
{}",
        yaml::block(document, 6)
    );
    Written { text, remarks }
}

/// The address of the module, or a placeholder with a remark.
fn address(module: &str, schemes: &[&str], remarks: &mut Vec<String>) -> String {
    if schemes.iter().any(|scheme| module.starts_with(scheme)) {
        return module.to_owned();
    }
    remarks.push(format!(
        "the module's address {PLACEHOLDER} is a placeholder: name the real one with --module {}…",
        schemes.join("… or ")
    ));
    PLACEHOLDER.to_owned()
}
