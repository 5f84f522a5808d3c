//! Cases about what a token states.

use serde_json::{Value, json};
use validate_jwt_tests::Token;

use super::{Case, Outcome, World};

impl World {
    pub(super) fn names(&self) -> Vec<Case> {
        use Outcome::{Allow, Deny};
        let slash = self.provider.issuer() + "/";
        vec![
            self.case(
                "other issuer",
                self.token().claim("iss", "https://other.example").sign(),
                Deny("token_issuer_not_allowed"),
            ),
            self.case(
                "no issuer",
                self.token().without("iss").sign(),
                Deny("token_issuer_not_allowed"),
            ),
            self.case(
                "issuer with slash",
                self.token().claim("iss", slash.as_str()).sign(),
                Deny("token_issuer_not_allowed"),
            ),
            self.with(
                "issuer of the policy",
                json!({"issuers": [slash]}),
                self.token().claim("iss", slash.as_str()).sign(),
                Allow,
            ),
            self.case(
                "other audience",
                self.token().claim("aud", "api://other").sign(),
                Deny("token_audience_not_allowed"),
            ),
            self.case(
                "no audience",
                self.token().without("aud").sign(),
                Deny("token_audience_not_allowed"),
            ),
            self.case(
                "audience of other case",
                self.token().claim("aud", "API://numbers").sign(),
                Deny("token_audience_not_allowed"),
            ),
            self.case(
                "one of two audiences",
                self.token()
                    .claim("aud", json!(["x", "api://numbers"]))
                    .sign(),
                Allow,
            ),
            self.case(
                "none of two audiences",
                self.token().claim("aud", json!(["x", 1])).sign(),
                Deny("token_audience_not_allowed"),
            ),
        ]
    }

    pub(super) fn times(&self) -> Vec<Case> {
        use Outcome::{Allow, Deny};
        let now = Token::now();
        let before = |seconds: i64| now.saturating_sub(seconds);
        let after = |seconds: i64| now.saturating_add(seconds);
        vec![
            self.case(
                "expired",
                self.token().claim("exp", before(100)).sign(),
                Deny("token_expired"),
            ),
            self.with(
                "expired within the skew",
                json!({"clock_skew": 600}),
                self.token().claim("exp", before(100)).sign(),
                Allow,
            ),
            self.case(
                "begins later",
                self.token().claim("nbf", after(500)).sign(),
                Deny("token_not_yet_valid"),
            ),
            self.with(
                "begins within the skew",
                json!({"clock_skew": 600}),
                self.token().claim("nbf", after(500)).sign(),
                Allow,
            ),
            self.case(
                "no end",
                self.token().without("exp").sign(),
                Deny("token_expiration_missing"),
            ),
            self.with(
                "no end needed",
                json!({"require_expiration_time": false}),
                self.token().without("exp").sign(),
                Allow,
            ),
            self.case(
                "end with a fraction",
                self.token().claim("exp", 9_999_999_999.5).sign(),
                Allow,
            ),
            self.case(
                "end beyond every date",
                self.token().claim("exp", 1e300).sign(),
                Allow,
            ),
        ]
    }

    pub(super) fn claims(&self) -> Vec<Case> {
        use Outcome::{Allow, Deny};
        let require = |claims: Value| json!({"required_claims": claims});
        let both = require(json!([{"name": "roles", "values": ["A", "B"]}]));
        let scope = |separator: bool| {
            let mut claim = json!({"name": "scp", "values": ["read"]});
            if separator {
                claim["separator"] = json!(" ");
            }
            require(json!([claim]))
        };
        let scp = self.token().claim("scp", "write read").sign();
        let nested = require(json!([{"name": "/realm_access/roles", "values": ["x"]}]));
        vec![
            self.case(
                "no roles",
                self.token().without("roles").sign(),
                Deny("token_claim_not_found"),
            ),
            self.case(
                "other roles",
                self.token().claim("roles", json!(["Other"])).sign(),
                Deny("token_claim_value_not_allowed"),
            ),
            self.with(
                "one of all",
                both.clone(),
                self.token().claim("roles", json!(["A"])).sign(),
                Deny("token_claim_value_not_allowed"),
            ),
            self.with(
                "all",
                both,
                self.token().claim("roles", json!(["B", "C", "A"])).sign(),
                Allow,
            ),
            self.with("divided", scope(true), scp.clone(), Allow),
            self.with(
                "not divided",
                scope(false),
                scp,
                Deny("token_claim_value_not_allowed"),
            ),
            self.with(
                "present",
                require(json!([{"name": "sub"}])),
                self.token().sign(),
                Allow,
            ),
            self.with(
                "null",
                require(json!([{"name": "x"}])),
                self.token().claim("x", Value::Null).sign(),
                Deny("token_claim_not_found"),
            ),
            self.with(
                "pointer",
                nested.clone(),
                self.token()
                    .claim("realm_access", json!({"roles": ["x"]}))
                    .sign(),
                Allow,
            ),
            self.with(
                "pointer to nothing",
                nested,
                self.token().claim("realm_access", "x").sign(),
                Deny("token_claim_not_found"),
            ),
        ]
    }
}
