//! The issuer that a discovery document would state, worked out from its address: `--jwks` gives keys, and no document that
//! says whose they are.

use validate_jwt::keys::Discovery;
use validate_jwt::keys::issuer::is_guid;

use super::decoded::Decoded;

/// The mark for the tenant in the metadata of Entra ID that serves many tenants.
const TENANT_MARK: &str = "{tenantid}";

/// Login hosts of Entra ID with the v1.0 issuer of their cloud.
const LOGIN_HOSTS: [(&str, &str); 5] = [
    ("login.microsoftonline.com", "https://sts.windows.net/"),
    ("login.windows.net", "https://sts.windows.net/"),
    ("sts.windows.net", "https://sts.windows.net/"),
    ("login.microsoftonline.us", "https://sts.windows.net/"),
    (
        "login.partner.microsoftonline.cn",
        "https://sts.chinacloudapi.cn/",
    ),
];

/// Paths of discovery documents below an issuer (OpenID Connect Discovery 1.0 §4; RFC 8414 §3 as many providers read it).
const WELL_KNOWN: [&str; 2] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
];

/// An issuer, and what had to be assumed to name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Derived {
    pub(super) issuer: String,
    pub(super) assumption: Option<String>,
}

impl Derived {
    fn certain(issuer: String) -> Self {
        Self {
            issuer,
            assumption: None,
        }
    }
}

/// The issuer of a discovery document that was not read.
pub(super) fn derive(discovery: &Discovery, token: Option<&Decoded>) -> Derived {
    let address = &discovery.document.address;
    let url = address.to_string();
    let plain = url.split('?').next().unwrap_or_default();
    let base = WELL_KNOWN
        .iter()
        .find_map(|suffix| plain.strip_suffix(suffix))
        .unwrap_or(plain);
    let host = address.authority.trim_end_matches(":443");
    let login = LOGIN_HOSTS.iter().find(|(login, _)| *login == host);
    if let Some(entra) = &discovery.entra {
        let below = format!("/{}/v2.0", entra.tenant);
        let endpoint = base.strip_suffix(&below).unwrap_or(base);
        return of_tenant(&entra.tenant, token, |tenant| {
            format!("{endpoint}/{tenant}/v2.0")
        });
    }
    if let Some((_, v1)) = login {
        let below = base
            .split_once("://")
            .and_then(|(_, rest)| rest.split_once('/'))
            .map_or("", |(_, path)| path);
        return match below.strip_suffix("/v2.0") {
            Some(tenant) => of_tenant(tenant, token, |tenant| {
                format!("https://{host}/{tenant}/v2.0")
            }),
            None => of_tenant(below, token, |tenant| format!("{v1}{tenant}/")),
        };
    }
    // Some providers end their issuer with a slash, which the address does not show. What the token says is no evidence.
    let issuer = base.to_owned();
    let assumption = Some(format!(
        "the document at {url} states the issuer {issuer}; if it states another, give it as --jwks ISSUER=FILE"
    ));
    Derived { issuer, assumption }
}

fn of_tenant(tenant: &str, token: Option<&Decoded>, issuer: impl Fn(&str) -> String) -> Derived {
    if is_guid(tenant) {
        return Derived::certain(issuer(&tenant.to_ascii_lowercase()));
    }
    if matches!(tenant, "common" | "organizations") {
        return Derived::certain(issuer(TENANT_MARK));
    }
    match token
        .and_then(|token| token.text("tid"))
        .filter(|tid| is_guid(tid))
    {
        Some(tid) => Derived {
            issuer: issuer(tid),
            assumption: Some(format!(
                "{tenant} is the tenant {tid}, which the token names; only the discovery document can tell"
            )),
        },
        None => Derived {
            issuer: issuer(tenant),
            assumption: Some(format!(
                "the tenant's id is {tenant}; only the discovery document can tell"
            )),
        },
    }
}

/// The issuer that a discovery document states when the person says that its tokens have the issuer `given`; `None` when
/// that cannot be.
pub(super) fn given(discovery: &Discovery, given: &str) -> Option<String> {
    let Some(entra) = &discovery.entra else {
        let derived = derive(discovery, None).issuer;
        let same = derived.trim_end_matches('/') == given.trim_end_matches('/');
        return same.then(|| given.to_owned());
    };
    // v1.0 or v2.0, the metadata states the v2.0 issuer of the same tenant.
    let tenant = given.split('/').find(|segment| is_guid(segment))?;
    let own = derive(discovery, None).issuer;
    let named = entra.tenant.as_str();
    if is_guid(named) {
        return named.eq_ignore_ascii_case(tenant).then_some(own);
    }
    if matches!(named, "common" | "organizations") {
        return Some(own);
    }
    Some(own.replace(named, tenant))
}
