//! The structures of the document, the form of each of their fields, and a correct document around each.

use serde_json::{Value, json};

use crate::support::{ED, policy};

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    Text,
    Flag,
    List,
    Object,
    /// A whole number within these limits.
    Number(u64, u64),
    /// One of these words.
    Word(&'static [&'static str]),
    /// `false` or an object.
    Challenge,
    /// A key set.
    Keys,
}

use Form::{Challenge, Flag, Keys, List, Number, Object, Text, Word};

/// A structure: where it stands, and its fields.
pub(crate) struct Place {
    /// Its path as messages write it; empty for the document itself.
    pub(crate) path: &'static str,
    /// The same as a JSON pointer.
    pub(crate) pointer: &'static str,
    pub(crate) fields: &'static [(&'static str, Form)],
    /// A correct document that has it.
    pub(crate) base: fn() -> Value,
}

impl Place {
    /// The correct document with one member more, or another.
    pub(crate) fn document(&self, name: &str, value: Value) -> Value {
        let mut document = (self.base)();
        let here = document.pointer_mut(self.pointer).unwrap();
        here.as_object_mut().unwrap().insert(name.into(), value);
        document
    }

    /// The path of a member, as messages write it.
    pub(crate) fn member(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.into()
        } else {
            format!("{}.{name}", self.path)
        }
    }
}

const DECADE: u64 = 315_360_000;

const SETTINGS: &[(&str, Form)] = &[
    ("keys", Object),
    ("token_cache", Object),
    ("use_host_crypto", Flag),
];

const POLICY: &[(&str, Form)] = &[
    ("header_name", Text),
    ("query_parameter_name", Text),
    ("require_scheme", Text),
    ("openid_configs", List),
    ("jwks", List),
    ("issuer_signing_keys", List),
    ("azure_ad", Object),
    ("issuers", List),
    ("audiences", List),
    ("required_claims", List),
    ("algorithms", List),
    ("token_types", List),
    ("require_expiration_time", Flag),
    ("require_signed_tokens", Flag),
    ("clock_skew", Number(0, 600)),
    ("max_token_bytes", Number(256, 65536)),
    ("failed_validation_httpcode", Number(400, 599)),
    ("failed_validation_error_message", Text),
    ("insufficient_claims_httpcode", Number(400, 599)),
    ("error_body", Word(&["json", "text", "problem"])),
    ("challenge", Challenge),
    ("forward_token", Flag),
    ("output_headers", List),
    ("output_payload_header", Text),
    ("output_property", Text),
    ("cors_preflight", Word(&["allow", "check"])),
    ("mode", Word(&["enforce", "report"])),
];

fn several() -> Value {
    json!({
        "policies": { "other": policy(json!({})), "api": policy(json!({})) },
        "rules": [{ "match": {}, "policy": "api" }],
    })
}

/// Every structure.
pub(crate) const PLACES: &[Place] = &[
    Place {
        path: "",
        pointer: "",
        fields: SETTINGS,
        base: || policy(json!({})),
    },
    Place {
        path: "",
        pointer: "",
        fields: &[("policies", Object), ("rules", List)],
        base: several,
    },
    Place {
        path: "",
        pointer: "",
        fields: POLICY,
        base: || policy(json!({})),
    },
    Place {
        path: "policies.api",
        pointer: "/policies/api",
        fields: POLICY,
        base: several,
    },
    Place {
        path: "policies.api",
        pointer: "/policies/api",
        fields: &[("extends", Text)],
        base: several,
    },
    Place {
        path: "openid_configs[0]",
        pointer: "/openid_configs/0",
        fields: &[("url", Text), ("cluster", Text), ("jwks_cluster", Text)],
        base: || {
            policy(json!({
                "openid_configs": [{ "url": "https://login.example/config", "cluster": "login" }],
            }))
        },
    },
    Place {
        path: "jwks[0]",
        pointer: "/jwks/0",
        fields: &[("issuer", Text), ("url", Text), ("cluster", Text)],
        base: || json!({ "jwks": [{ "url": "https://login.example/keys", "cluster": "login" }] }),
    },
    Place {
        path: "jwks[0]",
        pointer: "/jwks/0",
        fields: &[("inline", Keys)],
        base: || policy(json!({})),
    },
    Place {
        path: "issuer_signing_keys[0]",
        pointer: "/issuer_signing_keys/0",
        fields: &[
            ("id", Text),
            ("n", Text),
            ("e", Text),
            ("value", Text),
            ("pem", Text),
        ],
        base: || json!({ "issuer_signing_keys": [{ "value": "c2VjcmV0" }] }),
    },
    Place {
        path: "azure_ad",
        pointer: "/azure_ad",
        fields: &[
            ("tenant_id", Text),
            ("cluster", Text),
            ("cloud", Word(&["public", "us_government", "china"])),
            ("authentication_endpoint", Text),
            ("client_application_ids", List),
            ("allowed_tenants", List),
        ],
        base: || json!({ "azure_ad": { "tenant_id": "contoso.example", "cluster": "entra" } }),
    },
    Place {
        path: "required_claims[0]",
        pointer: "/required_claims/0",
        fields: &[
            ("name", Text),
            ("match", Word(&["all", "any"])),
            ("separator", Text),
            ("values", List),
        ],
        base: || policy(json!({ "required_claims": [{ "name": "roles" }] })),
    },
    Place {
        path: "output_headers[0]",
        pointer: "/output_headers/0",
        fields: &[("claim", Text), ("header", Text)],
        base: || policy(json!({ "output_headers": [{ "claim": "sub", "header": "x-sub" }] })),
    },
    Place {
        path: "challenge",
        pointer: "/challenge",
        fields: &[("realm", Text), ("resource_metadata", Text)],
        base: || policy(json!({ "challenge": {} })),
    },
    Place {
        path: "rules[0]",
        pointer: "/rules/0",
        fields: &[
            ("match", Object),
            ("policy", Text),
            ("allow_anonymous", Flag),
        ],
        base: several,
    },
    Place {
        path: "rules[0].match",
        pointer: "/rules/0/match",
        fields: &[
            ("path", Text),
            ("path_prefix", Text),
            ("methods", List),
            ("hosts", List),
        ],
        base: several,
    },
    Place {
        path: "keys",
        pointer: "/keys",
        fields: &[
            ("refresh_interval", Number(1, DECADE)),
            ("min_refetch_interval", Number(1, DECADE)),
            ("key_ttl", Number(0, DECADE)),
            ("fetch_timeout", Number(1, 60)),
            ("wait_timeout", Number(0, 60)),
        ],
        base: || policy(json!({ "keys": {} })),
    },
    Place {
        path: "token_cache",
        pointer: "/token_cache",
        fields: &[("max_bytes", Number(0, 512 * 1024 * 1024))],
        base: || policy(json!({ "token_cache": {} })),
    },
];

/// A value of this form that is right by itself.
pub(crate) fn right_value(form: Form) -> Option<Value> {
    Some(match form {
        Flag => json!(true),
        Number(from, _) => json!(from),
        Word(words) => json!(words[0]),
        Challenge => json!(false),
        Keys => ED.set("k"),
        // What a text, a list or an object must hold depends on the field.
        Text | List | Object => return None,
    })
}
