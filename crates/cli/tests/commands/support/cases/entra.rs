//! Cases about Entra ID.

use serde_json::{Value, json};

use super::{CLIENT, Case, OTHER_TENANT, Outcome, TENANT, World};

impl World {
    pub(super) fn entra(&self) -> Vec<Case> {
        use Outcome::{Allow, Deny};
        let base = self.provider.issuer();
        let v2 = |tenant: &str| format!("{base}/{tenant}/v2.0");
        let v1 = |tenant: &str| format!("https://sts.windows.net/{tenant}/");
        let token = |iss: &str, tid: &str| self.token().claim("iss", iss).claim("tid", tid);
        let azure = |fields: Value| {
            let mut azure_ad = json!({"tenant_id": TENANT, "cluster": "provider", "authentication_endpoint": base});
            for (name, value) in fields.as_object().into_iter().flatten() {
                azure_ad[name] = value.clone();
            }
            json!({"openid_configs": null, "azure_ad": azure_ad})
        };
        let one = azure(json!({}));
        let client = azure(json!({"client_application_ids": [CLIENT]}));
        let many = |allowed: &str| {
            azure(json!({
                "tenant_id": "organizations", "cluster": "tenants",
                "authentication_endpoint": self.tenants.issuer(), "allowed_tenants": [allowed],
            }))
        };
        let shared = format!("{}/{TENANT}/v2.0", self.tenants.issuer());
        vec![
            self.with(
                "version 2.0",
                one.clone(),
                token(&v2(TENANT), TENANT).sign(),
                Allow,
            ),
            self.with(
                "version 1.0",
                one.clone(),
                token(&v1(TENANT), TENANT).sign(),
                Allow,
            ),
            self.with(
                "another tenant",
                one,
                token(&v2(OTHER_TENANT), OTHER_TENANT).sign(),
                Deny("token_issuer_not_allowed"),
            ),
            self.with(
                "azp",
                client.clone(),
                token(&v2(TENANT), TENANT).claim("azp", CLIENT).sign(),
                Allow,
            ),
            self.with(
                "appid",
                client.clone(),
                token(&v1(TENANT), TENANT).claim("appid", CLIENT).sign(),
                Allow,
            ),
            self.with(
                "another client",
                client.clone(),
                token(&v2(TENANT), TENANT).claim("azp", TENANT).sign(),
                Deny("token_client_not_allowed"),
            ),
            self.with(
                "no client",
                client,
                token(&v2(TENANT), TENANT).sign(),
                Deny("token_client_not_allowed"),
            ),
            self.with(
                "one of many tenants",
                many(TENANT),
                token(&shared, TENANT).sign(),
                Allow,
            ),
            self.with(
                "tenant not allowed",
                many(OTHER_TENANT),
                token(&shared, TENANT).sign(),
                Deny("token_tenant_not_allowed"),
            ),
            self.with(
                "tid of another tenant",
                many(OTHER_TENANT),
                token(&shared, OTHER_TENANT).sign(),
                Deny("token_issuer_not_allowed"),
            ),
        ]
    }
}
