//! Registrations documents: what is wrong with them, and where.

#[cfg(test)]
mod tests {
    use entra_emulator::{Registrations, registrations::TokenVersion};

    const BUILT_IN: &str = include_str!("../registrations.json");

    fn error(document: &str) -> String {
        Registrations::from_json(document.as_bytes())
            .expect_err(document)
            .to_string()
    }

    #[test]
    fn the_built_in_set_is_what_the_readme_says() {
        let registrations = Registrations::built_in().unwrap();
        let tenant = registrations.tenant("EMULATED.EXAMPLE").unwrap();
        assert_eq!(tenant.id.as_str(), "11111111-1111-1111-1111-111111111111");
        let (v2, v1) = (
            tenant.resource("api://number-conversion").unwrap(),
            tenant.resource("api://number-conversion-v1").unwrap(),
        );
        assert_eq!(
            (v2.token_version, v1.token_version),
            (TokenVersion::V2, TokenVersion::V1)
        );
        let client = tenant
            .application("44444444-4444-4444-4444-444444444444")
            .unwrap();
        assert_eq!(client.roles_at(&v2.app_id), ["APIAccess"]);
        let other = tenant
            .application("55555555-5555-5555-5555-555555555555")
            .unwrap();
        assert!(other.roles_at(&v2.app_id).is_empty());
        assert!(
            !format!("{registrations:?}").contains("development-only"),
            "secrets are not debugged"
        );
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        for (from, to, place, problem) in [
            ("\"tenants\"", "\"tenant\"", "tenant", "unknown field"),
            (
                "\"appRoles\"",
                "\"roles\"",
                "tenants[0].applications[0]",
                "unknown field `roles`",
            ),
            ("11111111-1", "1111111-1", "tenants[0].id", "not a GUID"),
            (
                "emulated.example",
                "emulated",
                "tenants[0].domain",
                "not a domain name",
            ),
            (
                "emulated.example",
                "common/.x",
                "tenants[0].domain",
                "not a domain name",
            ),
            (
                "22222222-2222-2222-2222-222222222222",
                "common",
                "tenants[0].applications[0].appId",
                "not a GUID",
            ),
            (
                "api://number-conversion\"",
                "number conversion\"",
                "applications[0].identifierUris[0]",
                "white space",
            ),
            (
                "api://number-conversion\"",
                "numbers\"",
                "applications[0].identifierUris[0]",
                "not a URI",
            ),
            (
                "api://number-conversion-v1\"",
                "API://number-conversion/\"",
                "applications[1].identifierUris[0]",
                "another",
            ),
            (
                "Version\": 2",
                "Version\": 3",
                "applications[0].accessTokenAcceptedVersion",
                "not a token version",
            ),
            (
                "Version\": 2",
                "Version\": \"2\"",
                "applications[0].accessTokenAcceptedVersion",
                "invalid type",
            ),
            (
                "[\"APIAccess\"]",
                "[\"API Access\"]",
                "applications[0].appRoles[0]",
                "white space",
            ),
            (
                "[\"APIAccess\"]",
                "[\"A\", \"A\"]",
                "applications[0].appRoles[1]",
                "twice",
            ),
            (
                "[\"APIAccess\"]",
                "[\"Other\"]",
                "applications[2].grantedRoles[0].roles[0]",
                "does not define",
            ),
            (
                "\"resource\": \"api://",
                "\"resource\": \"urn://",
                "applications[2].grantedRoles[0].resource",
                "no application",
            ),
            (
                "number-conversion-v1\", \"roles",
                "number-conversion\", \"roles",
                "grantedRoles[1].resource",
                "twice",
            ),
            (
                "\"development-only-secret\"",
                "\"\"",
                "applications[2].secrets[0]",
                "a secret has",
            ),
            (
                "Client with the role",
                "Client\\nwith",
                "applications[2].displayName",
                "control characters",
            ),
            (
                "\"appRoles\"",
                "\"optionalClaims\": [\"groups\"], \"appRoles\"",
                "applications[0].optionalClaims[0]",
                "idtyp",
            ),
        ] {
            let document = BUILT_IN.replacen(from, to, 1);
            assert_ne!(document, BUILT_IN, "{from}");
            let error = error(&document);
            assert!(
                error.contains(place) && error.contains(problem),
                "{from} → {to}: {error}"
            );
        }
    }

    #[test]
    fn identifiers_taken_twice_are_refused() {
        let twice = BUILT_IN.replace(
            "33333333-3333-3333-3333-333333333333",
            "22222222-2222-2222-2222-222222222222",
        );
        assert!(error(&twice).contains("applications[1].appId"));
        let tenant = r#"{"id": "11111111-1111-1111-1111-111111111111", "domain": "a.example", "applications": []}"#;
        let other = tenant.replace('1', "2");
        assert!(
            error(&format!(r#"{{"tenants": [{tenant}, {tenant}]}}"#)).contains("tenants[1].id")
        );
        assert!(
            error(&format!(r#"{{"tenants": [{tenant}, {other}]}}"#)).contains("tenants[1].domain")
        );
    }

    #[test]
    fn what_is_not_one_json_document_is_refused() {
        for document in [
            "",
            "null",
            "[]",
            "{}",
            r#"{"tenants": []}"#,
            &format!("{BUILT_IN} x"),
            &"[".repeat(100_000),
        ] {
            error(document);
        }
        let many = vec![r#"{"id": "x", "applications": []}"#; 1001].join(",");
        assert!(error(&format!(r#"{{"tenants": [{many}]}}"#)).contains("too many"));
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Registrations::from_file("/nonexistent/registrations.json".as_ref())
            .unwrap_err()
            .to_string();
        assert!(error.contains("/nonexistent/registrations.json"), "{error}");
    }
}
