//! Why a request is refused.

/// The reason of a refusal: one word that metrics, logs, `WWW-Authenticate` and the documentation share.
///
/// The set is closed. Status, challenge, log line and the table in `docs/reasons.md` all derive from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The request carries no token where the policy looks for one.
    TokenNotPresent,
    /// What was sent is not a compact JWS with a JSON object as header and payload.
    TokenMalformed,
    /// The token is longer than `max_token_bytes`.
    TokenTooLarge,
    /// More than one token was sent.
    MultipleTokens,
    /// `alg` is not one of the policy's `algorithms`.
    AlgorithmNotAllowed,
    /// `typ` is not one of the policy's `token_types`.
    TokenTypeNotAllowed,
    /// No key that may verify this token has its `kid`.
    TokenSignatureKeyNotFound,
    /// The signature does not verify.
    TokenSignatureInvalid,
    /// `iss` is missing or not accepted.
    TokenIssuerNotAllowed,
    /// `aud` is missing or names none of the policy's `audiences`.
    TokenAudienceNotAllowed,
    /// `exp` has passed.
    TokenExpired,
    /// `nbf` is still to come.
    TokenNotYetValid,
    /// `exp` is missing and the policy demands it.
    TokenExpirationMissing,
    /// A required claim is missing.
    TokenClaimNotFound,
    /// A required claim has not the required values.
    TokenClaimValueNotAllowed,
    /// `tid` is not one of the `allowed_tenants`.
    TokenTenantNotAllowed,
    /// The calling application (`azp`, `appid`) is not one of the `client_application_ids`.
    TokenClientNotAllowed,
    /// The keys that could verify the token have not been fetched yet.
    KeysUnavailable,
    /// No rule and no route says which policy the request falls under.
    NoRule,
}

impl Reason {
    /// Every reason, in the order of the documentation.
    pub const ALL: [Self; 19] = [
        Self::TokenNotPresent,
        Self::TokenMalformed,
        Self::TokenTooLarge,
        Self::MultipleTokens,
        Self::AlgorithmNotAllowed,
        Self::TokenTypeNotAllowed,
        Self::TokenSignatureKeyNotFound,
        Self::TokenSignatureInvalid,
        Self::TokenIssuerNotAllowed,
        Self::TokenAudienceNotAllowed,
        Self::TokenExpired,
        Self::TokenNotYetValid,
        Self::TokenExpirationMissing,
        Self::TokenClaimNotFound,
        Self::TokenClaimValueNotAllowed,
        Self::TokenTenantNotAllowed,
        Self::TokenClientNotAllowed,
        Self::KeysUnavailable,
        Self::NoRule,
    ];

    /// The word for it: ASCII lower case and underscores, fit for a metric name and for an `error_description`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TokenNotPresent => "token_not_present",
            Self::TokenMalformed => "token_malformed",
            Self::TokenTooLarge => "token_too_large",
            Self::MultipleTokens => "multiple_tokens",
            Self::AlgorithmNotAllowed => "algorithm_not_allowed",
            Self::TokenTypeNotAllowed => "token_type_not_allowed",
            Self::TokenSignatureKeyNotFound => "token_signature_key_not_found",
            Self::TokenSignatureInvalid => "token_signature_invalid",
            Self::TokenIssuerNotAllowed => "token_issuer_not_allowed",
            Self::TokenAudienceNotAllowed => "token_audience_not_allowed",
            Self::TokenExpired => "token_expired",
            Self::TokenNotYetValid => "token_not_yet_valid",
            Self::TokenExpirationMissing => "token_expiration_missing",
            Self::TokenClaimNotFound => "token_claim_not_found",
            Self::TokenClaimValueNotAllowed => "token_claim_value_not_allowed",
            Self::TokenTenantNotAllowed => "token_tenant_not_allowed",
            Self::TokenClientNotAllowed => "token_client_not_allowed",
            Self::KeysUnavailable => "keys_unavailable",
            Self::NoRule => "no_rule",
        }
    }

    /// What the operator is told about it, a sentence for the documentation and for `explain`.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::TokenNotPresent => "The request carries no token where the policy looks for one.",
            Self::TokenMalformed => {
                "What was sent is not a signed JWT in compact form: three parts of unpadded base64url, header and payload \
                 a JSON object without duplicate members, dates that are numbers, no `crit`."
            }
            Self::TokenTooLarge => "The token is longer than `max_token_bytes`; it was not read.",
            Self::MultipleTokens => "More than one token was sent.",
            Self::AlgorithmNotAllowed => "The token's `alg` is missing or not one of `algorithms`.",
            Self::TokenTypeNotAllowed => {
                "The token's `typ` is missing or not one of `token_types`."
            }
            Self::TokenSignatureKeyNotFound => {
                "No key that may verify a token of this issuer has the token's `kid`."
            }
            Self::TokenSignatureInvalid => {
                "The signature does not verify with the key that the token names."
            }
            Self::TokenIssuerNotAllowed => {
                "`iss` is missing, or is no issuer of the policy or of its key sources."
            }
            Self::TokenAudienceNotAllowed => "`aud` is missing or names none of `audiences`.",
            Self::TokenExpired => "`exp` has passed, `clock_skew` included.",
            Self::TokenNotYetValid => "`nbf` is still to come, `clock_skew` included.",
            Self::TokenExpirationMissing => {
                "The token has no `exp` and `require_expiration_time` is on."
            }
            Self::TokenClaimNotFound => "A claim of `required_claims` is missing.",
            Self::TokenClaimValueNotAllowed => {
                "A claim of `required_claims` has not the values that it must have."
            }
            Self::TokenTenantNotAllowed => {
                "The token's tenant (`tid`) is not one of `allowed_tenants`."
            }
            Self::TokenClientNotAllowed => {
                "The calling application (`azp`, in v1.0 tokens `appid`) is not one of `client_application_ids`."
            }
            Self::KeysUnavailable => {
                "The keys that could verify the token were not to be had within `keys.wait_timeout`, or too many requests wait \
                 for them."
            }
            Self::NoRule => {
                "No rule matches the request and the route names no policy (or one that does not exist); not a matter of the \
                 token."
            }
        }
    }

    /// Whether the token itself is good and only what it permits falls short.
    pub const fn is_insufficient_claims(self) -> bool {
        matches!(
            self,
            Self::TokenClaimNotFound | Self::TokenClaimValueNotAllowed
        )
    }
}

impl core::fmt::Display for Reason {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}
