//! Types, limits and contradictions of single fields: what is found, where, and what to write instead.

use serde_json::{Value, json};
use validate_jwt::config::{Severity, check_json};

use crate::places::{Form, PLACES, right_value};
use crate::support::{ED, OTHER, errors, found, merge, policy};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// A certificate and a public key as they are pasted by mistake: the lines between the PEM's.
const CERTIFICATE: &str = "MIIBgjCCASmgAwIBAgIUdL+CPCOGqjNITEjKQLsj2dsDPt8wCgYIKoZIzj0EAwIwFzEVMBMGA1UEAwwMcDI1Ni5leGFtcGxlMB4XDTI2MTEyMjE3NDQxOFoXDTM2MTExOTE3NDQxOFowFzEVMBMGA1UEAwwMcDI1Ni5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+uqwHCYFzDAOGfw0VWLibOaHuriWeXIvCmmQ8rJcXIiQVg9EwJx+96wZ1TuLztoJZYkRdnx4gQdYuPsMV7O5kaNTMFEwHQYDVR0OBBYEFDSTVRqrihAH2nAXDGlBrrnWHCtJMB8GA1UdIwQYMBaAFDSTVRqrihAH2nAXDGlBrrnWHCtJMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgLcHKMo1LyhSkhBv5tjZvRPJ5ku/or9Qr8PNtDw1/SZUCIDye+/2aZdY66O8jKnBWnnW8hTMIXb7Rh+VqDnEIvZp5";
const SPKI: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+uqwHCYFzDAOGfw0VWLibOaHuriWeXIvCmmQ8rJcXIiQVg9EwJx+96wZ1TuLztoJZYkRdnx4gQdYuPsMV7O5kQ==";

