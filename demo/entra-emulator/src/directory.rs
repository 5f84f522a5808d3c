//! What the first segment of a path addresses, and the documents served there.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::{
    access_token::{v1_issuer, v2_issuer},
    base_address::BaseAddress,
    registrations::{Registrations, Tenant},
    signing_key::SigningKey,
};

/// What stands for the tenant in issuers of documents that serve many tenants.
const TENANT_TEMPLATE: &str = "{tenantid}";

/// Entra's two generations of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Generation {
    V1,
    V2,
}

/// One tenant, or one of the names that stand for many.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Directory<'a> {
    One(&'a Tenant),
    Many(Audience),
}

/// The names that address many tenants. `consumers`, the personal accounts, is not emulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Common,
    Organizations,
}

impl<'a> Directory<'a> {
    pub(crate) fn find(registrations: &'a Registrations, segment: &str) -> Option<Self> {
        if segment.eq_ignore_ascii_case("common") {
            Some(Self::Many(Audience::Common))
        } else if segment.eq_ignore_ascii_case("organizations") {
            Some(Self::Many(Audience::Organizations))
        } else {
            registrations.tenant(segment).map(Self::One)
        }
    }

    /// The segment in addresses: a tenant's id, even if it was asked for by its domain.
    fn segment(self) -> &'a str {
        match self {
            Self::One(tenant) => tenant.id.as_str(),
            Self::Many(Audience::Common) => "common",
            Self::Many(Audience::Organizations) => "organizations",
        }
    }

    /// What stands for the tenant in an issuer.
    fn tid(self) -> &'a str {
        match self {
            Self::One(tenant) => tenant.id.as_str(),
            Self::Many(_) => TENANT_TEMPLATE,
        }
    }

    /// The OpenID provider metadata. Endpoints the emulator lacks are left out, but for the
    /// authorization endpoint, which the format requires.
    pub(crate) fn metadata(self, generation: Generation, base: &BaseAddress) -> Value {
        let root = format!("{base}/{}", self.segment());
        let (issuer, oauth2, keys) = match generation {
            Generation::V1 => (v1_issuer(self.tid()), "oauth2", "discovery/keys"),
            Generation::V2 => (
                v2_issuer(base, self.tid()),
                "oauth2/v2.0",
                "discovery/v2.0/keys",
            ),
        };
        json!({
            "token_endpoint": format!("{root}/{oauth2}/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "jwks_uri": format!("{root}/{keys}"),
            "response_modes_supported": ["query"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code"],
            "grant_types_supported": ["client_credentials"],
            "scopes_supported": ["openid"],
            "issuer": issuer,
            "authorization_endpoint": format!("{root}/{oauth2}/authorize"),
            "claims_supported": ["aud", "iss", "iat", "nbf", "exp", "sub", "oid", "tid", "ver"],
        })
    }

    /// The key set (RFC 7517). Like Entra's it has no `alg`, and names an issuer per key in version 2.0 only:
    /// the template in the sets of many tenants, the tenant's own issuer in the set of one.
    pub(crate) fn key_set(
        self,
        generation: Generation,
        base: &BaseAddress,
        keys: &[Arc<SigningKey>],
    ) -> Value {
        let issuer = v2_issuer(base, self.tid());
        let keys: Vec<Value> = keys
            .iter()
            .map(|key| {
                let mut jwk = json!({
                    "kty": "RSA",
                    "use": "sig",
                    "kid": key.kid(),
                    "x5t": key.kid(),
                    "n": key.n(),
                    "e": key.e(),
                    "x5c": [key.x5c()],
                });
                if let (Generation::V2, Some(members)) = (generation, jwk.as_object_mut()) {
                    members.insert("issuer".to_owned(), issuer.clone().into());
                }
                jwk
            })
            .collect();
        json!({ "keys": keys })
    }
}
