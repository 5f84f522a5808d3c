//! One policy.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use validate_jwt_jws::Algorithm;

use crate::claims::{ClaimPath, RequiredClaim};
use crate::keys::{Source, issuer::is_guid};
use crate::policy::{Policy, TokenLocation};

use super::answers::check_answers;
use super::diagnostics::{Diagnostics, Path, suggest};
use super::document::{Origins, entries, within};
use super::key_use::warn_of_weak_keys;
use super::raw::{self, CorsPreflight, Match, Mode};
use super::reader::{Field, List};
use super::sources::{PolicySources, check_sources};
use super::upstream::check_upstream;

/// Longest `clock_skew` without a warning: RFC 7519 §4.1.4 speaks of "a few minutes".
const USUAL_CLOCK_SKEW: u64 = 300;

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
pub(super) fn check_header_name(name: &str, path: &Path, found: &mut Diagnostics) -> String {
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

pub(super) fn check_claim_path(
    name: &str,
    path: &Path,
    found: &mut Diagnostics,
) -> Option<ClaimPath> {
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