/// One value of each JSON type, and what messages call it.
fn samples() -> [(Value, &'static str); 6] {
    [
        (json!(null), "found null"),
        (json!(true), "found true"),
        (json!(1.5), "found 1.5"),
        (json!("x"), "found \"x\""),
        (json!([]), "found a list"),
        (json!({}), "found an object"),
    ]
}

fn is_of_form(value: &Value, form: Form) -> bool {
    match form {
        Form::Text => value.is_string(),
        Form::Flag => value.is_boolean(),
        Form::List => value.is_array(),
        Form::Object | Form::Keys => value.is_object(),
        Form::Number(..) => value.is_u64(),
        // A wrong word is no wrong type; it has a test of its own.
        Form::Word(_) => value.is_string(),
        Form::Challenge => value.is_boolean() || value.is_object(),
    }
}

fn wanted(form: Form) -> String {
    match form {
        Form::Text => "write a string".into(),
        Form::Flag => "write true or false".into(),
        Form::List => "write a list".into(),
        Form::Object => "write an object".into(),
        Form::Keys => "write a JWK set".into(),
        Form::Challenge => "false".into(),
        Form::Number(..) => "write a whole number".into(),
        Form::Word(words) => format!("write one of \"{}\"", words.join("\", \"")),
    }
}

#[test]
fn a_field_of_the_wrong_type_is_the_only_error_and_says_what_to_write() {
    for place in PLACES {
        for (name, form) in place.fields {
            for (value, what) in samples() {
                if is_of_form(&value, *form) {
                    continue;
                }
                let document = place.document(name, value);
                let errors: Vec<_> = found(&document)
                    .into_iter()
                    .filter(|one| one.severity == Severity::Error)
                    .collect();
                let [error] = errors.as_slice() else {
                    panic!("{document}: {errors:?}")
                };
                assert_eq!(error.path, place.member(name), "{document}");
                assert!(error.message.starts_with(what), "{document}: {error}");
                let help = error.help.as_deref().unwrap_or_default();
                assert!(help.contains(&wanted(*form)), "{document}: {error}");
            }
        }
    }
}

#[test]
fn a_number_is_taken_at_both_of_its_limits_and_refused_beyond() {
    for place in PLACES {
        for (name, form) in place.fields {
            let Form::Number(from, to) = *form else {
                continue;
            };
            for value in [from, to] {
                let document = place.document(name, json!(value));
                assert_eq!(errors(&document), Vec::<String>::new());
            }
            let mut beyond = vec![json!(to + 1), json!(-1), json!(u64::MAX), json!(1e300)];
            beyond.extend(from.checked_sub(1).map(Value::from));
            for value in beyond {
                let document = place.document(name, value.clone());
                let errors = errors(&document);
                let start = format!("{}: found {value}; write a ", place.member(name));
                let [error] = errors.as_slice() else {
                    panic!("{document}: {errors:?}")
                };
                assert!(error.starts_with(&start), "{error}");
                if value.is_u64() {
                    assert!(error.contains(&format!("from {from} to {to}")), "{error}");
                }
            }
        }
    }
}

#[test]
fn what_is_right_by_itself_is_taken() {
    for place in PLACES {
        for (name, form) in place.fields {
            if let Some(value) = right_value(*form) {
                let document = place.document(name, value);
                // A rule that passes requests names no policy beside.
                if *name != "allow_anonymous" {
                    assert_eq!(errors(&document), Vec::<String>::new(), "{document}");
                }
            }
        }
    }
}

#[test]
fn a_list_that_could_match_nothing_is_an_error_at_its_place() {
    for place in PLACES {
        for (name, form) in place.fields {
            // No rules are no mistake: the policies are for route metadata then.
            if !matches!(form, Form::List) || *name == "rules" {
                continue;
            }
            let document = place.document(name, json!([]));
            let errors = errors(&document);
            let start = format!(
                "{}: the list is empty; write at least a",
                place.member(name)
            );
            assert!(
                matches!(errors.as_slice(), [error] if error.starts_with(&start)),
                "{document}: {errors:?}"
            );
        }
    }
}

#[test]
fn an_empty_text_is_refused_in_every_list_of_texts() {
    for (field, help) in [
        ("issuers", "write an issuer"),
        ("audiences", "write an audience"),
        ("token_types", "write a type"),
    ] {
        assert_eq!(
            errors(&policy(json!({ field: ["a", ""] }))),
            [format!("{field}[1]: found an empty text; {help}")]
        );
        let found = errors(&policy(json!({ field: ["a", 5] })));
        assert_eq!(found, [format!("{field}[1]: found 5; write a string")]);
    }
    // An empty value is a value: a claim may be an empty text.
    let claim = json!({ "required_claims": [{ "name": "n", "values": [""] }] });
    assert_eq!(errors(&policy(claim)), Vec::<String>::new());
}

/// A policy's fields that contradict each other or cannot be, and the start of the only error that follows.
#[test]
fn what_contradicts_itself_or_cannot_be_is_refused_with_its_place() {
    let rsa = validate_jwt_jws::Algorithm::RS256;
    let pem = crate::support::Signer(rsa, 0).pem();
    let cases = [
        (
            json!({ "header_name": "x", "query_parameter_name": "q" }),
            "query_parameter_name: both `header_name` and `query_parameter_name`",
        ),
        (
            json!({ "query_parameter_name": "q", "require_scheme": "Bearer" }),
            "require_scheme: a token in the query has no scheme; remove `require_scheme`",
        ),
        (
            json!({ "query_parameter_name": "a b" }),
            "query_parameter_name: \"a b\" is no plain parameter name",
        ),
        (
            json!({ "query_parameter_name": "" }),
            "query_parameter_name: \"\" is no plain parameter name",
        ),
        (
            json!({ "header_name": "" }),
            "header_name: \"\" is no header name",
        ),
        (
            json!({ "header_name": "X Token" }),
            "header_name: \"X Token\" is no header name",
        ),
        (
            json!({ "header_name": ":path" }),
            "header_name: \":path\" is no header name",
        ),
        (
            json!({ "require_scheme": "Bearer token" }),
            "require_scheme: \"Bearer token\" is no scheme",
        ),
        (
            json!({ "require_signed_tokens": false }),
            "require_signed_tokens: found false; unsigned tokens are never accepted",
        ),
        (
            json!({ "algorithms": ["RS256", "none"] }),
            "algorithms[1]: \"none\": unsigned tokens are never accepted",
        ),
        (
            json!({ "algorithms": ["NoNe"] }),
            "algorithms[0]: \"NoNe\": unsigned tokens are never accepted",
        ),
        (
            json!({ "algorithms": ["ES512"] }),
            "algorithms[0]: no algorithm \"ES512\"",
        ),
        (
            json!({ "challenge": true }),
            "challenge: found true; write false, or an object",
        ),
        (
            json!({ "challenge": { "realm": "a\r\nb" } }),
            "challenge.realm: \"a\\r\\nb\" cannot stand in a header",
        ),
        (
            json!({ "challenge": { "resource_metadata": "/x" } }),
            "challenge.resource_metadata: \"/x\" is no address",
        ),
        (
            json!({ "failed_validation_error_message": "x".repeat(4097) }),
            "failed_validation_error_message: the message has 4097 bytes; write at most 4096",
        ),
        (
            json!({ "required_claims": [{ "values": ["a"] }] }),
            "required_claims[0]: the claim has no name",
        ),
        (
            json!({ "required_claims": [{ "name": "" }] }),
            "required_claims[0].name: \"\" names no claim",
        ),
        (
            json!({ "required_claims": [{ "name": "/a~2b" }] }),
            "required_claims[0].name: \"/a~2b\" names no claim; in a JSON pointer",
        ),
        (
            json!({ "required_claims": [{ "name": "n", "values": [] }] }),
            "required_claims[0].values: the list is empty",
        ),
        (
            json!({ "required_claims": [{ "name": "n", "separator": "" }] }),
            "required_claims[0].separator: found an empty text",
        ),
        (
            json!({ "output_headers": [{ "claim": "sub" }] }),
            "output_headers[0]: `claim` and `header` belong together",
        ),
        (
            json!({ "output_headers": [{ "claim": "sub", "header": "Host" }] }),
            "output_headers[0].header: \"Host\" belongs to the transport",
        ),
        (
            json!({ "output_headers": [{ "claim": "sub", "header": ":path" }] }),
            "output_headers[0].header: \":path\" is no header name",
        ),
        (
            json!({ "output_headers": [{ "claim": "sub", "header": "Authorization" }] }),
            "output_headers[0].header: \"Authorization\" holds the token",
        ),
        (
            json!({ "output_headers": [{ "claim": "a", "header": "x-a" }, { "claim": "b", "header": "X-A" }] }),
            "output_headers[1].header: \"X-A\" is set twice",
        ),
        (
            json!({ "output_headers": [{ "claim": "a", "header": "x-a" }], "output_payload_header": "x-a" }),
            "output_payload_header: \"x-a\" is set twice",
        ),
        (
            json!({ "output_property": "a b" }),
            "output_property: \"a b\" is no property name",
        ),
        (
            json!({ "extends": "api" }),
            "extends: there is no other policy to extend",
        ),
        (
            json!({ "azure_ad": { "cluster": "c" } }),
            "azure_ad: there is no `tenant_id`",
        ),
        (
            json!({ "azure_ad": { "tenant_id": TENANT } }),
            "azure_ad: there is no `cluster`",
        ),
        (
            json!({ "azure_ad": { "tenant_id": TENANT, "cluster": "" } }),
            "azure_ad.cluster: found an empty text",
        ),
        (
            json!({ "azure_ad": { "tenant_id": "contoso", "cluster": "c" } }),
            "azure_ad.tenant_id: \"contoso\" is no tenant",
        ),
        (
            json!({ "azure_ad": { "tenant_id": "consumers", "cluster": "c" } }),
            "azure_ad.tenant_id: \"consumers\" is no tenant",
        ),
        (
            json!({ "azure_ad": { "tenant_id": "common", "cluster": "c" } }),
            "azure_ad: \"common\" lets in the tokens of every tenant",
        ),
        (
            json!({ "azure_ad": { "tenant_id": "organizations", "cluster": "c", "allowed_tenants": ["contoso.example"] } }),
            "azure_ad.allowed_tenants[0]: \"contoso.example\" is no tenant id",
        ),
        (
            json!({ "azure_ad": { "tenant_id": "organizations", "cluster": "c", "allowed_tenants": [] } }),
            "azure_ad.allowed_tenants: the list is empty",
        ),
        (
            json!({ "azure_ad": { "tenant_id": TENANT, "cluster": "c", "authentication_endpoint": "localhost:8443" } }),
            "azure_ad.authentication_endpoint: \"localhost:8443\" is no address",
        ),
        (
            json!({ "openid_configs": [{ "cluster": "c" }] }),
            "openid_configs[0]: there is no `url`",
        ),
        (
            json!({ "openid_configs": [{ "url": "https://a" }] }),
            "openid_configs[0]: there is no `cluster`",
        ),
        (
            json!({ "openid_configs": [{ "url": "ftp://a", "cluster": "c" }] }),
            "openid_configs[0].url: \"ftp://a\" is no address",
        ),
        (
            json!({ "openid_configs": [{ "url": "https://u:p@a/", "cluster": "c" }] }),
            "openid_configs[0].url: \"https://u:p@a/\" is no address",
        ),
        (
            json!({ "jwks": [{}] }),
            "jwks[0]: the key set has neither an address nor keys",
        ),
        (
            json!({ "jwks": [{ "issuer": "", "inline": ED.set("k") }] }),
            "jwks[0].issuer: found an empty text",
        ),
        (
            json!({ "jwks": [{ "inline": ED.set("k"), "url": "https://a", "cluster": "c" }] }),
            "jwks[0]: both `inline` and an address; keep one",
        ),
        (
            json!({ "jwks": [{ "inline": { "keys": [] } }] }),
            "jwks[0].inline: ",
        ),
        (
            json!({ "issuer_signing_keys": [{}] }),
            "issuer_signing_keys[0]: a key is one of: `n` and `e`, `value`, `pem`",
        ),
        (
            json!({ "issuer_signing_keys": [{ "n": "AQAB" }] }),
            "issuer_signing_keys[0]: a key is one of",
        ),
        (
            json!({ "issuer_signing_keys": [{ "n": "AQAB", "e": "AQAB" }] }),
            "issuer_signing_keys[0]: the key cannot be used: the RSA modulus has 17 bits",
        ),
        (
            json!({ "issuer_signing_keys": [{ "value": "###" }] }),
            "issuer_signing_keys[0].value: this is not base64",
        ),
        (
            json!({ "issuer_signing_keys": [{ "value": "" }] }),
            "issuer_signing_keys[0]: the key cannot be used: the HMAC secret is empty",
        ),
        (
            json!({ "issuer_signing_keys": [{ "value": pem }] }),
            "issuer_signing_keys[0].value: this is PEM, and `value` is a symmetric secret; write it as `pem`",
        ),
        (
            json!({ "issuer_signing_keys": [{ "value": CERTIFICATE }] }),
            "issuer_signing_keys[0].value: this is a certificate or public key, and `value` is a symmetric secret",
        ),
        (
            json!({ "issuer_signing_keys": [{ "value": SPKI }] }),
            "issuer_signing_keys[0].value: this is a certificate or public key, and `value` is a symmetric secret",
        ),
        (
            json!({ "issuer_signing_keys": [{ "pem": "x" }] }),
            "issuer_signing_keys[0]: the key cannot be used: not PEM",
        ),
        (
            json!({ "issuer_signing_keys": vec![json!({ "value": "c2VjcmV0c2VjcmV0" }); 17] }),
            "issuer_signing_keys: found 17 keys; write at most 16",
        ),
    ];
    for (fields, start) in cases {
        let document = policy(fields);
        let errors = errors(&document);
        assert!(
            matches!(errors.as_slice(), [error] if error.starts_with(start)),
            "{document}\n expected {start}\n found {errors:?}"
        );
    }
}

#[test]
fn a_policy_without_any_source_of_keys_is_refused() {
    assert_eq!(
        errors(&json!({ "audiences": ["a"] })),
        [
            "the policy has no keys to verify tokens with; write `azure_ad`, `openid_configs`, `jwks` or `issuer_signing_keys`"
        ]
    );
}

#[test]
fn symmetric_and_asymmetric_keys_may_stand_together_with_their_algorithms_named() {
    let mut document = policy(json!({ "algorithms": ["HS256", "EdDSA"] }));
    merge(
        &mut document,
        json!({ "issuer_signing_keys": [{ "id": "s", "value": "c2VjcmV0" }] }),
    );
    assert_eq!(errors(&document), Vec::<String>::new());
    assert_ne!(ED.key(), OTHER.key());
}

#[test]
fn what_is_no_document_is_one_error() {
    for (text, start) in [
        ("", "the document is empty"),
        (" \n", "the document is empty"),
        ("{", "the document is not JSON"),
        ("[]", "found a list; write an object"),
        ("\"x\"", "found \"x\"; write an object"),
        ("null", "found null; write an object"),
        (
            "{\"policies\": {}}",
            "policies: there is no policy; write at least one",
        ),
        (
            "{\"rules\": []}",
            "`rules` without `policies`; write the policies",
        ),
    ] {
        let found = check_json(text.as_bytes()).diagnostics;
        assert!(
            matches!(found.as_slice(), [one] if one.to_string().starts_with(start)),
            "{text}: {found:?}"
        );
    }
    let long = vec![b' '; validate_jwt::config::MAX_DOCUMENT_BYTES + 1];
    assert_eq!(check_json(&long).diagnostics.len(), 1);
}
