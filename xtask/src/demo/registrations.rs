//! Who is who in the emulator.

use std::fs;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::workspace;

/// An application that can ask for tokens.
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// What the story needs of `demo/entra-emulator/registrations.json`.
pub(crate) struct Registrations {
    pub(crate) tenant: String,
    /// The API that the gateway protects, as a client names it.
    pub(crate) api: String,
    pub(crate) with_role: Client,
    pub(crate) without_role: Client,
}

impl Registrations {
    /// Reads the emulator's built-in registrations.
    ///
    /// # Errors
    ///
    /// When the file has no API, no client with a role for it, or none without.
    pub(crate) fn read() -> Result<Self> {
        let file = workspace::root().join("demo/entra-emulator/registrations.json");
        let read = || {
            let document: Value = serde_json::from_str(&fs::read_to_string(&file)?)?;
            let tenant = document.pointer("/tenants/0").context("no tenant")?;
            let applications = tenant
                .get("applications")
                .and_then(Value::as_array)
                .context("no applications")?;
            let client = |with_role: bool| {
                let mut all = applications.iter();
                all.find(|application| {
                    application.get("secrets").is_some()
                        && application.get("grantedRoles").is_some() == with_role
                })
                .and_then(|application| {
                    Some(Client {
                        id: text(application, "/appId")?,
                        secret: text(application, "/secrets/0")?,
                    })
                })
            };
            let mut apis = applications.iter();
            Ok(Self {
                tenant: text(tenant, "/id").context("a tenant without an id")?,
                api: apis
                    .find_map(|application| text(application, "/identifierUris/0"))
                    .context("no API")?,
                with_role: client(true).context("no client with a role")?,
                without_role: client(false).context("no client without a role")?,
            })
        };
        let result: Result<Self> = read();
        result.with_context(|| format!("cannot use {}", file.display()))
    }
}

fn text(value: &Value, pointer: &str) -> Option<String> {
    value.pointer(pointer)?.as_str().map(str::to_owned)
}
