//! The registrations document as written, and its checks.

use serde::Deserialize;

use super::{Application, Grant, RegistrationsError, Secret, Tenant, TokenVersion, same_uri};
use crate::Guid;

/// More tenants, applications or entries of a list than anybody writes by hand; lookups are linear.
const MAX_ENTRIES: usize = 1000;

/// Longest text of one member. Entra's own limit is 255 for an app id URI and 120 for a display name.
const MAX_TEXT_BYTES: usize = 255;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    tenants: Vec<TenantEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TenantEntry {
    id: String,
    domain: Option<String>,
    applications: Vec<ApplicationEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ApplicationEntry {
    display_name: String,
    app_id: String,
    object_id: Option<String>,
    #[serde(default)]
    identifier_uris: Vec<String>,
    access_token_accepted_version: Option<u8>,
    #[serde(default)]
    app_roles: Vec<String>,
    #[serde(default)]
    optional_claims: Vec<String>,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default)]
    granted_roles: Vec<GrantEntry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GrantEntry {
    resource: String,
    roles: Vec<String>,
}

type Checked<T> = Result<T, RegistrationsError>;

pub(super) fn parse(json: &[u8]) -> Checked<Vec<Tenant>> {
    let mut reader = serde_json::Deserializer::from_slice(json);
    let document: Document = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        RegistrationsError::new(place_of(error.path()), error.inner().to_string())
    })?;
    reader
        .end()
        .map_err(|error| RegistrationsError::new("end of the document", error.to_string()))?;
    bounded(&document.tenants, "tenants")?;
    if document.tenants.is_empty() {
        return fault("tenants", "is empty; register at least one tenant");
    }
    let mut tenants: Vec<Tenant> = Vec::new();
    for (at, entry) in document.tenants.into_iter().enumerate() {
        let place = format!("tenants[{at}]");
        let tenant = check_tenant(entry, &place)?;
        if tenants.iter().any(|other| other.id == tenant.id) {
            return fault(
                format!("{place}.id"),
                "another tenant has this id; give each its own",
            );
        }
        if tenant.domain.is_some() && tenants.iter().any(|other| other.domain == tenant.domain) {
            return fault(
                format!("{place}.domain"),
                "another tenant has this domain; give each its own",
            );
        }
        tenants.push(tenant);
    }
    Ok(tenants)
}

/// The path the library gives; its name for the whole document is a bare dot.
fn place_of(path: &serde_path_to_error::Path) -> String {
    match path.iter().next() {
        Some(_) => path.to_string(),
        None => "document".to_owned(),
    }
}

fn check_tenant(entry: TenantEntry, place: &str) -> Checked<Tenant> {
    let id = guid(&entry.id, &format!("{place}.id"))?;
    let domain = entry
        .domain
        .map(|domain| check_domain(&domain, &format!("{place}.domain")))
        .transpose()?;
    bounded(&entry.applications, &format!("{place}.applications"))?;
    let mut applications: Vec<Application> = Vec::new();
    let mut grants = Vec::new();
    for (at, entry) in entry.applications.into_iter().enumerate() {
        let place = format!("{place}.applications[{at}]");
        let (application, granted) = check_application(entry, &id, &applications, &place)?;
        applications.push(application);
        grants.push((place, granted));
    }
    let mut tenant = Tenant {
        id,
        domain,
        applications,
    };
    // Grants may refer to applications further down, so they are resolved last.
    let mut resolved = Vec::new();
    for (place, granted) in grants {
        resolved.push(resolve_grants(granted, &tenant, &place)?);
    }
    for (application, grants) in tenant.applications.iter_mut().zip(resolved) {
        application.granted_roles = grants;
    }
    Ok(tenant)
}

