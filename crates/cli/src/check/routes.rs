//! The routes of a bootstrap, against what a policy changes in a request.
//!
//! When a filter has changed a request's header fields, Envoy chooses the route again, and its metadata may then name a policy
//! that was not asked.

use validate_jwt::config::Config;
use validate_jwt::policy::TokenLocation;

use crate::diagnostics::{Diagnostic, Severity};
use crate::document::{Bootstrap, RequestPart};

/// Warns of each route that is chosen by a part of the request that a policy changes.
pub(super) fn check(config: &Config, bootstrap: &Bootstrap) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for matched in &bootstrap.matched {
        let (what, is_changed) = match &matched.part {
            RequestPart::Header(name) => (
                format!("the header {name:?}"),
                config.managed_headers.contains(name)
                    || takes_off(
                        config,
                        |location| matches!(location, TokenLocation::Header { name: token, .. } if token == name),
                    ),
            ),
            RequestPart::QueryParameter(name) => (
                format!("the query parameter {name:?}"),
                takes_off(
                    config,
                    |location| matches!(location, TokenLocation::Query { name: token } if token == name),
                ),
            ),
        };
        if is_changed {
            found.push(Diagnostic {
                severity: Severity::Warning,
                message: format!("a route is chosen by {what}, which a policy changes"),
                help: Some(
                    "Envoy chooses the route again after the change, and does not ask the new route's policy: \
                     choose it by something else"
                        .to_owned(),
                ),
                span: Some(matched.place.clone()),
                path: None,
            });
        }
    }
    found
}

/// Whether a policy takes the token off the request from such a place.
fn takes_off(config: &Config, is_there: impl Fn(&TokenLocation) -> bool) -> bool {
    config
        .policies
        .iter()
        .any(|policy| policy.upstream.removes_token && is_there(&policy.location))
}
