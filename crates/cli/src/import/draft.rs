//! A policy on its way from API Management's words to ours.

use serde_json::{Map, Value, json};

/// The algorithms that API Management's page lists for keys of two halves.
pub(super) const ASYMMETRIC: [&str; 4] = ["RS256", "RS512", "PS256", "ES256"];

/// The one algorithm for shared keys that is known from use. The page lists names of JWE content encryption
/// (`A128CBC-HS256` …), which say nothing certain about HS384 and HS512.
pub(super) const SYMMETRIC: [&str; 1] = ["HS256"];

/// What one element, or several that must all hold, asks of a token.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft {
    pub(super) place: TokenPlace,
    pub(super) openid_configs: Vec<OpenidConfig>,
    pub(super) issuer_signing_keys: Vec<SigningKey>,
    pub(super) azure_ad: Option<AzureAd>,
    pub(super) issuers: Vec<String>,
    pub(super) audiences: Vec<String>,
    pub(super) required_claims: Vec<Claim>,
    pub(super) algorithms: Vec<&'static str>,
    pub(super) allow_missing_expiration: bool,
    pub(super) clock_skew: u16,
    pub(super) status: Option<u16>,
    pub(super) message: Option<String>,
}

/// Where the token is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct TokenPlace {
    pub(super) header_name: Option<String>,
    pub(super) query_parameter_name: Option<String>,
    pub(super) require_scheme: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenidConfig {
    pub(super) url: String,
    pub(super) cluster: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SigningKey {
    pub(super) id: Option<String>,
    pub(super) material: KeyMaterial,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyMaterial {
    /// A shared secret, base64.
    Secret(String),
    /// An RSA public key.
    Rsa { n: String, e: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AzureAd {
    pub(super) tenant_id: String,
    pub(super) cluster: String,
    pub(super) cloud: Option<&'static str>,
    pub(super) authentication_endpoint: Option<String>,
    pub(super) client_application_ids: Vec<String>,
    pub(super) allowed_tenants: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    /// As our documents write it: a name, or a JSON pointer when it begins with `/`.
    pub(super) name: String,
    pub(super) any: bool,
    pub(super) separator: Option<String>,
    /// Empty when the claim need only be there.
    pub(super) values: Vec<String>,
}

impl Draft {
    /// The policy as our documents write it. Fields at their default are left out where the default says the same.
    pub(super) fn to_json(&self) -> Value {
        let mut policy = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                policy.insert(name.to_owned(), value);
            }
        };
        put(
            "header_name",
            self.place.header_name.as_ref().map(|name| json!(name)),
        );
        put(
            "query_parameter_name",
            self.place
                .query_parameter_name
                .as_ref()
                .map(|name| json!(name)),
        );
        put(
            "require_scheme",
            self.place
                .require_scheme
                .as_ref()
                .map(|scheme| json!(scheme)),
        );
        put(
            "openid_configs",
            list(
                &self.openid_configs,
                |source| json!({"url": source.url, "cluster": source.cluster}),
            ),
        );
        put("azure_ad", self.azure_ad.as_ref().map(AzureAd::to_json));
        put(
            "issuer_signing_keys",
            list(&self.issuer_signing_keys, SigningKey::to_json),
        );
        put("issuers", list(&self.issuers, |text| json!(text)));
        put("audiences", list(&self.audiences, |text| json!(text)));
        put(
            "required_claims",
            list(&self.required_claims, Claim::to_json),
        );
        put("algorithms", list(&self.algorithms, |text| json!(text)));
        put(
            "require_expiration_time",
            self.allow_missing_expiration.then(|| json!(false)),
        );
        put(
            "clock_skew",
            (self.clock_skew > 0).then(|| json!(self.clock_skew)),
        );
        put(
            "failed_validation_httpcode",
            self.status.map(|status| json!(status)),
        );
        put(
            "failed_validation_error_message",
            self.message.as_ref().map(|message| json!(message)),
        );
        Value::Object(policy)
    }
}

impl AzureAd {
    fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("tenant_id".to_owned(), json!(self.tenant_id));
        object.insert("cluster".to_owned(), json!(self.cluster));
        if let Some(cloud) = self.cloud {
            object.insert("cloud".to_owned(), json!(cloud));
        }
        if let Some(endpoint) = &self.authentication_endpoint {
            object.insert("authentication_endpoint".to_owned(), json!(endpoint));
        }
        for (name, texts) in [
            ("client_application_ids", &self.client_application_ids),
            ("allowed_tenants", &self.allowed_tenants),
        ] {
            if !texts.is_empty() {
                object.insert(name.to_owned(), json!(texts));
            }
        }
        Value::Object(object)
    }
}

impl SigningKey {
    fn to_json(&self) -> Value {
        let mut object = Map::new();
        if let Some(id) = &self.id {
            object.insert("id".to_owned(), json!(id));
        }
        match &self.material {
            KeyMaterial::Secret(value) => {
                object.insert("value".to_owned(), json!(value));
            }
            KeyMaterial::Rsa { n, e } => {
                object.insert("n".to_owned(), json!(n));
                object.insert("e".to_owned(), json!(e));
            }
        }
        Value::Object(object)
    }
}

impl Claim {
    fn to_json(&self) -> Value {
        let mut object = Map::new();
        object.insert("name".to_owned(), json!(self.name));
        if self.any {
            object.insert("match".to_owned(), json!("any"));
        }
        if let Some(separator) = &self.separator {
            object.insert("separator".to_owned(), json!(separator));
        }
        if !self.values.is_empty() {
            object.insert("values".to_owned(), json!(self.values));
        }
        Value::Object(object)
    }
}

fn list<T>(items: &[T], to_json: impl Fn(&T) -> Value) -> Option<Value> {
    (!items.is_empty()).then(|| Value::Array(items.iter().map(to_json).collect()))
}