/// Checks what can be checked without the applications that follow; grants come back as written.
fn check_application(
    entry: ApplicationEntry,
    tenant: &Guid,
    others: &[Application],
    place: &str,
) -> Checked<(Application, Vec<GrantEntry>)> {
    text(&entry.display_name, &format!("{place}.displayName"))?;
    let app_id = guid(&entry.app_id, &format!("{place}.appId"))?;
    if others.iter().any(|other| other.app_id == app_id) {
        return fault(
            format!("{place}.appId"),
            "another application of the tenant has this id",
        );
    }
    let object_id = match &entry.object_id {
        Some(object_id) => guid(object_id, &format!("{place}.objectId"))?,
        None => Guid::derived(&["service principal", tenant.as_str(), app_id.as_str()]),
    };
    bounded(&entry.identifier_uris, &format!("{place}.identifierUris"))?;
    for (at, uri) in entry.identifier_uris.iter().enumerate() {
        let place = format!("{place}.identifierUris[{at}]");
        word(uri, &place)?;
        if !uri.contains(':') {
            return fault(
                place,
                format!("`{uri}` is not a URI; Entra's form is `api://name`"),
            );
        }
        if others
            .iter()
            .flat_map(|other| &other.identifier_uris)
            .any(|other| same_uri(other, uri))
        {
            return fault(
                place,
                format!("another application of the tenant has `{uri}`"),
            );
        }
    }
    let token_version = match entry.access_token_accepted_version {
        None | Some(1) => TokenVersion::V1,
        Some(2) => TokenVersion::V2,
        Some(other) => {
            let place = format!("{place}.accessTokenAcceptedVersion");
            return fault(
                place,
                format!("{other} is not a token version; write 1, 2 or null (which is 1)"),
            );
        }
    };
    words(&entry.app_roles, &format!("{place}.appRoles"))?;
    bounded(&entry.optional_claims, &format!("{place}.optionalClaims"))?;
    for (at, claim) in entry.optional_claims.iter().enumerate() {
        if claim != "idtyp" {
            let place = format!("{place}.optionalClaims[{at}]");
            return fault(place, format!("`{claim}` is not emulated; `idtyp` is"));
        }
    }
    bounded(&entry.secrets, &format!("{place}.secrets"))?;
    for (at, secret) in entry.secrets.iter().enumerate() {
        // The message must not show the secret, so `text` is not asked.
        if secret.is_empty() || secret.len() > MAX_TEXT_BYTES {
            let place = format!("{place}.secrets[{at}]");
            return fault(place, format!("a secret has 1 to {MAX_TEXT_BYTES} bytes"));
        }
    }
    let application = Application {
        display_name: entry.display_name,
        app_id,
        object_id,
        identifier_uris: entry.identifier_uris,
        token_version,
        app_roles: entry.app_roles,
        wants_idtyp: !entry.optional_claims.is_empty(),
        secrets: entry.secrets.into_iter().map(Secret::new).collect(),
        granted_roles: Vec::new(),
    };
    Ok((application, entry.granted_roles))
}

fn resolve_grants(entries: Vec<GrantEntry>, tenant: &Tenant, place: &str) -> Checked<Vec<Grant>> {
    bounded(&entries, &format!("{place}.grantedRoles"))?;
    let mut grants: Vec<Grant> = Vec::new();
    for (at, entry) in entries.into_iter().enumerate() {
        let place = format!("{place}.grantedRoles[{at}]");
        let Some(api) = tenant.resource(&entry.resource) else {
            let problem = format!(
                "no application of the tenant has the id or app id URI `{}`",
                entry.resource
            );
            return fault(format!("{place}.resource"), problem);
        };
        if grants.iter().any(|other| other.resource == api.app_id) {
            return fault(
                format!("{place}.resource"),
                "named twice; put all roles of an API in one entry",
            );
        }
        words(&entry.roles, &format!("{place}.roles"))?;
        for (at, role) in entry.roles.iter().enumerate() {
            if !api.app_roles.contains(role) {
                let problem = format!(
                    "`{}` does not define `{role}`; its appRoles are [{}]",
                    api.display_name,
                    api.app_roles.join(", ")
                );
                return fault(format!("{place}.roles[{at}]"), problem);
            }
        }
        grants.push(Grant {
            resource: api.app_id.clone(),
            roles: entry.roles,
        });
    }
    Ok(grants)
}

fn guid(text: &str, place: &str) -> Checked<Guid> {
    Guid::parse(text).ok_or_else(|| {
        let example = "11111111-1111-1111-1111-111111111111";
        RegistrationsError::new(place, format!("`{text}` is not a GUID such as {example}"))
    })
}

fn check_domain(domain: &str, place: &str) -> Checked<String> {
    text(domain, place)?;
    let labels_are_plain = domain.split('.').all(|label| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    if !labels_are_plain || !domain.contains('.') {
        return fault(
            place,
            format!("`{domain}` is not a domain name such as contoso.example"),
        );
    }
    Ok(domain.to_ascii_lowercase())
}

fn words(list: &[String], place: &str) -> Checked<()> {
    bounded(list, place)?;
    for (at, entry) in list.iter().enumerate() {
        word(entry, &format!("{place}[{at}]"))?;
        if list.iter().take(at).any(|other| other == entry) {
            return fault(
                format!("{place}[{at}]"),
                format!("`{entry}` is named twice"),
            );
        }
    }
    Ok(())
}

fn word(value: &str, place: &str) -> Checked<()> {
    text(value, place)?;
    if value.contains(char::is_whitespace) {
        return fault(
            place,
            format!("`{value}` contains white space; Entra allows none here"),
        );
    }
    Ok(())
}

fn text(value: &str, place: &str) -> Checked<()> {
    if value.trim().is_empty() || value.len() > MAX_TEXT_BYTES || value.contains(char::is_control) {
        return fault(
            place,
            format!("write 1 to {MAX_TEXT_BYTES} bytes of text without control characters"),
        );
    }
    Ok(())
}

fn bounded<T>(list: &[T], place: &str) -> Checked<()> {
    if list.len() > MAX_ENTRIES {
        return fault(
            place,
            format!(
                "{} entries are too many; the limit is {MAX_ENTRIES}",
                list.len()
            ),
        );
    }
    Ok(())
}

fn fault<T>(place: impl Into<String>, problem: impl Into<String>) -> Checked<T> {
    Err(RegistrationsError::new(place, problem))
}
