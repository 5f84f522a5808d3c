//! `GET /`: what is registered and how to use it, for people (HTML) and programs (JSON). No secrets.

use std::fmt::Write as _;

use hyper::{StatusCode, header};
use serde_json::{Value, json};

use crate::{
    app::App,
    base_address::BaseAddress,
    registrations::{Application, Tenant, TokenVersion},
    reply::{Reply, json_reply, never_stored, reply, set},
};

/// The page is text and one style sheet of its own.
const CONTENT_POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
    table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.3rem .6rem;text-align:left;vertical-align:top}\
    pre{background:#f3f3f3;padding:.8rem;overflow-x:auto}code{font-size:.9em}";

/// JSON if that is what the `Accept` header asks for and HTML is not.
pub(crate) fn answer(
    app: &App,
    issuer_base: &BaseAddress,
    asked: &BaseAddress,
    accept: &str,
) -> Reply {
    if accept.contains("application/json") && !accept.contains("text/html") {
        return never_stored(json_reply(
            StatusCode::OK,
            &json_page(app, issuer_base, asked),
        ));
    }
    let mut page = reply(
        StatusCode::OK,
        "text/html; charset=utf-8",
        html_page(app, issuer_base, asked),
    );
    set(&mut page, header::CONTENT_SECURITY_POLICY, CONTENT_POLICY);
    never_stored(page)
}

fn json_page(app: &App, issuer_base: &BaseAddress, asked: &BaseAddress) -> Value {
    let tenants: Vec<Value> = app
        .registrations
        .tenants()
        .iter()
        .map(|tenant| json_tenant(tenant, issuer_base))
        .collect();
    json!({
        "tenants": tenants,
        "ca": app.ca_pem.as_ref().map(|_| format!("{asked}/ca.pem")),
        "knobsEnabled": app.knobs_enabled,
    })
}

fn json_tenant(tenant: &Tenant, base: &BaseAddress) -> Value {
    let applications: Vec<Value> = tenant
        .applications
        .iter()
        .map(|application| {
            let grants: Vec<Value> = application
                .granted_roles
                .iter()
                .map(|grant| json!({ "resource": grant.resource, "roles": grant.roles }))
                .collect();
            json!({
                "displayName": application.display_name,
                "appId": application.app_id,
                "objectId": application.object_id,
                "identifierUris": application.identifier_uris,
                "accessTokenAcceptedVersion": version(application),
                "appRoles": application.app_roles,
                "hasSecret": !application.secrets.is_empty(),
                "grantedRoles": grants,
            })
        })
        .collect();
    let id = &tenant.id;
    json!({
        "id": id,
        "domain": tenant.domain,
        "tokenEndpoint": format!("{base}/{id}/oauth2/v2.0/token"),
        "openidConfiguration": format!("{base}/{id}/v2.0/.well-known/openid-configuration"),
        "openidConfigurationV1": format!("{base}/{id}/.well-known/openid-configuration"),
        "applications": applications,
    })
}

fn html_page(app: &App, issuer_base: &BaseAddress, asked: &BaseAddress) -> String {
    let mut body = String::new();
    for tenant in app.registrations.tenants() {
        html_tenant(&mut body, tenant, issuer_base, app.ca_pem.is_some());
    }
    if app.ca_pem.is_some() {
        // Writing to a String cannot fail, here and below.
        let _ = write!(
            body,
            "<h2>HTTPS</h2><p>The server certificate is issued by <a href=\"/ca.pem\">ca.pem</a>, a CA made for this \
             emulator. Give it to the client that must trust it; do not add it to the trust of the system.</p>\
             <pre>curl -sSk {} -o ca.pem</pre>",
            escape(&shell(&format!("{asked}/ca.pem")))
        );
    }
    if app.knobs_enabled {
        body.push_str(
            "<h2>Knobs</h2><p><code>POST /emulator/{rotate,hide,delay,fail,token-lifetime,reset}</code> with JSON; \
             <a href=\"/emulator/state\">/emulator/state</a> shows them and counts requests.</p>",
        );
    }
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>entra-emulator</title><style>{STYLE}</style>\
         <h1>entra-emulator</h1><p>A development stand-in for Entra ID. Its tokens are worth nothing outside \
         your machine. Secrets are in the registrations file and are not shown here.</p>{body}"
    )
}

