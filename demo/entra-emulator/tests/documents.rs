//! Discovery documents, key sets, the page, and what a hostile Host header can do to them.

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses a part of it")]
mod support;

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest;
    use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};

    use super::support::{SECRET, SECRET_WITHOUT_ROLE, TENANT, get, raw, start};

    #[test]
    fn discovery_leads_from_the_issuer_to_the_keys() {
        let emulator = start();
        let base = "http://localhost:8080";
        for (path, issuer, keys) in [
            (
                format!("/{TENANT}/v2.0"),
                format!("{base}/{TENANT}/v2.0"),
                format!("/{TENANT}/discovery/v2.0/keys"),
            ),
            (
                "/Emulated.Example/v2.0".into(),
                format!("{base}/{TENANT}/v2.0"),
                format!("/{TENANT}/discovery/v2.0/keys"),
            ),
            (
                format!("/{TENANT}"),
                format!("https://sts.windows.net/{TENANT}/"),
                format!("/{TENANT}/discovery/keys"),
            ),
            (
                "/common/v2.0".into(),
                format!("{base}/{{tenantid}}/v2.0"),
                "/common/discovery/v2.0/keys".into(),
            ),
            (
                "/common".into(),
                "https://sts.windows.net/{tenantid}/".into(),
                "/common/discovery/keys".into(),
            ),
            (
                "/organizations/v2.0".into(),
                format!("{base}/{{tenantid}}/v2.0"),
                "/organizations/discovery/v2.0/keys".into(),
            ),
        ] {
            let answer = get(
                &emulator,
                &format!("{path}/.well-known/openid-configuration"),
            );
            assert_eq!(answer.status, 200, "{path}");
            let document = answer.json();
            assert_eq!(document["issuer"], issuer, "{path}");
            assert_eq!(document["jwks_uri"], format!("{base}{keys}"), "{path}");
            assert_eq!(
                document["id_token_signing_alg_values_supported"][0],
                "RS256"
            );
            assert_eq!(get(&emulator, &keys).status, 200, "{keys}");
        }
    }

    #[test]
    fn keys_look_like_entras() {
        let emulator = start();
        for (path, issuer) in [
            (
                format!("/{TENANT}/discovery/v2.0/keys"),
                Some(format!("http://localhost:8080/{TENANT}/v2.0")),
            ),
            (
                "/common/discovery/v2.0/keys".into(),
                Some("http://localhost:8080/{tenantid}/v2.0".into()),
            ),
            ("/organizations/discovery/keys".into(), None),
            ("/emulated.example/discovery/keys".into(), None),
        ] {
            let set = get(&emulator, &path).json();
            let keys = set["keys"].as_array().unwrap();
            assert_eq!(keys.len(), 2, "two from the start");
            for key in keys {
                assert_eq!((&key["kty"], &key["use"]), (&"RSA".into(), &"sig".into()));
                assert_eq!(
                    key.get("issuer").and_then(|issuer| issuer.as_str()),
                    issuer.as_deref(),
                    "{path}"
                );
                assert!(key.get("alg").is_none(), "Entra's keys have no alg");
                assert_eq!(key["n"].as_str().unwrap().len(), 342);
                assert_eq!(key["e"], "AQAB");
                let certificate = BASE64_STANDARD
                    .decode(key["x5c"][0].as_str().unwrap())
                    .unwrap();
                let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &certificate);
                assert_eq!(key["kid"], BASE64_URL_SAFE_NO_PAD.encode(thumbprint));
                assert_eq!(key["kid"], key["x5t"]);
            }
        }
    }

    #[test]
    fn unknown_tenants_and_paths_have_no_documents() {
        let emulator = start();
        for tenant in [
            "other.example",
            "consumers",
            "..",
            "",
            "22222222-2222-2222-2222-222222222222",
        ] {
            for rest in ["v2.0/.well-known/openid-configuration", "discovery/keys"] {
                let answer = get(&emulator, &format!("/{tenant}/{rest}"));
                assert_eq!(
                    (answer.status, answer.aadsts()),
                    (400, 90002),
                    "{tenant}/{rest}"
                );
                assert_eq!(answer.json()["error"], "invalid_tenant");
            }
        }
        for path in [
            "/favicon.ico",
            "/common/discovery/keys/",
            "/common//discovery/keys",
            "/emulator",
        ] {
            assert_eq!(get(&emulator, path).status, 404, "{path}");
        }
        assert_eq!(get(&emulator, "/common/oauth2/v2.0/authorize").status, 501);
        assert_eq!(get(&emulator, "/ca.pem").status, 404, "HTTPS is off");
        let posted = raw(
            &emulator,
            "POST /common/discovery/keys HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
        assert_eq!(posted.status, 405);
    }

    #[test]
    fn a_host_header_that_is_not_plain_never_reaches_a_document() {
        let emulator = start();
        for hosts in [
            "",
            "Host: a\r\nHost: b\r\n",
            "Host: a\r\nHost: a\r\n",
            "Host: \r\n",
            "Host: user@a\r\n",
            "Host: a/path\r\n",
            "Host: a?b\r\n",
            "Host: a#b\r\n",
            "Host: a b\r\n",
            "Host: a\"onload=\"x\r\n",
            "Host: <b>\r\n",
            "Host: a:99999\r\n",
            "Host: a:\r\n",
            "Host: a:b\r\n",
            "Host: [::1\r\n",
            "Host: {tenantid}\r\n",
            "Host: \u{e9}\r\n",
        ] {
            for path in ["/common/v2.0/.well-known/openid-configuration", "/"] {
                let answer = raw(
                    &emulator,
                    &format!("GET {path} HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n"),
                );
                assert_eq!(answer.status, 400, "{hosts:?}");
                assert!(!answer.body.contains("jwks_uri"), "{hosts:?}");
            }
        }
        let long = format!("Host: {}\r\n", "a".repeat(1000));
        assert_eq!(
            raw(
                &emulator,
                &format!("GET / HTTP/1.1\r\n{long}Connection: close\r\n\r\n")
            )
            .status,
            400
        );
    }

    #[test]
    fn an_absolute_target_counts_before_the_host_header() {
        let emulator = start();
        let path = "/common/v2.0/.well-known/openid-configuration";
        let ask = |target: &str| {
            raw(
                &emulator,
                &format!(
                    "GET {target} HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"
                ),
            )
        };
        assert_eq!(
            ask(&format!("http://b:81{path}")).json()["issuer"],
            "http://b:81/{tenantid}/v2.0"
        );
        assert_eq!(
            ask(path).json()["issuer"],
            "http://a/{tenantid}/v2.0",
            "forwarding headers are not believed"
        );
        assert_eq!(ask(&format!("http://user@b{path}")).status, 400);
    }

    #[test]
    fn the_page_shows_registrations_as_html_or_json_and_no_secrets() {
        let emulator = start();
        let html = get(&emulator, "/");
        assert!(html.head.contains("content-type: text/html"));
        assert!(html.head.contains("content-security-policy: default-src"));
        for shown in [
            "api://number-conversion",
            "APIAccess",
            "curl",
            "/oauth2/v2.0/token",
            TENANT,
        ] {
            assert!(html.body.contains(shown), "{shown}");
        }
        let json = raw(
            &emulator,
            "GET / HTTP/1.1\r\nHost: a\r\nAccept: application/json\r\nConnection: close\r\n\r\n",
        );
        assert_eq!(
            json.json()["tenants"][0]["applications"][2]["hasSecret"],
            true
        );
        for page in [&html.body, &json.body] {
            assert!(!page.contains(SECRET) && !page.contains(SECRET_WITHOUT_ROLE));
        }
    }
}
