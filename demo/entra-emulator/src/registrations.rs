//! App registrations: the tenants, the APIs and the clients the emulator knows.
//!
//! They are read once at start from a JSON document (see `README.md` for its format) and checked there:
//! whoever holds a [`Registrations`] need not check identifiers, references or names again.

mod document;
mod error;

use std::{fmt, fs, path::Path};

use aws_lc_rs::constant_time;

pub use error::RegistrationsError;

use crate::Guid;

/// The document used when no other is named.
const BUILT_IN: &str = include_str!("../registrations.json");

/// Largest document read from a file; a thousand applications take about a third of this.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// All tenants of the emulator.
#[derive(Debug, Clone)]
pub struct Registrations {
    tenants: Vec<Tenant>,
}

/// A directory with its applications.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// The tenant id, `tid` in tokens.
    pub id: Guid,
    /// A domain name that can stand for the id in addresses, in lower case.
    pub domain: Option<String>,
    /// APIs and clients; an application can be both.
    pub applications: Vec<Application>,
}

/// One app registration.
#[derive(Debug, Clone)]
pub struct Application {
    /// What people call it.
    pub display_name: String,
    /// The client id: `appid`/`azp` of its tokens, `aud` of version 2.0 tokens for it.
    pub app_id: Guid,
    /// The id of its service principal: `oid` and `sub` of its tokens.
    pub object_id: Guid,
    /// Names under which clients can ask for a token for it.
    pub identifier_uris: Vec<String>,
    /// Which kind of token it receives; the API decides this, not the client.
    pub token_version: TokenVersion,
    /// The app roles it defines.
    pub app_roles: Vec<String>,
    /// Whether tokens for it carry `idtyp`, an optional claim in Entra.
    pub wants_idtyp: bool,
    /// Any one of them authenticates the application as a client.
    pub secrets: Vec<Secret>,
    /// Roles granted to it as a client.
    pub granted_roles: Vec<Grant>,
}

/// Roles of one API that a client was granted.
#[derive(Debug, Clone)]
pub struct Grant {
    /// `app_id` of the API.
    pub resource: Guid,
    /// Some of the API's app roles.
    pub roles: Vec<String>,
}

/// `accessTokenAcceptedVersion` of the API's manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenVersion {
    /// Tokens with `ver` `1.0`; what Entra issues when the manifest says `null`.
    V1,
    /// Tokens with `ver` `2.0`.
    V2,
}

/// A client secret. It is not shown by `Debug`.
#[derive(Clone)]
pub struct Secret(String);

impl Registrations {
    /// The set in the emulator's `registrations.json`, for development only.
    ///
    /// # Errors
    /// If the built-in document is faulty, which a test excludes.
    pub fn built_in() -> Result<Self, RegistrationsError> {
        Self::from_json(BUILT_IN.as_bytes())
    }

    /// Reads and checks a document.
    ///
    /// # Errors
    /// Names the place in the document, what is wrong there and what would be right.
    pub fn from_json(json: &[u8]) -> Result<Self, RegistrationsError> {
        document::parse(json).map(|tenants| Self { tenants })
    }

    /// Reads and checks a file of at most 1 MiB.
    ///
    /// # Errors
    /// As [`Registrations::from_json`], or that the file cannot be read.
    pub fn from_file(path: &Path) -> Result<Self, RegistrationsError> {
        let name = path.display();
        let read = |problem: String| RegistrationsError::new(format!("{name}"), problem);
        let size = fs::metadata(path)
            .map_err(|error| read(format!("cannot be read: {error}")))?
            .len();
        if size > MAX_FILE_BYTES {
            return Err(read(format!(
                "{size} bytes are too many; the limit is {MAX_FILE_BYTES}"
            )));
        }
        let json = fs::read(path).map_err(|error| read(format!("cannot be read: {error}")))?;
        Self::from_json(&json).map_err(|error| error.within(&format!("{name}")))
    }

    /// All tenants, in the order of the document.
    #[must_use]
    pub fn tenants(&self) -> &[Tenant] {
        &self.tenants
    }

    /// Finds a tenant by id or domain, in either case.
    #[must_use]
    pub fn tenant(&self, id_or_domain: &str) -> Option<&Tenant> {
        self.tenants.iter().find(|tenant| {
            tenant.id.as_str().eq_ignore_ascii_case(id_or_domain)
                || tenant
                    .domain
                    .as_deref()
                    .is_some_and(|domain| domain.eq_ignore_ascii_case(id_or_domain))
        })
    }
}

impl Tenant {
    /// Finds an application by its client id, in either case.
    #[must_use]
    pub fn application(&self, app_id: &str) -> Option<&Application> {
        self.applications
            .iter()
            .find(|application| application.app_id.as_str().eq_ignore_ascii_case(app_id))
    }

    /// Finds an API by client id or app id URI. Entra compares the latter without regard to case and
    /// to one slash at the end, and so does this.
    #[must_use]
    pub fn resource(&self, name: &str) -> Option<&Application> {
        self.application(name).or_else(|| {
            self.applications.iter().find(|application| {
                application
                    .identifier_uris
                    .iter()
                    .any(|uri| same_uri(uri, name))
            })
        })
    }
}

impl Application {
    /// The roles granted to this application at `resource`; empty if there are none.
    #[must_use]
    pub fn roles_at(&self, resource: &Guid) -> &[String] {
        self.granted_roles
            .iter()
            .find(|grant| grant.resource == *resource)
            .map_or(&[], |grant| grant.roles.as_slice())
    }
}

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// Compares in constant time.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), candidate.as_bytes()).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Whether two app id URIs name the same API.
fn same_uri(left: &str, right: &str) -> bool {
    without_slash(left).eq_ignore_ascii_case(without_slash(right))
}

fn without_slash(uri: &str) -> &str {
    uri.strip_suffix('/').unwrap_or(uri)
}
