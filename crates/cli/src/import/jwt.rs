//! `<validate-jwt>`.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::clusters::Address;
use super::common;
use super::draft::{ASYMMETRIC, Draft, KeyMaterial, OpenidConfig, SYMMETRIC, SigningKey};
use super::element::Element;
use super::reading::Reading;

const ATTRIBUTES: [&str; 11] = [
    "id",
    "header-name",
    "query-parameter-name",
    "token-value",
    "failed-validation-httpcode",
    "failed-validation-error-message",
    "require-expiration-time",
    "require-scheme",
    "require-signed-tokens",
    "clock-skew",
    "output-token-variable-name",
];

/// A shared secret longer than this that begins as DER does is a certificate or a key pair, not a secret.
const MIN_CERTIFICATE_BYTES: usize = 128;

const PADDED: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, PADDED);

/// Reads the element; whether it may be written is `reading.refused` afterwards.
pub(super) fn read(reading: &mut Reading<'_>, element: &Element) -> Draft {
    reading.only_attributes(element, &ATTRIBUTES);
    reading.only_elements(element);
    let mut draft = Draft {
        place: common::token_place(reading, element, false),
        ..Draft::default()
    };
    common::answer(reading, element, &mut draft);
    draft.allow_missing_expiration = !reading.truth(element, "require-expiration-time", true);
    draft.clock_skew = common::clock_skew(reading, element);
    if !reading.truth(element, "require-signed-tokens", true) {
        let at = element
            .attribute("require-signed-tokens")
            .map_or(element.at, |attribute| attribute.at);
        reading.error(
            at,
            "require-signed-tokens",
            "\"false\" takes tokens that anybody can write; the filter never does",
        );
    }
    for child in &element.children {
        match child.name.as_str() {
            "openid-config" => draft.openid_configs.extend(openid_config(reading, child)),
            "issuer-signing-keys" => draft.issuer_signing_keys.extend(signing_keys(reading, child)),
            "issuer-signing-tokens" => reading.error(child.at, &child.name, "is of an old version of API Management and not imported; write the keys as issuer_signing_keys"),
            "decryption-keys" => reading.error(child.at, &child.name, "encrypted tokens are not supported; they are refused"),
            "audiences" => draft.audiences.extend(reading.required_alternatives(child, "audience")),
            "issuers" => draft.issuers.extend(reading.alternatives(child, "issuer")),
            "required-claims" => draft.required_claims.extend(common::required_claims(reading, child)),
            _ => reading.unknown_element(element, child),
        }
    }
    once_each(reading, element);
    sources(reading, element, &mut draft);
    draft
}

/// Lists are unions here and their meaning when doubled is not documented.
fn once_each(reading: &mut Reading<'_>, element: &Element) {
    for (index, child) in element.children.iter().enumerate() {
        let earlier = element
            .children
            .iter()
            .take(index)
            .any(|other| other.name == child.name);
        if earlier && !matches!(child.name.as_str(), "openid-config" | "decryption-keys") {
            reading.refuse(
                child.at,
                &child.name,
                "is there twice; put the entries into one",
            );
        }
    }
}

/// Looks at where keys and issuers come from as a whole, and says which algorithms they are for.
fn sources(reading: &mut Reading<'_>, element: &Element, draft: &mut Draft) {
    let has = |name: &str| element.children.iter().any(|child| child.name == name);
    if draft.openid_configs.is_empty() && draft.issuer_signing_keys.is_empty() {
        reading.refuse(
            element.at,
            &element.name,
            "no usable openid-config or issuer-signing-keys: nothing could verify a token",
        );
        return;
    }
    let stated = draft.openid_configs.is_empty() && draft.issuers.is_empty();
    if stated && (has("openid-config") || has("issuers")) {
        reading.refuse(
            element.at,
            &element.name,
            "no usable issuer is left; without one the policy would take tokens of any issuer",
        );
    }
    if draft
        .openid_configs
        .len()
        .saturating_add(usize::from(!draft.issuer_signing_keys.is_empty()))
        > 1
    {
        let message = "several sources of keys: here the keys of each are good only for the issuer that it states, and for those in issuers";
        reading.warning(element.at, "openid-config", message);
    }
    let is_secret = |key: &SigningKey| matches!(key.material, KeyMaterial::Secret(_));
    if draft.issuer_signing_keys.iter().any(is_secret) {
        draft.algorithms.extend(SYMMETRIC);
    }
    if !draft.openid_configs.is_empty() || !draft.issuer_signing_keys.iter().all(is_secret) {
        draft.algorithms.extend(ASYMMETRIC);
    }
    if reading.refused {
        return;
    }
    let message = format!(
        "API Management documents no others than {}; only these are taken",
        draft.algorithms.join(", ")
    );
    reading.warning(element.at, "algorithms", &message);
}

