//! What the token endpoints refuse, and with which of Entra's numbers.

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses a part of it")]
mod support;

#[cfg(test)]
mod tests {
    use super::support::{
        API, CLIENT, CLIENT_WITHOUT_ROLE, SECRET, SECRET_WITHOUT_ROLE, TENANT, form, get, post,
        raw, start,
    };

    const V2: &str = "/11111111-1111-1111-1111-111111111111/oauth2/v2.0/token";
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    const SCOPE: &str = "scope=api://number-conversion/.default";

    #[test]
    fn wrong_credentials_are_refused_as_entra_refuses_them() {
        let emulator = start();
        let other = CLIENT_WITHOUT_ROLE;
        for (status, code, error, credentials) in [
            (
                401,
                7_000_215,
                "invalid_client",
                format!("client_id={CLIENT}&client_secret=wrong"),
            ),
            (
                401,
                7_000_215,
                "invalid_client",
                format!("client_id={CLIENT}&client_secret={SECRET}x"),
            ),
            (
                401,
                7_000_215,
                "invalid_client",
                format!("client_id={CLIENT}&client_secret={SECRET_WITHOUT_ROLE}"),
            ),
            (
                401,
                7_000_215,
                "invalid_client",
                format!("client_id={other}&client_secret={SECRET}"),
            ),
            (
                401,
                7_000_215,
                "invalid_client",
                format!("client_id={API}&client_secret=has-none"),
            ),
            (
                401,
                7_000_216,
                "invalid_client",
                format!("client_id={CLIENT}"),
            ),
            (
                401,
                7_000_216,
                "invalid_client",
                format!("client_id={CLIENT}&client_secret="),
            ),
            (
                401,
                7_000_216,
                "invalid_client",
                format!("client_id={CLIENT}&client_assertion=a.b.c"),
            ),
            (
                400,
                700_016,
                "unauthorized_client",
                format!("client_id={TENANT}&client_secret={SECRET}"),
            ),
            (
                400,
                700_016,
                "unauthorized_client",
                format!("client_id=%22%0d%0a&client_secret={SECRET}"),
            ),
            (
                400,
                900_144,
                "invalid_request",
                format!("client_secret={SECRET}"),
            ),
            (
                400,
                9_002_313,
                "invalid_request",
                format!("client_id={CLIENT}&client_id={CLIENT}&client_secret={SECRET}"),
            ),
        ] {
            let answer = form(
                &emulator,
                V2,
                &format!("grant_type=client_credentials&{SCOPE}&{credentials}"),
            );
            assert_eq!(
                (answer.status, answer.aadsts()),
                (status, code),
                "{credentials}"
            );
            assert_eq!(answer.json()["error"], error, "{credentials}");
            assert!(
                answer.head.contains("cache-control: no-store"),
                "{credentials}"
            );
            assert!(
                !answer.body.contains(SECRET),
                "a secret came back: {}",
                answer.body
            );
        }
    }

    #[test]
    fn scopes_that_do_not_name_exactly_one_api_are_refused() {
        let emulator = start();
        let credentials =
            format!("grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}");
        for (code, error, scope) in [
            (900_144, "invalid_request", ""),
            (900_144, "invalid_request", "scope="),
            (900_144, "invalid_request", "scope=+"),
            (1_002_012, "invalid_scope", "scope=api://number-conversion"),
            (
                1_002_012,
                "invalid_scope",
                "scope=api://number-conversion/APIAccess",
            ),
            (1_002_012, "invalid_scope", "scope=.default"),
            (
                1_002_012,
                "invalid_scope",
                "scope=api://number-conversion/.DEFAULT",
            ),
            (70011, "invalid_scope", "scope=/.default"),
            (
                70011,
                "invalid_scope",
                "scope=api://number-conversion/.default+api://number-conversion-v1/.default",
            ),
            (500_011, "invalid_resource", "scope=api://unknown/.default"),
            (
                500_011,
                "invalid_resource",
                "scope=api://number-conversion//./.default",
            ),
            (
                500_011,
                "invalid_resource",
                "scope=api://number-conversion///.default",
            ),
            (
                500_011,
                "invalid_resource",
                "scope=https://graph.microsoft.com/.default",
            ),
        ] {
            let answer = form(&emulator, V2, &format!("{credentials}&{scope}"));
            assert_eq!((answer.status, answer.aadsts()), (400, code), "{scope}");
            assert_eq!(answer.json()["error"], error, "{scope}");
        }
        for scope in [
            "api://number-conversion//.default",
            &format!("{API}/.default"),
            "API://NUMBER-CONVERSION/.default",
        ] {
            assert_eq!(
                form(&emulator, V2, &format!("{credentials}&scope={scope}")).status,
                200,
                "{scope}"
            );
        }
    }

