//! The Entra ID preset: tenants, clouds, both versions of tokens, callers.

use serde_json::{Value, json};
use validate_jwt::Reason::{
    self, KeysUnavailable, TokenClientNotAllowed, TokenIssuerNotAllowed, TokenSignatureKeyNotFound,
    TokenTenantNotAllowed,
};

use crate::support::{ED, Gateway, claims, merge};

const TENANT: &str = "11111111-2222-3333-4444-555555555555";
const OTHER_TENANT: &str = "99999999-2222-3333-4444-555555555555";

fn v1(tenant: &str) -> String {
    format!("https://sts.windows.net/{tenant}/")
}

fn v2(tenant: &str) -> String {
    format!("https://login.microsoftonline.com/{tenant}/v2.0")
}

/// A policy for `tenant_id`, whose metadata names `issuer` and whose only key [`ED`] may name one too.
fn gateway(azure_ad: Value, host: &str, issuer: &str, key_issuer: Option<&str>) -> Gateway {
    let mut preset = json!({ "tenant_id": TENANT, "cluster": "entra" });
    merge(&mut preset, azure_ad);
    let tenant = preset["tenant_id"].as_str().unwrap().to_string();
    let mut gateway = Gateway::new(&json!({ "azure_ad": preset }));
    let keys = format!("{host}/{tenant}/discovery/v2.0/keys");
    gateway.publish(
        &format!("{host}/{tenant}/v2.0/.well-known/openid-configuration"),
        json!({ "issuer": issuer, "jwks_uri": keys }),
    );
    let mut jwk = ED.jwk("k");
    if let Some(issuer) = key_issuer {
        jwk["issuer"] = json!(issuer);
    }
    gateway.publish(&keys, json!({ "keys": [jwk] }));
    gateway.fetch();
    gateway
}

fn public(azure_ad: Value) -> Gateway {
    gateway(
        azure_ad,
        "https://login.microsoftonline.com",
        &v2(TENANT),
        None,
    )
}

fn many(allowed: &[&str]) -> Gateway {
    gateway(
        json!({ "tenant_id": "organizations", "allowed_tenants": allowed }),
        "https://login.microsoftonline.com",
        &v2("{tenantid}"),
        Some(&v2("{tenantid}")),
    )
}

fn judge(gateway: &mut Gateway, extra: Value) -> Option<Reason> {
    gateway.judge(&ED.token("k", &claims(extra)))
}

#[test]
fn tokens_of_both_versions_of_the_tenant_are_accepted_and_no_other() {
    let mut gateway = public(json!({}));
    for iss in [v1(TENANT), v2(TENANT)] {
        assert_eq!(
            judge(&mut gateway, json!({ "iss": iss, "tid": TENANT })),
            None
        );
        // A tenant that is named in full is no template; `tid` adds nothing.
        assert_eq!(judge(&mut gateway, json!({ "iss": iss })), None);
    }
    for iss in [
        v1(OTHER_TENANT),
        v2(OTHER_TENANT),
        v2(&TENANT.to_uppercase().replace('1', "A")),
        format!("https://login.microsoftonline.com/{TENANT}/v2.0/"),
        format!("https://login.microsoftonline.com/{TENANT}/"),
        format!("https://sts.windows.net/{TENANT}"),
        format!("http://sts.windows.net/{TENANT}/"),
        format!("https://sts.windows.net.evil.example/{TENANT}/"),
        format!("https://login.microsoftonline.us/{TENANT}/v2.0"),
        format!("https://sts.chinacloudapi.cn/{TENANT}/"),
        v1("{tenantid}"),
    ] {
        assert_eq!(
            judge(&mut gateway, json!({ "iss": iss, "tid": TENANT })),
            Some(TokenIssuerNotAllowed),
            "{iss}"
        );
    }
}

