//! One policy.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use validate_jwt_jws::Algorithm;

use crate::claims::{ClaimPath, RequiredClaim};
use crate::keys::{Source, issuer::is_guid};
use crate::policy::{Policy, TokenLocation};
use crate::response::{Answers, Challenge, DEFAULT_MESSAGE};
use crate::upstream::{OutputHeader, Upstream};

use super::diagnostics::{Diagnostics, Path, suggest};
use super::document::{Origins, entries, within};
use super::key_use::warn_of_weak_keys;
use super::node::Node;
use super::raw::{self, CorsPreflight, ErrorBody, Match, Mode};
use super::reader::{Field, List, read};
use super::sources::{PolicySources, check_sources};

/// Longest `clock_skew` without a warning: RFC 7519 §4.1.4 speaks of "a few minutes".
const USUAL_CLOCK_SKEW: u64 = 300;

/// Longest message or realm: both go into response headers or small bodies.
const MAX_TEXT_BYTES: usize = 4096;

/// Headers that a claim must not replace: they frame the message, route it, or belong to the hop.
const RESERVED_HEADERS: [&str; 10] = [
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "proxy-connection",
    "expect",
];

/// Checks a policy whose inherited fields are filled in. Sources that no earlier policy has are added to `sources`.
pub(super) fn check_policy(
    name: &str,
    raw: &raw::Policy,
    origins: &Origins,
    sources: &mut Vec<Source>,
    found: &mut Diagnostics,
) -> Policy {
    let location = check_location(raw, origins, found);
    let required_claims =
        check_required_claims(&raw.required_claims, &origins.of("required_claims"), found);
    let issuers = texts(&raw.issuers, &origins.of("issuers"), "an issuer", found);
    let audiences = texts(
        &raw.audiences,
        &origins.of("audiences"),
        "an audience",
        found,
    );
    let PolicySources {
        ids,
        states_issuer,
        only_symmetric,
        written,
    } = check_sources(raw, origins, !issuers.is_empty(), sources, found);
    let algorithms = check_algorithms(
        &raw.algorithms,
        &origins.of("algorithms"),
        only_symmetric,
        found,
    );
    warn_of_weak_keys(&written, &algorithms, found);
    if raw.require_signed_tokens.valid() == Some(&false) {
        found.error(
            &origins.of("require_signed_tokens"),
            "found false",
            "unsigned tokens are never accepted; remove the field",
        );
    }
    let clock_skew = within(
        &raw.clock_skew,
        &origins.of("clock_skew"),
        0..=600,
        0,
        found,
    );
    if clock_skew > USUAL_CLOCK_SKEW {
        found.warning(
            &origins.of("clock_skew"),
            format!("tokens are accepted for {clock_skew} s after they expire"),
            "clocks that are kept by NTP need no more than a minute",
        );
    }
    let checks_issuer = states_issuer || !issuers.is_empty();
    let checks_audience = !audiences.is_empty()
        || required_claims
            .iter()
            .any(|claim| claim.path == ClaimPath::Name("aud".into()) && claim.values.is_some());
    if !checks_audience && raw.audiences.is_absent() {
        found.warning(
            origins.own(),
            "tokens for any audience are accepted, those for other APIs of the same issuer too",
            "name this API's audience in `audiences`",
        );
    }
    if !checks_issuer && !ids.is_empty() {
        found.warning(
            origins.own(),
            "`iss` is not checked: neither the policy nor its key sources name an issuer",
            "name the issuer in `issuers`",
        );
    }
    let bytes = within(
        &raw.max_token_bytes,
        &origins.of("max_token_bytes"),
        256..=65_536,
        16_384,
        found,
    );
    let azure_ad = raw.azure_ad.valid();
    let in_azure_ad = |field: &str| origins.of("azure_ad").member(field);
    Policy {
        name: name.to_string(),
        location,
        max_token_bytes: usize::try_from(bytes).unwrap_or(usize::MAX),
        sources: ids,
        issuers,
        checks_issuer,
        audiences,
        required_claims,
        algorithms,
        token_types: texts(
            &raw.token_types,
            &origins.of("token_types"),
            "a type",
            found,
        ),
        require_expiration_time: raw.require_expiration_time.valid().copied().unwrap_or(true),
        clock_skew,
        client_application_ids: azure_ad.map_or_else(Vec::new, |azure_ad| {
            texts(
                &azure_ad.client_application_ids,
                &in_azure_ad("client_application_ids"),
                "an application id",
                found,
            )
        }),
        allowed_tenants: azure_ad.map_or_else(Vec::new, |azure_ad| {
            check_tenants(
                &azure_ad.allowed_tenants,
                &in_azure_ad("allowed_tenants"),
                found,
            )
        }),
        answers: check_answers(raw, origins, found),
        upstream: check_upstream(raw, origins, found),
        preflight_passes: raw.cors_preflight.valid() == Some(&CorsPreflight::Allow),
        report_only: raw.mode.valid() == Some(&Mode::Report),
    }
}

