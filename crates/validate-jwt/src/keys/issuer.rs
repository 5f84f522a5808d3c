//! Which issuers' tokens the keys of a source may verify.

use alloc::string::String;

/// The mark in Entra ID's issuers that stands for the tenant (metadata of `common` and `organizations`, and in key sets).
const TENANT_MARK: &str = "{tenantid}";

/// The names under which Entra ID serves tenants of all sorts; their metadata has [`TENANT_MARK`] for the tenant.
pub const SHARED_TENANTS: [&str; 2] = ["organizations", "common"];

/// The issuers that a source states.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Issuers {
    /// Not known: the source has not been fetched yet.
    #[default]
    Unknown,
    /// The source states none.
    Unstated,
    /// Exactly this one.
    Exact(String),
    /// Entra ID: a v2.0 and a v1.0 issuer, templates for a source that serves many tenants.
    Entra {
        /// `https://login.microsoftonline.com/{tenantid}/v2.0`, or with a tenant in place of the mark.
        v2: String,
        /// `https://sts.windows.net/{tenantid}/`, likewise.
        v1: String,
    },
}

impl Issuers {
    /// The two issuers of an Entra ID tenant, from the `issuer` of its v2.0 metadata and the v1.0 issuer's template.
    /// `None` when the metadata's issuer names no tenant, another than `tenant` where that is a GUID, or
    /// any tenant where one was configured.
    pub fn entra(metadata_issuer: &str, v1_template: &str, tenant: &str) -> Option<Self> {
        let named = tenant_of(metadata_issuer)?;
        let is_shared = SHARED_TENANTS.contains(&tenant);
        let fits = match named {
            TENANT_MARK => is_shared,
            _ => is_guid(named) && (!is_guid(tenant) || tenant.eq_ignore_ascii_case(named)),
        };
        if !fits {
            return None;
        }
        Some(Self::Entra {
            v2: metadata_issuer.into(),
            v1: v1_template.replace(TENANT_MARK, named),
        })
    }

    /// Whether tokens with this `iss` and `tid` belong to the source. A template is filled from `tid`, which must be a GUID.
    pub fn accept(&self, iss: &str, tid: Option<&str>) -> bool {
        match self {
            Self::Unknown | Self::Unstated => false,
            Self::Exact(issuer) => issuer == iss,
            Self::Entra { v2, v1 } => {
                [v2, v1]
                    .into_iter()
                    .any(|issuer| match issuer.split_once(TENANT_MARK) {
                        None => issuer == iss,
                        Some((before, after)) => tid.is_some_and(|tid| {
                            is_guid(tid)
                                && iss
                                    .strip_prefix(before)
                                    .and_then(|rest| rest.strip_prefix(tid))
                                    == Some(after)
                        }),
                    })
            }
        }
    }

    /// The issuers as text, for log lines and explanations.
    pub fn stated(&self) -> impl Iterator<Item = &str> {
        let (first, second) = match self {
            Self::Unknown | Self::Unstated => (None, None),
            Self::Exact(issuer) => (Some(issuer), None),
            Self::Entra { v2, v1 } => (Some(v2), Some(v1)),
        };
        first.into_iter().chain(second).map(String::as_str)
    }
}

/// Whether a key that names an issuer of its own (Entra ID's shared sets do) may verify a token of `iss`: the issuers are the
/// same, or name the same tenant in their v1.0 and v2.0 forms, the mark standing for any tenant.
pub fn key_issuer_permits(key_issuer: &str, iss: Option<&str>) -> bool {
    let Some(iss) = iss else { return false };
    if key_issuer == iss {
        return true;
    }
    match (tenant_of(key_issuer), tenant_of(iss)) {
        (Some(TENANT_MARK), Some(tenant)) => is_guid(tenant),
        (Some(named), Some(tenant)) => is_guid(named) && named == tenant,
        (None, _) | (_, None) => false,
    }
}