fn openid_config(reading: &mut Reading<'_>, element: &Element) -> Option<OpenidConfig> {
    reading.only_attributes(element, &["url", "host", "validate-connectivity"]);
    reading.only_elements(element);
    if let Some(attribute) = element.attribute("validate-connectivity") {
        reading.warning(
            attribute.at,
            "validate-connectivity",
            "is about saving the policy in API Management; left out",
        );
    }
    if let Some(attribute) = element.attribute("host") {
        reading.error(
            attribute.at,
            "host",
            "is not documented; remove it, or write the source by hand",
        );
        return None;
    }
    let Some(attribute) = element.attribute("url") else {
        reading.error(element.at, "openid-config", "attribute \"url\" is missing");
        return None;
    };
    let url = reading.text("url", &attribute.value, attribute.at)?;
    let address = Address::parse(&url)
        .map_err(|why| reading.error(attribute.at, "url", &format!("\"{url}\" {why}")))
        .ok()?;
    let tenant = address.path.split('/').nth(1).unwrap_or_default();
    if is_entra(&address.host) && matches!(tenant, "common" | "organizations") {
        let message = format!(
            "the issuer of \"{tenant}\" is a template that matches no token as it stands; list issuers, or use azure_ad with allowed_tenants"
        );
        reading.warning(attribute.at, "url", &message);
    }
    let cluster = reading.cluster(&address, attribute.at, "url")?;
    Some(OpenidConfig { url, cluster })
}

fn is_entra(host: &str) -> bool {
    super::entra::CLOUDS
        .iter()
        .any(|cloud| cloud.hosts.contains(&host))
        || host == "sts.windows.net"
}

fn signing_keys(reading: &mut Reading<'_>, list: &Element) -> Vec<SigningKey> {
    reading.only_attributes(list, &[]);
    reading.only_elements(list);
    let mut keys = Vec::new();
    for child in &list.children {
        match child.name.as_str() {
            "key" => keys.extend(signing_key(reading, child)),
            "zumo-master-key" => reading.error(
                child.at,
                &child.name,
                "is of an old version of API Management and not imported",
            ),
            _ => reading.unknown_element(list, child),
        }
    }
    keys
}

fn signing_key(reading: &mut Reading<'_>, element: &Element) -> Option<SigningKey> {
    reading.only_attributes(element, &["id", "n", "e", "certificate-id"]);
    if let Some(placeholder) = element.children.first() {
        reading.unknown_element(element, placeholder);
        return None;
    }
    if let Some(attribute) = element.attribute("certificate-id") {
        reading.error(attribute.at, "certificate-id", "the certificate is in API Management; export its public part and write it as issuer_signing_keys with \"pem\"");
        return None;
    }
    let id = match element.attribute("id") {
        Some(_) => Some(reading.attribute(element, "id")?),
        None => None,
    };
    let material = if element.attribute("n").is_some() || element.attribute("e").is_some() {
        let (Some(_), Some(_)) = (element.attribute("n"), element.attribute("e")) else {
            reading.error(
                element.at,
                "key",
                "\"n\" and \"e\" belong together; one is missing",
            );
            return None;
        };
        KeyMaterial::Rsa {
            n: number(reading, element, "n")?,
            e: number(reading, element, "e")?,
        }
    } else {
        KeyMaterial::Secret(secret(reading, element)?)
    };
    Some(SigningKey {
        id: id.filter(|id| !id.is_empty()),
        material,
    })
}

/// Modulus or exponent, in either alphabet of base64.
fn number(reading: &mut Reading<'_>, element: &Element, name: &str) -> Option<String> {
    let text: String = reading
        .attribute(element, name)?
        .split_whitespace()
        .collect();
    let standard = text.replace('-', "+").replace('_', "/");
    match BASE64.decode(&standard) {
        Ok(bytes) if !bytes.is_empty() => Some(text),
        _ => {
            let at = element
                .attribute(name)
                .map_or(element.at, |attribute| attribute.at);
            reading.error(at, name, "is not base64 or base64url");
            None
        }
    }
}

/// A shared secret. The message never shows it.
fn secret(reading: &mut Reading<'_>, element: &Element) -> Option<String> {
    let text: String = reading
        .text("key", &element.text, element.at)?
        .split_whitespace()
        .collect();
    match BASE64.decode(&text) {
        Ok(bytes) if bytes.is_empty() => reading.error(
            element.at,
            "key",
            "is empty; write a base64 secret, or n and e",
        ),
        Ok(bytes) if bytes.len() >= MIN_CERTIFICATE_BYTES && bytes.starts_with(&[0x30, 0x82]) => {
            reading.error(element.at, "key", "is a certificate or public key, which API Management would take for a shared secret that everybody knows; write it with \"pem\"");
        }
        Ok(_) => return Some(text),
        Err(_) => reading.error(element.at, "key", "is not base64"),
    }
    None
}
