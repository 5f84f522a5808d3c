//! Fields that contradict each other, and values that cannot be.

use serde_json::json;

use crate::support::{ED, errors, policy};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// A certificate and a public key as they are pasted by mistake: the lines between the PEM's.
const CERTIFICATE: &str = "MIIBgjCCASmgAwIBAgIUdL+CPCOGqjNITEjKQLsj2dsDPt8wCgYIKoZIzj0EAwIwFzEVMBMGA1UEAwwMcDI1Ni5leGFtcGxlMB4XDTI2MTEyMjE3NDQxOFoXDTM2MTExOTE3NDQxOFowFzEVMBMGA1UEAwwMcDI1Ni5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+uqwHCYFzDAOGfw0VWLibOaHuriWeXIvCmmQ8rJcXIiQVg9EwJx+96wZ1TuLztoJZYkRdnx4gQdYuPsMV7O5kaNTMFEwHQYDVR0OBBYEFDSTVRqrihAH2nAXDGlBrrnWHCtJMB8GA1UdIwQYMBaAFDSTVRqrihAH2nAXDGlBrrnWHCtJMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgLcHKMo1LyhSkhBv5tjZvRPJ5ku/or9Qr8PNtDw1/SZUCIDye+/2aZdY66O8jKnBWnnW8hTMIXb7Rh+VqDnEIvZp5";
const SPKI: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+uqwHCYFzDAOGfw0VWLibOaHuriWeXIvCmmQ8rJcXIiQVg9EwJx+96wZ1TuLztoJZYkRdnx4gQdYuPsMV7O5kQ==";

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