/// The entries of a list of texts, none of them empty.
fn texts(
    list: &Field<List<String>>,
    path: &Path,
    what: &str,
    found: &mut Diagnostics,
) -> Vec<String> {
    let entries: Vec<(Path, &String)> = entries(list, path, what, found).collect();
    let mut texts = Vec::with_capacity(entries.len());
    for (place, text) in entries {
        if text.is_empty() {
            found.error(&place, "found an empty text", format!("write {what}"));
        }
        texts.push(text.clone());
    }
    texts
}

fn check_location(raw: &raw::Policy, origins: &Origins, found: &mut Diagnostics) -> TokenLocation {
    if let Field::Valid(name) = &raw.query_parameter_name {
        let path = origins.of("query_parameter_name");
        if !raw.header_name.is_absent() {
            found.error(
                &path,
                "both `header_name` and `query_parameter_name`",
                "keep one: a token is looked for in one place only",
            );
        }
        if !raw.require_scheme.is_absent() {
            found.error(
                &origins.of("require_scheme"),
                "a token in the query has no scheme",
                "remove `require_scheme`",
            );
        }
        if name.is_empty()
            || name
                .bytes()
                .any(|byte| !byte.is_ascii_graphic() || b"&=#?%+".contains(&byte))
        {
            found.error(
                &path,
                format!("{name:?} is no plain parameter name"),
                "write letters, digits, - and _",
            );
        }
        return TokenLocation::Query { name: name.clone() };
    }
    let name = match &raw.header_name {
        Field::Valid(name) => check_header_name(name, &origins.of("header_name"), found),
        Field::Absent | Field::Invalid => "authorization".to_string(),
    };
    let scheme = match &raw.require_scheme {
        Field::Valid(scheme) => {
            if !scheme.bytes().all(is_token_byte) {
                found.error(
                    &origins.of("require_scheme"),
                    format!("{scheme:?} is no scheme"),
                    "write for example \"Bearer\"",
                );
            }
            Some(scheme.clone()).filter(|scheme| !scheme.is_empty())
        }
        Field::Absent | Field::Invalid => (name == "authorization").then(|| "Bearer".to_string()),
    };
    TokenLocation::Header { name, scheme }
}

/// RFC 9110 §5.6.2.
fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// A header's name in lower case.
fn check_header_name(name: &str, path: &Path, found: &mut Diagnostics) -> String {
    if name.is_empty() || !name.bytes().all(is_token_byte) {
        found.error(
            path,
            format!("{name:?} is no header name"),
            "write letters, digits and -",
        );
    }
    name.to_ascii_lowercase()
}

