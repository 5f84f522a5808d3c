//! The key sources of a policy.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use validate_jwt_jws::{Jwk, Key, Origin, parse_jwk_set};

use crate::keys::issuer::{SHARED_TENANTS, is_guid};
use crate::keys::{Address, Discovery, Endpoint, Entra, Source, SourceId};

use super::diagnostics::{Diagnostics, Path};
use super::document::{Origins, entries};
use super::node::Node;
use super::raw::{self, Cloud};
use super::reader::Field;
use super::static_keys::check_static_keys;

/// What the sources of a policy come to.
pub(super) struct PolicySources {
    pub(super) ids: Vec<SourceId>,
    /// Whether some source states an issuer.
    pub(super) states_issuer: bool,
    /// Whether all keys are symmetric secrets of the configuration.
    pub(super) only_symmetric: bool,
    /// The keys that stand in the document, with their places.
    pub(super) written: Vec<(Path, Key)>,
}

/// Checks the sources of a policy and adds those to `sources` that are not there yet.
pub(super) fn check_sources(
    raw: &raw::Policy,
    origins: &Origins,
    has_issuers: bool,
    sources: &mut Vec<Source>,
    found: &mut Diagnostics,
) -> PolicySources {
    let mut own: Vec<(Path, Source)> = Vec::new();
    let mut written: Vec<(Path, Key)> = Vec::new();
    let listed: Vec<_> = entries(
        &raw.openid_configs,
        &origins.of("openid_configs"),
        "a discovery document",
        found,
    )
    .collect();
    for (path, config) in listed {
        let jwks_cluster = config.jwks_cluster.valid().cloned();
        let document = check_endpoint(&config.url, &config.cluster, &path, found);
        own.extend(document.map(|document| {
            (
                path,
                Source::Discovery(Discovery {
                    document,
                    jwks_cluster,
                    entra: None,
                }),
            )
        }));
    }
    let listed: Vec<_> = entries(&raw.jwks, &origins.of("jwks"), "a key set", found).collect();
    for (path, set) in listed {
        own.extend(check_key_set(set, &path, &mut written, found).map(|source| (path, source)));
    }
    let static_path = origins.of("issuer_signing_keys");
    let static_keys = check_static_keys(raw, &static_path, &mut written, found);
    if !static_keys.is_empty() {
        own.push((
            static_path,
            Source::Fixed {
                issuer: None,
                keys: static_keys,
                try_all: true,
            },
        ));
    }
    if let Field::Valid(azure_ad) = &raw.azure_ad {
        let path = origins.of("azure_ad");
        own.extend(
            check_azure_ad(azure_ad, &path, found)
                .map(|discovery| (path, Source::Discovery(discovery))),
        );
    }
    let none_written = raw.openid_configs.is_absent()
        && raw.jwks.is_absent()
        && raw.issuer_signing_keys.is_absent()
        && raw.azure_ad.is_absent();
    if none_written && !origins.is_torn() {
        found.missing(
            origins.own(),
            "the policy has no keys to verify tokens with",
            "write `azure_ad`, `openid_configs`, `jwks` or `issuer_signing_keys`",
        );
    }
    let states_issuer = own.iter().any(|(_, source)| states_issuer(source));
    for (path, source) in &own {
        if !has_issuers && states_issuer && !self::states_issuer(source) {
            found.warning(
                path,
                "no token will be verified with these keys: they belong to no issuer, and the policy's other sources name theirs",
                "name the issuer of these keys (`issuer` of the key set, or `issuers` of the policy)",
            );
        }
    }
    let is_symmetric = |source: &Source| matches!(source, Source::Fixed { keys, .. } if keys.iter().all(|jwk| jwk.key.is_symmetric()));
    let only_symmetric = !own.is_empty() && own.iter().all(|(_, source)| is_symmetric(source));
    let ids = own
        .into_iter()
        .map(|(_, source)| add(source, sources))
        .collect();
    PolicySources {
        ids,
        states_issuer,
        only_symmetric,
        written,
    }
}

fn states_issuer(source: &Source) -> bool {
    match source {
        Source::Discovery(_) => true,
        Source::KeySet { issuer, .. } | Source::Fixed { issuer, .. } => issuer.is_some(),
    }
}

/// One source serves all policies that describe it alike.
fn add(source: Source, sources: &mut Vec<Source>) -> SourceId {
    match sources.iter().position(|known| known.is_same(&source)) {
        Some(place) => SourceId(place),
        None => {
            sources.push(source);
            SourceId(sources.len().saturating_sub(1))
        }
    }
}

fn check_endpoint(
    url: &Field<String>,
    cluster: &Field<String>,
    path: &Path,
    found: &mut Diagnostics,
) -> Option<Endpoint> {
    if url.is_absent() {
        found.missing(
            path,
            "there is no `url`",
            "write the address of the document",
        );
    }
    let cluster = check_cluster(cluster, path, found);
    let address = url
        .valid()
        .and_then(|url| check_address(url, &path.member("url"), found));
    Some(Endpoint {
        address: address?,
        cluster: cluster?,
    })
}

fn check_cluster(cluster: &Field<String>, path: &Path, found: &mut Diagnostics) -> Option<String> {
    match cluster {
        Field::Valid(cluster) if cluster.is_empty() => {
            found.error(
                &path.member("cluster"),
                "found an empty text",
                "write the name of the Envoy cluster that reaches the host",
            );
            None
        }
        Field::Valid(cluster) => Some(cluster.clone()),
        Field::Absent => {
            found.missing(
                path,
                "there is no `cluster`",
                "name the Envoy cluster that reaches the host",
            );
            None
        }
        Field::Invalid => None,
    }
}

