//! Which endpoint a path means.

use serde::Serialize;

use crate::{directory::Generation, knobs::Target, token_request::TokenEndpoint};

/// An endpoint; the borrowed parts are the tenant segment and the name of the knob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route<'a> {
    Page,
    Ca,
    Metadata(Generation, &'a str),
    Keys(Generation, &'a str),
    Token(TokenEndpoint, &'a str),
    Authorize,
    Health,
    State,
    Knob(&'a str),
    Unknown,
}

/// The name under which requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Counter {
    Page,
    Ca,
    DiscoveryV1,
    DiscoveryV2,
    KeysV1,
    KeysV2,
    TokenV1,
    TokenV2,
    Unknown,
}

impl Counter {
    /// All counters, so that those at zero are shown too.
    pub(crate) const ALL: [Self; 9] = [
        Self::Page,
        Self::Ca,
        Self::DiscoveryV1,
        Self::DiscoveryV2,
        Self::KeysV1,
        Self::KeysV2,
        Self::TokenV1,
        Self::TokenV2,
        Self::Unknown,
    ];
}

impl<'a> Route<'a> {
    pub(crate) fn of(path: &'a str) -> Self {
        let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
        let mut next = || segments.next();
        let parts = (next(), next(), next(), next(), next());
        let (Some(first), rest) = (parts.0, (parts.1, parts.2, parts.3, parts.4)) else {
            return Self::Unknown;
        };
        match (first, rest) {
            ("", (None, ..)) => Self::Page,
            ("ca.pem", (None, ..)) => Self::Ca,
            ("emulator", (Some("health"), None, ..)) => Self::Health,
            ("emulator", (Some("state"), None, ..)) => Self::State,
            ("emulator", (Some(knob), None, ..)) => Self::Knob(knob),
            ("emulator", _) => Self::Unknown,
            (tenant, (Some(".well-known"), Some("openid-configuration"), None, _)) => {
                Self::Metadata(Generation::V1, tenant)
            }
            (tenant, (Some("v2.0"), Some(".well-known"), Some("openid-configuration"), None)) => {
                Self::Metadata(Generation::V2, tenant)
            }
            (tenant, (Some("discovery"), Some("keys"), None, _)) => {
                Self::Keys(Generation::V1, tenant)
            }
            (tenant, (Some("discovery"), Some("v2.0"), Some("keys"), None)) => {
                Self::Keys(Generation::V2, tenant)
            }
            (tenant, (Some("oauth2"), Some("token"), None, _)) => {
                Self::Token(TokenEndpoint::V1, tenant)
            }
            (tenant, (Some("oauth2"), Some("v2.0"), Some("token"), None)) => {
                Self::Token(TokenEndpoint::V2, tenant)
            }
            (
                _,
                (Some("oauth2"), Some("authorize"), None, _)
                | (Some("oauth2"), Some("v2.0"), Some("authorize"), None),
            ) => Self::Authorize,
            _ => Self::Unknown,
        }
    }

    /// What the knobs call this endpoint, if they can concern it.
    pub(crate) fn target(self) -> Option<Target> {
        match self {
            Self::Metadata(..) => Some(Target::Discovery),
            Self::Keys(..) => Some(Target::Keys),
            Self::Token(..) => Some(Target::Token),
            Self::Page
            | Self::Ca
            | Self::Authorize
            | Self::Health
            | Self::State
            | Self::Knob(_)
            | Self::Unknown => None,
        }
    }

    /// Where a request to this endpoint is counted; the emulator's own endpoints are not.
    pub(crate) fn counter(self) -> Option<Counter> {
        match self {
            Self::Page => Some(Counter::Page),
            Self::Ca => Some(Counter::Ca),
            Self::Metadata(Generation::V1, _) => Some(Counter::DiscoveryV1),
            Self::Metadata(Generation::V2, _) => Some(Counter::DiscoveryV2),
            Self::Keys(Generation::V1, _) => Some(Counter::KeysV1),
            Self::Keys(Generation::V2, _) => Some(Counter::KeysV2),
            Self::Token(TokenEndpoint::V1, _) => Some(Counter::TokenV1),
            Self::Token(TokenEndpoint::V2, _) => Some(Counter::TokenV2),
            Self::Authorize | Self::Unknown => Some(Counter::Unknown),
            Self::Health | Self::State | Self::Knob(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn paths_with_more_or_fewer_segments_are_unknown() {
        for path in [
            "//",
            "/ca.pem/",
            "/t/discovery/keys/",
            "/t/oauth2/v2.0/token/x",
            "/t",
            "/emulator",
            "/emulator/a/b",
            "*",
        ] {
            assert_eq!(Route::of(path), Route::Unknown, "{path}");
        }
    }
}