fn html_tenant(body: &mut String, tenant: &Tenant, base: &BaseAddress, https: bool) {
    let id = tenant.id.as_str();
    let domain = tenant
        .domain
        .as_deref()
        .map(|domain| format!(", {domain}"))
        .unwrap_or_default();
    let _ = write!(
        body,
        "<h2>Tenant <code>{}</code></h2><table><tr><th>Token endpoint<td><code>{}</code>",
        escape(&format!("{id}{domain}")),
        escape(&format!("{base}/{id}/oauth2/v2.0/token")),
    );
    for (name, path) in [
        ("Discovery, v2.0", "v2.0/.well-known/openid-configuration"),
        ("Discovery, v1.0", ".well-known/openid-configuration"),
        ("Keys, v2.0", "discovery/v2.0/keys"),
        ("Keys, v1.0", "discovery/keys"),
    ] {
        let link = format!("/{id}/{path}");
        let text = escape(&format!("{base}{link}"));
        let _ = write!(
            body,
            "<tr><th>{name}<td><a href=\"{}\"><code>{text}</code></a>",
            escape(&link)
        );
    }
    body.push_str(
        "</table><h3>Applications</h3><table><tr><th>Name<th>Client id<th>App id URIs<th>Token version\
         <th>App roles<th>Roles granted to it",
    );
    for application in &tenant.applications {
        let granted: Vec<String> = application
            .granted_roles
            .iter()
            .map(|grant| {
                format!(
                    "{} at {}",
                    grant.roles.join(", "),
                    name_of(tenant, grant.resource.as_str())
                )
            })
            .collect();
        let _ = write!(
            body,
            "<tr><td>{}<td><code>{}</code><td>{}<td>{}<td>{}<td>{}",
            escape(&application.display_name),
            application.app_id,
            escape(&application.identifier_uris.join(", ")),
            if application.identifier_uris.is_empty() {
                ""
            } else {
                version_text(application)
            },
            escape(&application.app_roles.join(", ")),
            escape(&granted.join("; ")),
        );
    }
    body.push_str("</table>");
    if let Some(command) = token_command(tenant, base, https) {
        let _ = write!(body, "<h3>Get a token</h3><pre>{}</pre>", escape(&command));
    }
}

/// How the first client gets a token for the first API it has a role at, or for the first API.
fn token_command(tenant: &Tenant, base: &BaseAddress, https: bool) -> Option<String> {
    let clients = || {
        tenant
            .applications
            .iter()
            .filter(|application| !application.secrets.is_empty())
    };
    let client = clients()
        .find(|client| !client.granted_roles.is_empty())
        .or_else(|| clients().next())?;
    let granted = client
        .granted_roles
        .first()
        .and_then(|grant| tenant.application(grant.resource.as_str()));
    let api = granted.or_else(|| {
        tenant
            .applications
            .iter()
            .find(|api| !api.identifier_uris.is_empty())
    })?;
    let resource = api
        .identifier_uris
        .first()
        .map_or(api.app_id.as_str(), String::as_str);
    let trust = if https && base.as_str().starts_with("https:") {
        " --cacert ca.pem"
    } else {
        ""
    };
    Some(format!(
        "CLIENT_SECRET=…  # from the registrations file\n\
         curl -sS{trust} {} \\\n  -d grant_type=client_credentials \\\n  -d client_id={} \\\n  \
         --data-urlencode \"client_secret=$CLIENT_SECRET\" \\\n  --data-urlencode {}",
        shell(&format!("{base}/{}/oauth2/v2.0/token", tenant.id)),
        client.app_id,
        shell(&format!("scope={resource}/.default")),
    ))
}

fn name_of<'a>(tenant: &'a Tenant, app_id: &str) -> &'a str {
    tenant
        .application(app_id)
        .map_or("", |application| application.display_name.as_str())
}

fn version(application: &Application) -> u8 {
    match application.token_version {
        TokenVersion::V1 => 1,
        TokenVersion::V2 => 2,
    }
}

fn version_text(application: &Application) -> &'static str {
    match application.token_version {
        TokenVersion::V1 => "1.0",
        TokenVersion::V2 => "2.0",
    }
}

/// Text as it may stand in HTML elements and double-quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// Text as one word of a POSIX shell.
fn shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::{escape, shell};

    #[test]
    fn registered_names_cannot_leave_their_place() {
        assert_eq!(escape("<script>\"'&"), "&lt;script&gt;&quot;&#39;&amp;");
        assert_eq!(shell("a'; rm -rf /; '"), "'a'\\''; rm -rf /; '\\'''");
    }
}
