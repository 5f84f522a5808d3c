//! `<validate-azure-ad-token>`.

use super::clusters::Address;
use super::common;
use super::draft::{ASYMMETRIC, AzureAd, Claim, Draft};
use super::element::Element;
use super::reading::Reading;

const ATTRIBUTES: [&str; 10] = [
    "id",
    "tenant-id",
    "authentication-endpoint",
    "header-name",
    "query-parameter-name",
    "token-value",
    "require-scheme",
    "failed-validation-httpcode",
    "failed-validation-error-message",
    "output-token-variable-name",
];

/// These allow more; without them the policy is stricter.
const ALLOWANCES: [&str; 2] = [
    "allow-protected-forwarded-tokens",
    "allow-proof-of-possession-tokens",
];

/// A cloud of Entra ID.
pub(super) struct Cloud {
    /// Our word for it; `None` is the default.
    name: Option<&'static str>,
    /// Its login hosts, the current one first.
    pub(super) hosts: &'static [&'static str],
}

/// The clouds that `azure_ad` knows.
pub(super) const CLOUDS: [Cloud; 3] = [
    Cloud {
        name: None,
        hosts: &["login.microsoftonline.com"],
    },
    Cloud {
        name: Some("us_government"),
        hosts: &["login.microsoftonline.us"],
    },
    Cloud {
        name: Some("china"),
        hosts: &["login.partner.microsoftonline.cn", "login.chinacloudapi.cn"],
    },
];

/// Reads the element; whether it may be written is `reading.refused` afterwards.
pub(super) fn read(reading: &mut Reading<'_>, element: &Element) -> Draft {
    let known: Vec<&str> = ATTRIBUTES.into_iter().chain(ALLOWANCES).collect();
    reading.only_attributes(element, &known);
    reading.only_elements(element);
    let mut draft = Draft {
        place: common::token_place(reading, element, true),
        ..Draft::default()
    };
    common::answer(reading, element, &mut draft);
    for attribute in &element.attributes {
        if ALLOWANCES.contains(&attribute.name.as_str()) {
            reading.warning(
                attribute.at,
                &attribute.name,
                "is not imported; only bearer tokens are taken",
            );
        }
    }
    draft.azure_ad = azure_ad(reading, element);
    // Entra signs with RS256; the others are those that API Management takes.
    draft.algorithms.extend(ASYMMETRIC);
    for (index, child) in element.children.iter().enumerate() {
        if element
            .children
            .iter()
            .take(index)
            .any(|other| other.name == child.name)
        {
            reading.refuse(
                child.at,
                &child.name,
                "is there twice; put the entries into one",
            );
        }
        match child.name.as_str() {
            "client-application-ids" => {
                let ids = reading.required_alternatives(child, "application-id");
                if let Some(azure_ad) = &mut draft.azure_ad {
                    azure_ad.client_application_ids = ids;
                }
            }
            "backend-application-ids" => draft.required_claims.extend(backends(reading, child)),
            "audiences" => draft.audiences = reading.required_alternatives(child, "audience"),
            "required-claims" => draft
                .required_claims
                .extend(common::required_claims(reading, child)),
            "decryption-keys" => reading.error(
                child.at,
                &child.name,
                "encrypted tokens are not supported; they are refused",
            ),
            _ => reading.unknown_element(element, child),
        }
    }
    draft
}

/// What the backends' ids do to a token is not documented. The strictest meaning is that the token is for one of them.
fn backends(reading: &mut Reading<'_>, list: &Element) -> Option<Claim> {
    let values = reading.required_alternatives(list, "application-id");
    let message = "what it does is not documented; read as: aud must be one of these ids, beside audiences (remove the element when audiences say it)";
    reading.warning(list.at, &list.name, message);
    (!values.is_empty()).then(|| Claim {
        name: "aud".to_owned(),
        any: true,
        separator: None,
        values,
    })
}

fn azure_ad(reading: &mut Reading<'_>, element: &Element) -> Option<AzureAd> {
    let tenant = reading.required_attribute(element, "tenant-id")?;
    let at = element
        .attribute("tenant-id")
        .map_or(element.at, |attribute| attribute.at);
    let tenant_id = match tenant_id(&tenant) {
        Ok(tenant) => tenant,
        Err(why) => {
            reading.refuse(at, "tenant-id", &format!("\"{tenant}\" {why}"));
            return None;
        }
    };
    let multi_tenant = matches!(tenant_id.as_str(), "common" | "organizations");
    let allowed_tenants = if multi_tenant {
        reading.allowed_tenants.to_vec()
    } else {
        Vec::new()
    };
    if multi_tenant && allowed_tenants.is_empty() {
        let message = format!(
            "\"{tenant_id}\" takes tokens of every organisation; say which tenants may call with --allowed-tenant"
        );
        reading.refuse(at, "tenant-id", &message);
    } else if multi_tenant {
        reading.warning(
            at,
            "tenant-id",
            "only the tenants given with --allowed-tenant are taken",
        );
    }
    let (cloud, authentication_endpoint, address) = endpoint(reading, element)?;
    let Some(cluster) = reading.cluster(&address, at, "tenant-id") else {
        reading.refused = true;
        return None;
    };
    Some(AzureAd {
        tenant_id,
        cluster,
        cloud,
        authentication_endpoint,
        client_application_ids: Vec::new(),
        allowed_tenants,
    })
}