fn check_required_claims(
    list: &Field<List<raw::RequiredClaim>>,
    path: &Path,
    found: &mut Diagnostics,
) -> Vec<RequiredClaim> {
    let entries: Vec<(Path, &raw::RequiredClaim)> = entries(list, path, "a claim", found).collect();
    let mut claims = Vec::with_capacity(entries.len());
    for (path, claim) in entries {
        let claim_path = match &claim.name {
            Field::Valid(name) => check_claim_path(name, &path.member("name"), found),
            Field::Absent => {
                found.missing(&path, "the claim has no name", "write \"name\": \"…\"");
                None
            }
            Field::Invalid => None,
        };
        let values = match &claim.values {
            Field::Absent => None,
            Field::Valid(_) | Field::Invalid => {
                let place = path.member("values");
                // An empty value is a value: a claim may be an empty text.
                Some(
                    self::entries(&claim.values, &place, "a value", found)
                        .map(|(_, value)| value.clone())
                        .collect(),
                )
            }
        };
        if let Field::Valid(separator) = &claim.separator
            && separator.is_empty()
        {
            found.error(
                &path.member("separator"),
                "found an empty text",
                "write what divides the values, such as \" \" for `scp`",
            );
        }
        claims.extend(claim_path.map(|claim_path| RequiredClaim {
            path: claim_path,
            matching: claim.matching.valid().copied().unwrap_or(Match::All),
            separator: claim.separator.valid().cloned(),
            values,
        }));
    }
    claims
}

fn check_claim_path(name: &str, path: &Path, found: &mut Diagnostics) -> Option<ClaimPath> {
    let claim = ClaimPath::parse(name);
    if claim.is_none() {
        let help = if name.is_empty() {
            "write the name of a claim"
        } else {
            "in a JSON pointer write ~0 for ~ and ~1 for /"
        };
        found.error(path, format!("{name:?} names no claim"), help);
    }
    claim
}

fn check_algorithms(
    list: &Field<List<String>>,
    path: &Path,
    only_symmetric: bool,
    found: &mut Diagnostics,
) -> Vec<Algorithm> {
    if list.is_absent() {
        return Algorithm::ALL
            .into_iter()
            .filter(|algorithm| algorithm.is_symmetric() == only_symmetric)
            .collect();
    }
    let entries: Vec<(Path, &String)> = entries(list, path, "an algorithm", found).collect();
    let mut algorithms = Vec::with_capacity(entries.len());
    for (place, name) in entries {
        match Algorithm::from_name(name) {
            Some(algorithm) => algorithms.push(algorithm),
            None if name.eq_ignore_ascii_case("none") => {
                found.error(
                    &place,
                    format!("{name:?}: unsigned tokens are never accepted"),
                    "remove it",
                );
            }
            None => {
                let help = suggest(
                    name,
                    Algorithm::ALL.iter().map(|algorithm| algorithm.name()),
                );
                found.error(&place, format!("no algorithm {name:?}"), help);
            }
        }
    }
    algorithms
}

fn check_tenants(list: &Field<List<String>>, path: &Path, found: &mut Diagnostics) -> Vec<String> {
    let entries: Vec<(Path, &String)> = entries(list, path, "a tenant", found).collect();
    let mut tenants = Vec::with_capacity(entries.len());
    for (place, tenant) in entries {
        if !is_guid(tenant) {
            found.error(
                &place,
                format!("{tenant:?} is no tenant id"),
                "write the tenant's GUID, which is what tokens have in `tid`",
            );
        }
        tenants.push(tenant.to_ascii_lowercase());
    }
    tenants
}

fn check_answers(raw: &raw::Policy, origins: &Origins, found: &mut Diagnostics) -> Answers {
    let mut status = |field: &Field<u64>, name: &str, default: u16| {
        let status = within(field, &origins.of(name), 400..=599, default.into(), found);
        u16::try_from(status).unwrap_or(default)
    };
    let own = status(
        &raw.failed_validation_httpcode,
        "failed_validation_httpcode",
        401,
    );
    let claims = status(
        &raw.insufficient_claims_httpcode,
        "insufficient_claims_httpcode",
        own,
    );
    let message = raw
        .failed_validation_error_message
        .valid()
        .map_or(DEFAULT_MESSAGE, String::as_str);
    if message.len() > MAX_TEXT_BYTES {
        let path = origins.of("failed_validation_error_message");
        found.error(
            &path,
            format!("the message has {} bytes", message.len()),
            format!("write at most {MAX_TEXT_BYTES}"),
        );
    }
    Answers {
        status: own,
        claims_status: claims,
        message: message.to_string(),
        body: raw.error_body.valid().copied().unwrap_or(ErrorBody::Json),
        challenge: check_challenge(&raw.challenge, &origins.of("challenge"), found),
    }
}