#[test]
fn each_cloud_has_its_login_host_and_its_issuers() {
    for (cloud, host, v1_host) in [
        (
            "public",
            "https://login.microsoftonline.com",
            "sts.windows.net",
        ),
        (
            "us_government",
            "https://login.microsoftonline.us",
            "sts.windows.net",
        ),
        (
            "china",
            "https://login.partner.microsoftonline.cn",
            "sts.chinacloudapi.cn",
        ),
    ] {
        let v2 = format!("{host}/{TENANT}/v2.0");
        let mut gateway = gateway(json!({ "cloud": cloud }), host, &v2, None);
        for iss in [v2, format!("https://{v1_host}/{TENANT}/")] {
            assert_eq!(judge(&mut gateway, json!({ "iss": iss })), None, "{iss}");
        }
    }
}

#[test]
fn another_login_host_is_asked_in_place_of_the_cloud_s() {
    for endpoint in ["http://localhost:8443", "http://localhost:8443/"] {
        let host = "http://localhost:8443";
        let v2 = format!("{host}/{TENANT}/v2.0");
        let preset = json!({ "authentication_endpoint": endpoint });
        let mut gateway = gateway(preset, host, &v2, None);
        assert_eq!(judge(&mut gateway, json!({ "iss": v2 })), None);
        assert_eq!(judge(&mut gateway, json!({ "iss": v1(TENANT) })), None);
        assert!(
            gateway
                .asked
                .iter()
                .all(|(address, cluster)| address.starts_with(host) && cluster == "entra")
        );
    }
}

#[test]
fn a_domain_is_the_tenant_that_its_metadata_names() {
    let mut gateway = gateway(
        json!({ "tenant_id": "contoso.onmicrosoft.com" }),
        "https://login.microsoftonline.com",
        &v2(TENANT),
        None,
    );
    assert_eq!(judge(&mut gateway, json!({ "iss": v1(TENANT) })), None);
    assert_eq!(
        judge(&mut gateway, json!({ "iss": v1(OTHER_TENANT) })),
        Some(TokenIssuerNotAllowed)
    );
}

#[test]
fn metadata_of_another_tenant_are_not_taken() {
    for issuer in [
        v2(OTHER_TENANT),
        v2("{tenantid}"),
        "https://evil.example".into(),
    ] {
        let mut gateway = gateway(
            json!({}),
            "https://login.microsoftonline.com",
            &issuer,
            None,
        );
        assert_eq!(
            judge(&mut gateway, json!({ "iss": v2(TENANT) })),
            Some(KeysUnavailable)
        );
        let log = gateway.log.concat();
        assert!(log.contains("not that of the configured tenant"), "{log}");
    }
}

#[test]
fn a_template_is_filled_with_a_tid_that_is_a_guid_and_stands_in_iss() {
    let mut gateway = many(&[TENANT]);
    for iss in [v1(TENANT), v2(TENANT)] {
        assert_eq!(
            judge(&mut gateway, json!({ "iss": iss, "tid": TENANT })),
            None
        );
        for tid in [
            json!(OTHER_TENANT),
            json!(null),
            json!([TENANT]),
            json!("contoso.example"),
            json!(""),
            json!(TENANT.replace('-', "")),
        ] {
            assert_eq!(
                judge(&mut gateway, json!({ "iss": iss, "tid": tid })),
                Some(TokenIssuerNotAllowed),
                "{tid}"
            );
        }
        assert_eq!(
            judge(&mut gateway, json!({ "iss": iss })),
            Some(TokenIssuerNotAllowed)
        );
    }
    for text in ["evil", "{tenantid}", "../x", ""] {
        assert_eq!(
            judge(&mut gateway, json!({ "iss": v2(text), "tid": text })),
            Some(TokenIssuerNotAllowed),
            "{text}"
        );
    }
}