/// A tenant is a GUID, a domain, `common` or `organizations`, or an address of one of these.
fn tenant_id(text: &str) -> Result<String, String> {
    let tenant = if text.contains("://") {
        let address = Address::parse(text).map_err(str::to_owned)?;
        let path = address
            .path
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .trim_matches('/');
        let is_login = CLOUDS
            .iter()
            .any(|cloud| cloud.hosts.contains(&address.host.as_str()))
            || address.host == "sts.windows.net";
        match (is_login, path) {
            (true, path) if !path.is_empty() => {
                path.split('/').next().unwrap_or_default().to_owned()
            }
            (false, "") => address.host,
            _ => return Err("names no tenant; write its GUID or domain".to_owned()),
        }
    } else {
        text.trim_end_matches('/').to_owned()
    };
    match tenant.as_str() {
        "consumers" => Err("is for personal accounts, which azure_ad does not take".to_owned()),
        "common" | "organizations" => Ok(tenant),
        _ if is_guid(&tenant) || is_domain(&tenant) => Ok(tenant),
        _ => Err("is neither a GUID nor a domain".to_owned()),
    }
}

fn is_guid(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

fn is_domain(text: &str) -> bool {
    text.contains('.')
        && text.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        })
}

/// The cloud, or another login host; and the address that the cluster must reach.
fn endpoint(
    reading: &mut Reading<'_>,
    element: &Element,
) -> Option<(Option<&'static str>, Option<String>, Address)> {
    let Some(attribute) = element.attribute("authentication-endpoint") else {
        return Some((
            None,
            None,
            login_address(&CLOUDS, "login.microsoftonline.com")?,
        ));
    };
    let Some(text) = reading.text("authentication-endpoint", &attribute.value, attribute.at) else {
        reading.refused = true;
        return None;
    };
    let url = if text.contains("://") {
        text.trim_end_matches('/').to_owned()
    } else {
        format!("https://{}", text.trim_end_matches('/'))
    };
    let address = match Address::parse(&url) {
        Ok(address) => address,
        Err(why) => {
            reading.refuse(
                attribute.at,
                "authentication-endpoint",
                &format!("\"{text}\" {why}"),
            );
            return None;
        }
    };
    match login_address(&CLOUDS, &address.host) {
        Some(login) if address.port == 443 && address.scheme == "https" => {
            let cloud = CLOUDS
                .iter()
                .find(|cloud| cloud.hosts.contains(&address.host.as_str()))?;
            Some((cloud.name, None, login))
        }
        _ => Some((None, Some(url), address)),
    }
}

/// The current login host of the cloud that has this host.
fn login_address(clouds: &[Cloud], host: &str) -> Option<Address> {
    let cloud = clouds.iter().find(|cloud| cloud.hosts.contains(&host))?;
    Address::parse(&format!("https://{}", cloud.hosts.first()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_taken_out_of_an_address() {
        for (text, tenant) in [
            (
                "11111111-2222-3333-4444-555555555555",
                "11111111-2222-3333-4444-555555555555",
            ),
            ("https://contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
            (
                "https://contoso.onmicrosoft.com/",
                "contoso.onmicrosoft.com",
            ),
            (
                "https://login.microsoftonline.com/contoso.com/v2.0",
                "contoso.com",
            ),
            (
                "https://sts.windows.net/11111111-2222-3333-4444-555555555555/",
                "11111111-2222-3333-4444-555555555555",
            ),
            ("organizations", "organizations"),
        ] {
            assert_eq!(tenant_id(text).as_deref(), Ok(tenant), "{text}");
        }
    }

    #[test]
    fn what_names_no_single_tenant_is_refused() {
        for text in [
            "",
            "x",
            "consumers",
            "https://login.microsoftonline.com/",
            "https://a.b/c",
            "a..b",
            "11111111-2222",
        ] {
            assert!(tenant_id(text).is_err(), "{text}");
        }
    }
}