fn check_challenge(
    challenge: &Field<Node>,
    path: &Path,
    found: &mut Diagnostics,
) -> Option<Challenge> {
    let default = || Challenge {
        realm: "api".to_string(),
        resource_metadata: None,
    };
    let node = match challenge {
        Field::Absent | Field::Invalid => return Some(default()),
        Field::Valid(Node::Bool(false)) => return None,
        Field::Valid(node @ Node::Object(_)) => node,
        Field::Valid(node) => {
            found.error(
                path,
                format!("found {}", node.describe()),
                "write false, or an object with `realm`; leave the field out for the default",
            );
            return None;
        }
    };
    let raw: raw::Challenge = match read(node, path.clone(), found) {
        Field::Valid(challenge) => challenge,
        Field::Absent | Field::Invalid => return None,
    };
    let mut printable = |field: &Field<String>, name: &str| {
        let text = field.valid()?;
        if text.len() > MAX_TEXT_BYTES
            || !text
                .bytes()
                .all(|byte| byte == b' ' || byte.is_ascii_graphic())
        {
            found.error(
                &path.member(name),
                format!("{text:?} cannot stand in a header"),
                "write printable ASCII",
            );
        }
        Some(text.clone())
    };
    let realm = printable(&raw.realm, "realm");
    let resource_metadata = printable(&raw.resource_metadata, "resource_metadata");
    if let Some(address) = &resource_metadata
        && let Err(error) = crate::keys::Address::parse(address)
    {
        found.error(
            &path.member("resource_metadata"),
            format!("{address:?} is no address: {error}"),
            "write the address of the metadata document",
        );
    }
    Some(Challenge {
        realm: realm.unwrap_or_else(|| default().realm),
        resource_metadata,
    })
}

fn check_upstream(raw: &raw::Policy, origins: &Origins, found: &mut Diagnostics) -> Upstream {
    let mut headers: Vec<OutputHeader> = Vec::new();
    let mut used: Vec<String> = Vec::new();
    let token_header = raw
        .header_name
        .valid()
        .map_or("authorization", String::as_str)
        .to_ascii_lowercase();
    let removes_token = raw.forward_token.valid() == Some(&false);
    let mut own_header = |name: &str, path: &Path, found: &mut Diagnostics| {
        let header = check_header_name(name, path, found);
        if RESERVED_HEADERS.contains(&header.as_str()) || header.starts_with("x-envoy-") {
            found.error(
                path,
                format!("{name:?} belongs to the transport or to Envoy"),
                "choose a header of your own, such as \"x-sub\"",
            );
        } else if header == token_header && raw.query_parameter_name.is_absent() {
            found.error(
                path,
                format!("{name:?} holds the token"),
                "choose another header",
            );
        } else if used.contains(&header) {
            found.error(
                path,
                format!("{name:?} is set twice"),
                "choose another header",
            );
        }
        used.push(header.clone());
        header
    };
    let path = origins.of("output_headers");
    let listed: Vec<(Path, &raw::OutputHeader)> =
        entries(&raw.output_headers, &path, "a header", found).collect();
    for (path, output) in listed {
        match (&output.claim, &output.header) {
            (Field::Valid(claim), Field::Valid(header)) => {
                let claim = check_claim_path(claim, &path.member("claim"), found);
                let header = own_header(header, &path.member("header"), found);
                headers.extend(claim.map(|claim| OutputHeader { claim, header }));
            }
            (Field::Absent, _) | (_, Field::Absent) => {
                found.missing(&path, "`claim` and `header` belong together", "write both");
            }
            (Field::Invalid, _) | (_, Field::Invalid) => {}
        }
    }
    let payload_header = raw
        .output_payload_header
        .valid()
        .map(|name| own_header(name, &origins.of("output_payload_header"), found));
    let property = raw.output_property.valid().cloned();
    if let Some(name) = &property
        && (name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()))
    {
        found.error(
            &origins.of("output_property"),
            format!("{name:?} is no property name"),
            "write printable ASCII without blanks",
        );
    }
    Upstream {
        removes_token,
        headers,
        payload_header,
        property,
    }
}
