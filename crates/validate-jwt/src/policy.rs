//! A policy: what was read from the configuration, checked, and needs no further checking.

use alloc::string::String;
use alloc::vec::Vec;

use validate_jwt_jws::Algorithm;

use crate::claims::RequiredClaim;
use crate::keys::SourceId;
use crate::response::Answers;
use crate::upstream::Upstream;

/// What a token must satisfy, where it is found, and what follows.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Its name; `default` for a policy at the top level of the document.
    pub name: String,
    /// Where the token is.
    pub location: TokenLocation,
    /// Longest token that is read, in bytes.
    pub max_token_bytes: usize,
    /// Where its keys come from.
    pub sources: Vec<SourceId>,
    /// Issuers that are accepted for every source.
    pub issuers: Vec<String>,
    /// Whether `iss` matters: not when neither the policy nor any source states an issuer.
    pub checks_issuer: bool,
    /// Audiences of which the token must name one; empty: any.
    pub audiences: Vec<String>,
    /// Claims that must hold.
    pub required_claims: Vec<RequiredClaim>,
    /// Accepted algorithms.
    pub algorithms: Vec<Algorithm>,
    /// Accepted `typ`; empty: any.
    pub token_types: Vec<String>,
    /// Whether `exp` must be there.
    pub require_expiration_time: bool,
    /// Seconds by which clocks may differ.
    pub clock_skew: u64,
    /// Accepted callers; empty: any.
    pub client_application_ids: Vec<String>,
    /// Accepted `tid`, GUIDs in lower case; empty: any.
    pub allowed_tenants: Vec<String>,
    /// How refusals are answered.
    pub answers: Answers,
    /// What the upstream is told.
    pub upstream: Upstream,
    /// Whether CORS preflight requests pass without a token.
    pub preflight_passes: bool,
    /// Whether refused requests pass all the same.
    pub report_only: bool,
}

/// Where a token is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenLocation {
    /// In a header.
    Header {
        /// Its name, in lower case.
        name: String,
        /// The scheme that must come before the token; without one, a bare token is taken and one behind `Bearer`.
        scheme: Option<String>,
    },
    /// In the query, as this parameter.
    Query {
        /// Its name.
        name: String,
    },
}
