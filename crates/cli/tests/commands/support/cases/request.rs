//! Cases about where the token stands and what is answered.

use serde_json::json;

use super::{Case, Outcome, Place, World};

impl World {
    pub(super) fn places(&self) -> Vec<Case> {
        use Outcome::{Allow, Anonymous, Deny};
        let good = self.token().sign();
        let sent = |case: Case, headers: &[(&'static str, &str)]| Case {
            headers: headers
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            ..case
        };
        let custom = json!({"header_name": "X-Token"});
        let query = json!({"query_parameter_name": "access_token"});
        let preflight = self.with(
            "preflight",
            json!({"cors_preflight": "allow"}),
            None,
            Anonymous,
        );
        vec![
            self.case("no token", None, Deny("token_not_present")),
            sent(
                self.case("another scheme", None, Deny("token_not_present")),
                &[("authorization", "Basic eDp5")],
            ),
            sent(
                self.case("only the scheme", None, Deny("token_malformed")),
                &[("authorization", "Bearer")],
            ),
            sent(
                self.case("two tokens", good.clone(), Deny("multiple_tokens")),
                &[("authorization", "Bearer x")],
            ),
            Case {
                place: Place::Header("x-token"),
                ..self.with("header", custom.clone(), good.clone(), Allow)
            },
            self.with("no header", custom, None, Deny("token_not_present")),
            Case {
                place: Place::Query("access_token"),
                ..self.with("query", query.clone(), good, Allow)
            },
            self.with("no parameter", query, None, Deny("token_not_present")),
            Case {
                method: "OPTIONS",
                ..sent(
                    preflight,
                    &[
                        ("origin", "https://a.example"),
                        ("access-control-request-method", "PUT"),
                    ],
                )
            },
            Case {
                method: "OPTIONS",
                ..self.with(
                    "no preflight",
                    json!({"cors_preflight": "allow"}),
                    None,
                    Deny("token_not_present"),
                )
            },
        ]
    }

    pub(super) fn answers(&self) -> Vec<Case> {
        use Outcome::{Allow, Deny, Report};
        let other = || self.token().claim("roles", json!(["Other"])).sign();
        let deny = Deny("token_claim_value_not_allowed");
        let headers = json!({"output_headers": [{"claim": "sub", "header": "x-sub"}, {"claim": "roles", "header": "x-roles"}], "forward_token": false});
        vec![
            self.with("403 for claims", json!({"insufficient_claims_httpcode": 403}), other(), deny),
            self.with("403 for all", json!({"failed_validation_httpcode": 403}), other(), deny),
            self.with("text", json!({"error_body": "text", "failed_validation_error_message": "No \"way\"."}), other(), deny),
            self.with("problem", json!({"error_body": "problem"}), other(), deny),
            self.with("no challenge", json!({"challenge": false}), other(), deny),
            self.with("realm", json!({"challenge": {"realm": "a \"b\"", "resource_metadata": "https://x.example/m"}}), other(), deny),
            self.with("report", json!({"mode": "report"}), other(), Report("token_claim_value_not_allowed")),
            self.with("headers", headers, self.token().sign(), Allow),
        ]
    }
}