/// The first path segment of an issuer, if there is one.
fn tenant_of(issuer: &str) -> Option<&str> {
    let (_, rest) = issuer.split_once("://")?;
    rest.split('/').nth(1).filter(|segment| !segment.is_empty())
}

/// Whether a text is a GUID in its usual form.
pub fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "11111111-2222-3333-4444-555555555555";
    const OTHER: &str = "99999999-2222-3333-4444-555555555555";

    fn entra(metadata_issuer: &str, tenant: &str) -> Option<Issuers> {
        Issuers::entra(
            metadata_issuer,
            "https://sts.windows.net/{tenantid}/",
            tenant,
        )
    }

    #[test]
    fn a_tenant_has_a_v1_and_a_v2_issuer_and_no_other() {
        let issuers = entra(
            &alloc::format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
            TENANT,
        )
        .unwrap();
        assert!(issuers.accept(
            &alloc::format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
            None
        ));
        assert!(issuers.accept(&alloc::format!("https://sts.windows.net/{TENANT}/"), None));
        for wrong in [
            alloc::format!("https://sts.windows.net/{TENANT}"),
            alloc::format!("https://sts.windows.net/{OTHER}/"),
            alloc::format!("https://login.microsoftonline.com/{TENANT}/v2.0/"),
            alloc::format!("https://login.microsoftonline.com/{TENANT}/"),
            "https://login.microsoftonline.com/{tenantid}/v2.0".into(),
        ] {
            assert!(!issuers.accept(&wrong, Some(TENANT)), "{wrong}");
        }
    }

    #[test]
    fn a_template_is_filled_from_a_tid_that_is_a_guid_and_stands_in_iss() {
        let issuers = entra(
            "https://login.microsoftonline.com/{tenantid}/v2.0",
            "organizations",
        )
        .unwrap();
        let iss = |tenant: &str| alloc::format!("https://login.microsoftonline.com/{tenant}/v2.0");
        assert!(issuers.accept(&iss(TENANT), Some(TENANT)));
        assert!(issuers.accept(
            &alloc::format!("https://sts.windows.net/{TENANT}/"),
            Some(TENANT)
        ));
        assert!(!issuers.accept(&iss(TENANT), Some(OTHER)));
        assert!(!issuers.accept(&iss(TENANT), None));
        assert!(!issuers.accept(&iss("evil"), Some("evil")));
        assert!(!issuers.accept(&iss("{tenantid}"), Some("{tenantid}")));
    }

    #[test]
    fn metadata_of_another_tenant_is_not_taken() {
        assert_eq!(
            entra(
                &alloc::format!("https://login.microsoftonline.com/{OTHER}/v2.0"),
                TENANT
            ),
            None
        );
        assert_eq!(
            entra("https://login.microsoftonline.com/{tenantid}/v2.0", TENANT),
            None
        );
        assert!(
            entra(
                &alloc::format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
                "contoso.onmicrosoft.com"
            )
            .is_some()
        );
    }

    #[test]
    fn a_key_of_one_tenant_verifies_no_token_of_another() {
        let key = alloc::format!("https://login.microsoftonline.com/{TENANT}/v2.0");
        assert!(key_issuer_permits(&key, Some(&key)));
        assert!(key_issuer_permits(
            &key,
            Some(&alloc::format!("https://sts.windows.net/{TENANT}/"))
        ));
        assert!(!key_issuer_permits(
            &key,
            Some(&alloc::format!("https://sts.windows.net/{OTHER}/"))
        ));
        assert!(!key_issuer_permits(&key, None));
        let shared = "https://login.microsoftonline.com/{tenantid}/v2.0";
        assert!(key_issuer_permits(
            shared,
            Some(&alloc::format!("https://sts.windows.net/{OTHER}/"))
        ));
        assert!(!key_issuer_permits(
            shared,
            Some("https://sts.windows.net/evil/")
        ));
    }
}
