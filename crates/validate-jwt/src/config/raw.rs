//! The configuration document as people write it. The doc comments are the descriptions in the JSON Schema.

use alloc::string::String;

use serde::Deserialize;

use super::node::Node;
use super::reader::{Field, List, Named};

/// Names of a structure's fields, as Rust has them (`matching` for `match`).
pub(crate) trait Fields {
    /// In order.
    const FIELDS: &'static [&'static str];
}

/// Defines a structure of the document whose fields are all optional to the reader; what must be there is checked later, so
/// that a missing field does not hide the other mistakes.
macro_rules! document {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub(crate) struct $name {
            $($(#[$field_doc])* pub(crate) $field: Field<$type>,)*
        }

        impl Fields for $name {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];
        }
    )*};
}

document! {
    /// Configuration of the validate-jwt filter: one policy at the top level, or several under `policies`.
    Document {
        /// Policies by name.
        policies: Named<Policy>,
        /// Which policy a request falls under; the first rule that matches decides. Without rules, policies are reached by the
        /// metadata of Envoy's route only.
        rules: List<Rule>,
        /// When keys are fetched and how long they are good.
        keys: Keys,
        /// Memory for tokens that were verified before.
        token_cache: TokenCache,
        /// Verify signatures with the host's `verify_signature` where it has it. Default: true.
        use_host_crypto: bool,
    }

    /// What a token must satisfy, where it is found, what a refusal looks like and what the upstream is told.
    Policy {
        /// Name of another policy from which every field is taken over that is not set here.
        extends: String,
        /// Header that holds the token. Default: `Authorization`, unless `query_parameter_name` is set.
        header_name: String,
        /// Query parameter that holds the token, instead of a header.
        query_parameter_name: String,
        /// Scheme before the token, compared without case. Default: `Bearer` for `Authorization`, none for another header. An
        /// empty text also takes a bare token.
        require_scheme: String,
        /// Discovery documents; each yields an issuer and the address of a key set.
        openid_configs: List<OpenIdConfig>,
        /// Key sets without discovery.
        jwks: List<KeySet>,
        /// Static keys.
        issuer_signing_keys: List<StaticKey>,
        /// Entra ID as issuer.
        azure_ad: AzureAd,
        /// Accepted `iss`, beside the issuers that the key sources state.
        issuers: List<String>,
        /// Accepted `aud`; the token must name one of them.
        audiences: List<String>,
        /// Claims that must be there; every entry must hold.
        required_claims: List<RequiredClaim>,
        /// Accepted `alg`. Default: all asymmetric ones. `HS256`, `HS384`, `HS512` only if listed or if every key is symmetric.
        algorithms: List<String>,
        /// Accepted `typ`, compared without case and without `application/`. Default: any, or none.
        token_types: List<String>,
        /// Whether `exp` must be there. Default: true.
        require_expiration_time: bool,
        /// Must be true: unsigned tokens are never accepted.
        require_signed_tokens: bool,
        /// Seconds, 0 to 600, by which clocks may differ, for `exp` and `nbf`. Default: 0.
        clock_skew: u64,
        /// Bytes, 256 to 65536; a longer token is refused unread. Default: 16384.
        max_token_bytes: u64,
        /// Status of every refusal, 400 to 599. Default: 401.
        failed_validation_httpcode: u64,
        /// Message of every refusal.
        failed_validation_error_message: String,
        /// Status when the token is good but a required claim does not hold. Default: as `failed_validation_httpcode`.
        insufficient_claims_httpcode: u64,
        /// Form of the body of a refusal. Default: json.
        error_body: ErrorBody,
        /// The `WWW-Authenticate` of refusals; `false` sends none.
        #[cfg_attr(feature = "schema", schemars(with = "super::schema::ChallengeOrFalse"))]
        challenge: Node,
        /// Leave the token on the request that goes upstream. Default: true.
        forward_token: bool,
        /// Claims that the upstream gets as headers.
        output_headers: List<OutputHeader>,
        /// Header in which the upstream gets the whole payload as base64url.
        output_payload_header: String,
        /// Name of the Envoy filter state (`wasm.<name>`) that holds the payload as JSON.
        output_property: String,
        /// `allow`: CORS preflight requests pass without a token. Default: check.
        cors_preflight: CorsPreflight,
        /// `report`: decide, count and log, but let the request pass. Default: enforce.
        mode: Mode,
    }

    /// A discovery document (OpenID Connect Discovery 1.0, RFC 8414).
    OpenIdConfig {
        /// Address of the document.
        url: String,
        /// Envoy cluster that reaches the address's host.
        cluster: String,
        /// Envoy cluster for the key set, when its host is another one.
        jwks_cluster: String,
    }

    /// A key set (RFC 7517) with an address, or written here.
    KeySet {
        /// Issuer whose tokens these keys verify.
        issuer: String,
        /// Address of the key set.
        url: String,
        /// Envoy cluster that reaches the address's host.
        cluster: String,
        /// The key set itself.
        #[cfg_attr(feature = "schema", schemars(with = "super::schema::AnyObject"))]
        inline: Node,
    }

    /// A static key: RSA by `n` and `e`, a symmetric secret by `value`, or a PEM public key or certificate.
    StaticKey {
        /// The `kid` of tokens that this key verifies.
        id: String,
        /// RSA modulus, base64 or base64url.
        n: String,
        /// RSA exponent, base64 or base64url.
        e: String,
        /// Symmetric secret, base64.
        value: String,
        /// Public key or certificate.
        pem: String,
    }

    /// Entra ID as issuer: both the v1.0 and the v2.0 tokens of a tenant.
    AzureAd {
        /// Tenant GUID, domain, or `organizations` or `common`.
        tenant_id: String,
        /// Envoy cluster that reaches the login host.
        cluster: String,
        /// National cloud; sets the login host and the v1.0 issuer. Default: public.
        cloud: Cloud,
        /// Another login host, such as that of a development emulator: `https://localhost:8443`.
        authentication_endpoint: String,
        /// Client applications (`azp`, in v1.0 tokens `appid`) that may call. Default: any.
        client_application_ids: List<String>,
        /// Tenants whose tokens are accepted; required with `organizations` and `common`.
        allowed_tenants: List<String>,
    }

    /// A claim that must be there, with certain values or with any.
    RequiredClaim {
        /// Name of a top-level claim, or a JSON pointer when it begins with `/`.
        name: String,
        /// Whether all or any of the values must be in the claim. Default: all.
        #[serde(rename = "match")]
        matching: Match,
        /// What divides a string claim into values.
        separator: String,
        /// The values. Default: the claim need only be there.
        values: List<String>,
    }

    /// A claim that goes upstream as a header.
    OutputHeader {
        /// The claim, as `name` in `required_claims`.
        claim: String,
        /// The header.
        header: String,
    }

    /// The `WWW-Authenticate` of refusals (RFC 6750, RFC 9728).
    Challenge {
        /// The realm. Default: api.
        realm: String,
        /// Address of the protected resource's metadata (RFC 9728).
        resource_metadata: String,
    }

    /// A rule: if all conditions of `match` hold, `policy` decides, or requests pass without a token.
    Rule {
        /// The conditions. Default: every request.
        #[serde(rename = "match")]
        matching: RuleMatch,
        /// Name of the policy that decides.
        policy: String,
        /// Let the requests pass without a token.
        allow_anonymous: bool,
    }

    /// Conditions of a rule; all that are given must hold.
    RuleMatch {
        /// The path is this.
        path: String,
        /// The path is this or below it.
        path_prefix: String,
        /// The method is one of these.
        methods: List<String>,
        /// The host is one of these, without port and case; `*.example.com` takes every host below.
        hosts: List<String>,
    }

    /// When keys are fetched and how long they are good. All in seconds.
    Keys {
        /// A key source is fetched anew this often, in the background. Default: 3600.
        refresh_interval: u64,
        /// An unknown `kid`, or a failed fetch, causes at most one fetch in this time. Default: 300.
        min_refetch_interval: u64,
        /// A key stays good this long after it was last seen in its source. 0: only while the newest document lists it.
        /// Default: 86400.
        key_ttl: u64,
        /// Limit for one fetch. Default: 5.
        fetch_timeout: u64,
        /// How long a request waits for a source that has never been fetched. Default: 3.
        wait_timeout: u64,
    }

    /// Memory for tokens that were verified before.
    TokenCache {
        /// Bytes in each worker; 0 turns the cache off. Default: 4194304.
        max_bytes: u64,
    }
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $word)] $variant,)*
        }
    )*};
}