#[test]
fn only_allowed_tenants_come_in_however_their_guids_are_spelt() {
    let letters = "abcdefab-2222-3333-4444-555555555555";
    let mut gateway = many(&[&letters.to_uppercase()]);
    for tid in [letters.to_string(), letters.to_uppercase()] {
        assert_eq!(
            judge(&mut gateway, json!({ "iss": v2(&tid), "tid": tid })),
            None
        );
    }
    assert_eq!(
        judge(
            &mut gateway,
            json!({ "iss": v2(OTHER_TENANT), "tid": OTHER_TENANT })
        ),
        Some(TokenTenantNotAllowed)
    );
}

#[test]
fn common_works_like_organizations() {
    let mut gateway = gateway(
        json!({ "tenant_id": "common", "allowed_tenants": [TENANT] }),
        "https://login.microsoftonline.com",
        &v2("{tenantid}"),
        None,
    );
    assert_eq!(
        judge(&mut gateway, json!({ "iss": v2(TENANT), "tid": TENANT })),
        None
    );
    assert_eq!(
        judge(
            &mut gateway,
            json!({ "iss": v2(OTHER_TENANT), "tid": OTHER_TENANT })
        ),
        Some(TokenTenantNotAllowed)
    );
}

#[test]
fn allowed_tenants_narrow_a_single_tenant_too() {
    let mut gateway = public(json!({ "allowed_tenants": [TENANT] }));
    assert_eq!(
        judge(&mut gateway, json!({ "iss": v2(TENANT), "tid": TENANT })),
        None
    );
    for tid in [json!(OTHER_TENANT), json!(null), json!(5)] {
        assert_eq!(
            judge(&mut gateway, json!({ "iss": v2(TENANT), "tid": tid })),
            Some(TokenTenantNotAllowed)
        );
    }
}

#[test]
fn a_key_of_one_tenant_in_a_shared_set_verifies_no_other_tenant_s_tokens() {
    let mut gateway = gateway(
        json!({ "tenant_id": "common", "allowed_tenants": [TENANT, OTHER_TENANT] }),
        "https://login.microsoftonline.com",
        &v2("{tenantid}"),
        Some(&v2(OTHER_TENANT)),
    );
    for iss in [v1(OTHER_TENANT), v2(OTHER_TENANT)] {
        assert_eq!(
            judge(&mut gateway, json!({ "iss": iss, "tid": OTHER_TENANT })),
            None
        );
    }
    for iss in [v1(TENANT), v2(TENANT)] {
        assert_eq!(
            judge(&mut gateway, json!({ "iss": iss, "tid": TENANT })),
            Some(TokenSignatureKeyNotFound)
        );
    }
}

#[test]
fn the_caller_is_named_by_azp_or_by_appid() {
    let fields = json!({ "client_application_ids": ["app-1", "app-2"] });
    let mut gateway = public(fields);
    let mut judge = |iss: String, caller: Value| {
        let mut extra = json!({ "iss": iss });
        merge(&mut extra, caller);
        judge(&mut gateway, extra)
    };
    assert_eq!(judge(v2(TENANT), json!({ "azp": "app-1" })), None);
    assert_eq!(judge(v1(TENANT), json!({ "appid": "app-2" })), None);
    let both = json!({ "azp": "app-1", "appid": "app-1" });
    assert_eq!(judge(v2(TENANT), both), None);
    for wrong in [
        json!({}),
        json!({ "azp": "app-3" }),
        json!({ "azp": "APP-1" }),
        json!({ "azp": ["app-1"] }),
        json!({ "azp": null }),
        json!({ "appid": "" }),
        json!({ "azp": "app-1", "appid": "app-3" }),
        json!({ "azp": "app-3", "appid": "app-1" }),
        json!({ "azp": null, "appid": "app-1" }),
        json!({ "client_id": "app-1" }),
        json!({ "sub": "app-1" }),
    ] {
        assert_eq!(
            judge(v2(TENANT), wrong.clone()),
            Some(TokenClientNotAllowed),
            "{wrong}"
        );
    }
}
