//! The token endpoints: what is issued, and to whom.

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses a part of it")]
mod support;

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use base64::{Engine as _, prelude::BASE64_STANDARD};
    use entra_emulator::{Emulator, Registrations};

    use super::support::{
        API, CLIENT, CLIENT_WITHOUT_ROLE, SECRET, SECRET_WITHOUT_ROLE, TENANT, form, get, local,
        part, post, start, token_for, verifies,
    };

    const V2: &str = "/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token";
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    const SCOPE: &str = "scope=api://number-conversion/.default";

    fn now() -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs()
    }

    fn basic(id: &str, secret: &str) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(format!("{id}:{secret}")))
    }

    #[test]
    fn a_v2_token_has_entras_claims_and_is_signed_by_a_published_key() {
        let emulator = start();
        let answer = token_for(&emulator, "api://number-conversion");
        assert!(
            answer.head.contains("cache-control: no-store"),
            "{}",
            answer.head
        );
        let document = answer.json();
        assert_eq!(document["token_type"], "Bearer");
        assert_eq!(document["expires_in"], document["ext_expires_in"]);
        let token = answer.token();
        assert!(verifies(
            &token,
            &get(&emulator, &format!("/{TENANT}/discovery/v2.0/keys")).json()
        ));
        assert!(
            verifies(&token, &get(&emulator, "/common/discovery/keys").json()),
            "the same keys sign both versions"
        );

        let (header, claims) = (part(&token, 0), part(&token, 1));
        assert_eq!(header["typ"], "JWT");
        assert!(header.get("x5t").is_none(), "only v1.0 tokens have x5t");
        assert_eq!(claims["aud"], API, "the client id, whatever was asked for");
        assert_eq!(
            claims["iss"],
            format!("http://localhost:8080/{TENANT}/v2.0")
        );
        assert_eq!(claims["azp"], CLIENT);
        assert_eq!(claims["azpacr"], "1");
        assert_eq!(claims["tid"], TENANT);
        assert_eq!(claims["ver"], "2.0");
        assert_eq!(claims["roles"], serde_json::json!(["APIAccess"]));
        assert_eq!(claims["oid"], claims["sub"]);
        for absent in ["appid", "appidacr", "idp", "scp", "idtyp"] {
            assert!(claims.get(absent).is_none(), "{absent}");
        }
        let [iat, nbf, exp] = ["iat", "nbf", "exp"].map(|claim| claims[claim].as_u64().unwrap());
        assert_eq!(iat, nbf);
        assert!(
            (295..=305).contains(&now().abs_diff(iat)),
            "dated five minutes back"
        );
        let lifetime = exp.abs_diff(iat).abs_diff(300);
        assert!(
            (3600..5400).contains(&lifetime),
            "{lifetime} s is not 60 to 90 minutes"
        );
        assert_eq!(document["expires_in"], lifetime);
    }

    #[test]
    fn a_v1_token_has_the_requested_name_as_its_audience() {
        let emulator = start();
        for requested in ["api://number-conversion-v1", "API://Number-Conversion-V1/"] {
            let token = token_for(&emulator, requested).token();
            assert!(verifies(
                &token,
                &get(&emulator, "/emulated.example/discovery/keys").json()
            ));
            let (header, claims) = (part(&token, 0), part(&token, 1));
            assert_eq!(header["x5t"], header["kid"]);
            assert_eq!(claims["aud"], requested);
            assert_eq!(claims["iss"], format!("https://sts.windows.net/{TENANT}/"));
            assert_eq!(claims["idp"], claims["iss"]);
            assert_eq!(claims["appid"], CLIENT);
            assert_eq!(claims["appidacr"], "1");
            assert_eq!(claims["ver"], "1.0");
            assert!(claims.get("azp").is_none());
            assert!(claims["rh"].is_string() && claims["uti"].is_string());
        }
    }

    #[test]
    fn the_v1_endpoint_takes_resource_and_the_api_still_decides_the_version() {
        let emulator = start();
        let credentials =
            format!("grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}");
        let path = "/emulated.example/oauth2/token";
        let answer = form(&emulator, path, &format!("{credentials}&resource={API}"));
        let document = answer.json();
        assert!(document["expires_in"].is_string() && document["expires_on"].is_string());
        assert_eq!(part(&answer.token(), 1)["ver"], "2.0");
        assert_eq!(
            form(&emulator, path, &format!("{credentials}&{SCOPE}")).aadsts(),
            900_144
        );
    }

    #[test]
    fn a_client_without_a_role_gets_a_token_without_roles() {
        let emulator = start();
        let body = format!(
            "grant_type=client_credentials&client_id={CLIENT_WITHOUT_ROLE}&client_secret={SECRET_WITHOUT_ROLE}&{SCOPE}"
        );
        let claims = part(&form(&emulator, V2, &body).token(), 1);
        assert!(claims.get("roles").is_none(), "absent, not empty: {claims}");
    }

    #[test]
    fn basic_credentials_are_form_decoded_before_they_are_compared() {
        let registrations = br#"{ "tenants": [ {
            "id": "11111111-1111-1111-1111-111111111111",
            "applications": [ {
                "displayName": "Both",
                "appId": "44444444-4444-4444-4444-444444444444",
                "identifierUris": ["api://both"],
                "secrets": ["a:b %+&=\u00e9~"]
            } ]
        } ] }"#;
        let emulator = Emulator::new(Registrations::from_json(registrations).unwrap())
            .http(local())
            .start()
            .unwrap();
        let body = "grant_type=client_credentials&scope=api://both/.default";
        let ask = |authorization: &str, body: &str| {
            post(
                &emulator,
                V2,
                &[FORM, ("Authorization", authorization)],
                body,
            )
        };

        let encoded = "a%3Ab+%25%2B%26%3D%C3%A9%7E";
        assert_eq!(ask(&basic(CLIENT, encoded), body).status, 200);
        assert_eq!(
            ask(&basic(CLIENT, &encoded.replace('+', "%20")), body).status,
            200
        );
        assert_eq!(
            ask(
                &basic(CLIENT, encoded),
                &format!("{body}&client_id={CLIENT}")
            )
            .status,
            200
        );

        let wrong = ask(&basic(CLIENT, "a:b %+&=é~"), body);
        assert_eq!(
            (wrong.status, wrong.aadsts()),
            (401, 7_000_215),
            "not encoded, so + is a space"
        );
        assert!(
            wrong.head.contains("www-authenticate: basic"),
            "{}",
            wrong.head
        );
        for (authorization, extra) in [
            (basic(CLIENT, encoded), "&client_secret=a".to_owned()),
            (basic(CLIENT, encoded), format!("&client_id={API}")),
            ("Basic !!!".to_owned(), String::new()),
            (
                format!("Basic {}", BASE64_STANDARD.encode("no-colon")),
                String::new(),
            ),
            (
                format!("Basic {}", BASE64_STANDARD.encode(b"\xff\xfe:\xff")),
                String::new(),
            ),
            ("Bearer abc".to_owned(), String::new()),
            ("Basic".to_owned(), String::new()),
        ] {
            let answer = ask(&authorization, &format!("{body}{extra}"));
            assert_eq!(answer.aadsts(), 9_002_313, "{authorization} {extra}");
        }
    }

    #[test]
    fn lifetime_issuer_base_and_idtyp_are_as_configured() {
        let registrations = include_str!("../registrations.json").replacen(
            "\"appRoles\"",
            "\"optionalClaims\": [\"idtyp\"], \"appRoles\"",
            1,
        );
        let emulator = Emulator::new(Registrations::from_json(registrations.as_bytes()).unwrap())
            .http(local())
            .token_lifetime(600)
            .issuer_base(
                entra_emulator::BaseAddress::parse("https://login.emulated.example/").unwrap(),
            )
            .start()
            .unwrap();
        let answer = token_for(&emulator, "api://number-conversion");
        assert_eq!(answer.json()["expires_in"], 600);
        let claims = part(&answer.token(), 1);
        assert_eq!(
            claims["iss"],
            format!("https://login.emulated.example/{TENANT}/v2.0")
        );
        assert_eq!(claims["idtyp"], "app");
    }
}