words! {
    /// Form of the body of a refusal.
    ErrorBody {
        /// `{"statusCode":401,"message":"…"}`, as API Management answers.
        Json = "json",
        /// The message alone.
        Text = "text",
        /// RFC 9457.
        Problem = "problem",
    }

    /// What is done with CORS preflight requests.
    CorsPreflight {
        /// They pass without a token.
        Allow = "allow",
        /// They need a token like all others.
        Check = "check",
    }

    /// What becomes of a refusal.
    Mode {
        /// The request is refused.
        Enforce = "enforce",
        /// It is counted and logged, and the request passes.
        Report = "report",
    }

    /// How many of the values a claim must have.
    Match {
        /// Every one.
        All = "all",
        /// At least one.
        Any = "any",
    }

    /// A national cloud of Entra ID.
    Cloud {
        /// `login.microsoftonline.com`
        Public = "public",
        /// `login.microsoftonline.us`
        UsGovernment = "us_government",
        /// `login.partner.microsoftonline.cn`
        China = "china",
    }
}

/// Takes over the fields of `parent` that are absent in `child`, and says which.
macro_rules! inherit {
    ($child:ident, $parent:ident: $($field:ident)*) => {{
        let mut taken: alloc::vec::Vec<&'static str> = alloc::vec::Vec::new();
        $(
            if $child.$field.is_absent() && !$parent.$field.is_absent() {
                $child.$field = $parent.$field.clone();
                taken.push(stringify!($field));
            }
        )*
        taken
    }};
}

impl Policy {
    /// Takes over what `parent` sets and this policy does not; the names of those fields. The place of the token is one
    /// matter: a policy that sets any of its fields takes over none of the others that contradict.
    pub(crate) fn inherit(&mut self, parent: &Self) -> alloc::vec::Vec<&'static str> {
        let mut parent = parent.clone();
        if !self.header_name.is_absent() {
            parent.query_parameter_name = Field::Absent;
        }
        if !self.query_parameter_name.is_absent() {
            parent.header_name = Field::Absent;
            parent.require_scheme = Field::Absent;
        }
        let child = self;
        inherit!(child, parent:
            header_name query_parameter_name require_scheme openid_configs jwks issuer_signing_keys azure_ad issuers audiences
            required_claims algorithms token_types require_expiration_time require_signed_tokens clock_skew max_token_bytes
            failed_validation_httpcode failed_validation_error_message insufficient_claims_httpcode error_body challenge
            forward_token output_headers output_payload_header output_property cors_preflight mode)
    }
}