    #[test]
    fn other_tenants_methods_grants_and_forms_are_refused() {
        let emulator = start();
        let good = format!(
            "grant_type=client_credentials&client_id={CLIENT}&client_secret={SECRET}&{SCOPE}"
        );
        for tenant in [
            "22222222-2222-2222-2222-222222222222",
            "other.example",
            "consumers",
            "",
            "%2e%2e",
        ] {
            let answer = form(&emulator, &format!("/{tenant}/oauth2/v2.0/token"), &good);
            assert_eq!((answer.status, answer.aadsts()), (400, 90002), "{tenant}");
            assert_eq!(answer.json()["error"], "invalid_request");
        }
        for tenant in ["common", "organizations"] {
            assert_eq!(
                form(&emulator, &format!("/{tenant}/oauth2/v2.0/token"), &good).aadsts(),
                50059
            );
        }
        assert_eq!(
            form(&emulator, "/EMULATED.example/oauth2/v2.0/token", &good).status,
            200
        );

        let refused = get(&emulator, V2);
        assert_eq!((refused.status, refused.aadsts()), (405, 900_561));
        assert!(refused.head.contains("allow: post"));
        for (code, body) in [
            (900_144, String::new()),
            (70003, good.replace("client_credentials", "password")),
            (
                70003,
                good.replace("client_credentials", "CLIENT_CREDENTIALS"),
            ),
        ] {
            assert_eq!(form(&emulator, V2, &body).aadsts(), code, "{body}");
        }
        for content_type in ["application/json", "multipart/form-data", "text/plain"] {
            assert_eq!(
                post(&emulator, V2, &[("Content-Type", content_type)], &good).aadsts(),
                900_144
            );
        }
        let charset = (
            "Content-Type",
            "application/x-www-form-urlencoded; charset=UTF-8",
        );
        assert_eq!(post(&emulator, V2, &[charset], &good).status, 200);
    }

    #[test]
    fn bodies_and_heads_without_end_are_refused() {
        let emulator = start();
        let long = format!("grant_type={}", "x".repeat(70_000));
        assert_eq!(form(&emulator, V2, &long).status, 413);
        let endless = "x".repeat(40_000);
        let answer = raw(
            &emulator,
            &format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {endless}\r\n\r\n"),
        );
        assert_eq!(answer.status, 431);
        let many = "X: y\r\n".repeat(100);
        assert_eq!(
            raw(
                &emulator,
                &format!("GET / HTTP/1.1\r\nHost: localhost\r\n{many}\r\n")
            )
            .status,
            431
        );
    }

    #[test]
    fn the_correlation_id_of_the_client_is_repeated_if_it_is_a_guid() {
        let emulator = start();
        for (sent, repeated) in [
            ("99999999-9999-9999-9999-999999999999", true),
            ("not a guid", false),
        ] {
            let answer = post(&emulator, V2, &[FORM, ("client-request-id", sent)], "");
            assert_eq!(answer.json()["correlation_id"] == sent, repeated);
        }
    }
}
