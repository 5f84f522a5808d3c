//! How refusals are answered.

use alloc::format;
use alloc::string::{String, ToString};

use crate::response::{Answers, Challenge, DEFAULT_MESSAGE};

use super::diagnostics::{Diagnostics, Path};
use super::document::{Origins, within};
use super::node::Node;
use super::raw::{self, ErrorBody};
use super::reader::{Field, read};

/// Longest message or realm: both go into response headers or small bodies.
const MAX_TEXT_BYTES: usize = 4096;

/// Status, message, body and challenge of a policy's refusals.
pub(super) fn check_answers(
    raw: &raw::Policy,
    origins: &Origins,
    found: &mut Diagnostics,
) -> Answers {
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
