//! Requests and what becomes of them, for the command and for the filter in Envoy alike.
//!
//! Each case has a policy of its own in one document, which rules choose by the first segment of the path.

mod entra;
mod request;
mod statement;
mod token;

use serde_json::{Value, json};
use validate_jwt_tests::{Provider, Signer, Token};

/// What must come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Allow,
    Anonymous,
    Report(&'static str),
    Deny(&'static str),
}

/// Where the token stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Bearer,
    Header(&'static str),
    Query(&'static str),
}

/// A request under a policy.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) policy: Value,
    pub(crate) method: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) token: Option<String>,
    pub(crate) place: Place,
    pub(crate) outcome: Outcome,
    pub(crate) has_keys: bool,
}

/// Where keys come from.
pub(crate) struct World {
    pub(crate) signer: Signer,
    pub(crate) provider: Provider,
    /// States the issuer of many tenants.
    pub(crate) tenants: Provider,
    /// Answers nothing of use.
    pub(crate) broken: Provider,
}

pub(crate) const TENANT: &str = "11111111-1111-1111-1111-111111111111";
pub(crate) const OTHER_TENANT: &str = "99999999-9999-9999-9999-999999999999";
const CLIENT: &str = "aaaaaaaa-0000-0000-0000-000000000000";

impl World {
    pub(crate) fn start() -> Self {
        let signer = Signer::rsa("k1");
        let keys = || [signer.jwk(), Signer::rsa("k2").jwk()];
        let provider = Provider::with_keys(keys());
        let tenants = Provider::with_keys(keys());
        let issuer = format!("{}/{{tenantid}}/v2.0", tenants.issuer());
        tenants.set_discovery("issuer", json!(issuer));
        let broken = Provider::start();
        broken.on_all(&validate_jwt_tests::Behaviour::Status(500));
        Self {
            signer,
            provider,
            tenants,
            broken,
        }
    }

    /// The key set as a file holds it.
    pub(crate) fn key_set(&self) -> Value {
        json!({"keys": [self.signer.jwk(), Signer::rsa("k2").jwk()]})
    }

    /// The document of these cases.
    pub(crate) fn document(cases: &[Case]) -> Value {
        let mut rules = vec![json!({"match": {"path": "/open"}, "allow_anonymous": true})];
        let mut policies = serde_json::Map::new();
        for (index, case) in cases.iter().enumerate() {
            policies.insert(format!("p{index}"), case.policy.clone());
            let prefix = format!("/{index}");
            rules.push(json!({"match": {"path_prefix": prefix}, "policy": format!("p{index}")}));
        }
        json!({"policies": policies, "rules": rules, "keys": {"wait_timeout": 1}})
    }

    fn token(&self) -> Token {
        Token::new(&self.provider.issuer(), &self.signer)
    }

    /// The policy of most cases with fields set over it; null takes one away.
    fn policy(&self, fields: Value) -> Value {
        let mut policy = validate_jwt_tests::policy(&self.provider);
        let (Some(object), Value::Object(fields)) = (policy.as_object_mut(), fields) else {
            return policy;
        };
        for (name, value) in fields {
            if value.is_null() {
                object.remove(&name);
            } else {
                object.insert(name, value);
            }
        }
        policy
    }

    fn case(&self, name: &'static str, token: impl Into<Option<String>>, outcome: Outcome) -> Case {
        Case {
            name,
            policy: self.policy(json!({})),
            method: "GET",
            headers: Vec::new(),
            token: token.into(),
            place: Place::Bearer,
            outcome,
            has_keys: true,
        }
    }

    fn with(
        &self,
        name: &'static str,
        fields: Value,
        token: impl Into<Option<String>>,
        outcome: Outcome,
    ) -> Case {
        Case {
            policy: self.policy(fields),
            ..self.case(name, token, outcome)
        }
    }

    /// All cases.
    pub(crate) fn cases(&self) -> Vec<Case> {
        let mut cases = self.form();
        cases.extend(self.keys());
        cases.extend(self.names());
        cases.extend(self.times());
        cases.extend(self.claims());
        cases.extend(self.entra());
        cases.extend(self.places());
        cases.extend(self.answers());
        cases
    }
}