fn check_address(url: &str, path: &Path, found: &mut Diagnostics) -> Option<Address> {
    match Address::parse(url) {
        Ok(address) => Some(address),
        Err(error) => {
            found.error(
                path,
                format!("{url:?} is no address: {error}"),
                "write it in full, such as \"https://login.example.com/keys\"",
            );
            None
        }
    }
}

fn check_key_set(
    set: &raw::KeySet,
    path: &Path,
    written: &mut Vec<(Path, Key)>,
    found: &mut Diagnostics,
) -> Option<Source> {
    let issuer = set.issuer.valid().cloned();
    if issuer.as_deref() == Some("") {
        found.error(
            &path.member("issuer"),
            "found an empty text",
            "write the issuer, or leave the field out",
        );
    }
    let Field::Valid(inline) = &set.inline else {
        if matches!(set.inline, Field::Invalid) {
            return None;
        }
        if set.url.is_absent() && set.cluster.is_absent() {
            found.missing(
                path,
                "the key set has neither an address nor keys",
                "write `url` and `cluster`, or `inline`",
            );
            return None;
        }
        return check_endpoint(&set.url, &set.cluster, path, found)
            .map(|endpoint| Source::KeySet { endpoint, issuer });
    };
    if !set.url.is_absent() || !set.cluster.is_absent() {
        found.error(path, "both `inline` and an address", "keep one");
    }
    let place = path.member("inline");
    let keys = check_inline(inline, &place, found);
    written.extend(keys.iter().map(|jwk| (place.clone(), jwk.key.clone())));
    Some(Source::Fixed {
        issuer,
        keys,
        try_all: false,
    })
}

fn check_inline(inline: &Node, path: &Path, found: &mut Diagnostics) -> Vec<Jwk> {
    if !matches!(inline, Node::Object(_)) {
        found.error(
            path,
            format!("found {}", inline.describe()),
            "write a JWK set: an object with `keys`",
        );
        return Vec::new();
    }
    let text = serde_json::to_vec(inline).unwrap_or_default();
    match parse_jwk_set(&text, Origin::Inline) {
        Ok(set) => {
            for skipped in set.skipped {
                found.warning(
                    &path.member("keys").element(skipped.index),
                    format!("the key is not used: {}", skipped.reason),
                    "",
                );
            }
            for warning in set.warnings {
                found.warning(path, warning, "keep private keys out of the configuration");
            }
            set.keys
        }
        Err(error) => {
            found.error(
                path,
                error.to_string(),
                "write a JWK set with at least one key that verifies signatures",
            );
            Vec::new()
        }
    }
}

fn check_azure_ad(raw: &raw::AzureAd, path: &Path, found: &mut Diagnostics) -> Option<Discovery> {
    let cluster = check_cluster(&raw.cluster, path, found);
    let tenant = match &raw.tenant_id {
        Field::Valid(tenant) => check_tenant(tenant, &path.member("tenant_id"), found),
        Field::Absent => {
            found.missing(
                path,
                "there is no `tenant_id`",
                "write the tenant's GUID or domain",
            );
            None
        }
        Field::Invalid => None,
    };
    if let Some(shared) = tenant.filter(|tenant| SHARED_TENANTS.contains(tenant))
        && raw.allowed_tenants.is_absent()
    {
        found.missing(
            path,
            format!("{shared:?} lets in the tokens of every tenant there is"),
            "name the tenants in `allowed_tenants`",
        );
    }
    let (host, v1_issuer) = match raw.cloud.valid().copied().unwrap_or(Cloud::Public) {
        Cloud::Public => (
            "https://login.microsoftonline.com",
            "https://sts.windows.net/{tenantid}/",
        ),
        Cloud::UsGovernment => (
            "https://login.microsoftonline.us",
            "https://sts.windows.net/{tenantid}/",
        ),
        Cloud::China => (
            "https://login.partner.microsoftonline.cn",
            "https://sts.chinacloudapi.cn/{tenantid}/",
        ),
    };
    let endpoint = raw
        .authentication_endpoint
        .valid()
        .map_or(host, String::as_str);
    let place = path.member("authentication_endpoint");
    let base = check_address(endpoint, &place, found);
    if base.as_ref().is_some_and(|base| base.path.contains('?')) {
        found.error(
            &place,
            format!("{endpoint:?} has a query"),
            "write the address of the login host alone",
        );
    }
    let (cluster, tenant, base) = (cluster?, tenant?, base?);
    let document = format!(
        "{}/{tenant}/v2.0/.well-known/openid-configuration",
        base.to_string().trim_end_matches('/')
    );
    let address = check_address(&document, path, found)?;
    Some(Discovery {
        document: Endpoint { address, cluster },
        jwks_cluster: None,
        entra: Some(Entra {
            tenant: tenant.to_string(),
            v1_issuer,
        }),
    })
}

/// A GUID, a domain, or one of the two names for many tenants.
fn check_tenant<'t>(tenant: &'t str, path: &Path, found: &mut Diagnostics) -> Option<&'t str> {
    let is_domain = tenant.contains('.')
        && tenant.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    if is_guid(tenant) || is_domain || SHARED_TENANTS.contains(&tenant) {
        return Some(tenant);
    }
    let help = match tenant {
        "consumers" => "personal accounts get no application tokens; name a tenant".to_string(),
        _ => "write a GUID, a domain such as \"contoso.onmicrosoft.com\", \"organizations\" or \"common\"".to_string(),
    };
    found.error(path, format!("{tenant:?} is no tenant"), help);
    None
}
