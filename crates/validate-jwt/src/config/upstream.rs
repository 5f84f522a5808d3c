//! What the upstream is told.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::upstream::{OutputHeader, Upstream};

use super::diagnostics::{Diagnostics, Path};
use super::document::{Origins, entries};
use super::policy::{check_claim_path, check_header_name};
use super::raw;
use super::reader::Field;

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

/// Headers and property that a policy sets.
pub(super) fn check_upstream(
    raw: &raw::Policy,
    origins: &Origins,
    found: &mut Diagnostics,
) -> Upstream {
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
