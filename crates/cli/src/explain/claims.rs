//! What header parameters and claims mean, those of Entra ID included.

use serde_json::Value;
use validate_jwt::time::{NumericDate, Timestamp};

use super::decoded::Decoded;
use super::moment::{date, distance};

/// Claims that are a `NumericDate` (RFC 7519 §2).
const DATES: [&str; 5] = ["exp", "nbf", "iat", "auth_time", "updated_at"];

/// Who issued the token, as far as its own words tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// Entra ID, access token of version 1.0.
    EntraV1,
    /// Entra ID, access token of version 2.0.
    EntraV2,
    /// Somebody else.
    Other,
}

/// Entra ID's tokens are told by `tid` and the form of `iss`, which emulators and sovereign clouds share.
pub(super) fn version(token: &Decoded) -> Version {
    let (Some(iss), Some(tid)) = (token.text("iss"), token.text("tid")) else {
        return Version::Other;
    };
    if !iss.contains(tid) {
        return Version::Other;
    }
    if iss.ends_with(&format!("/{tid}/v2.0")) {
        Version::EntraV2
    } else if iss.starts_with("https://sts.") && iss.ends_with(&format!("/{tid}/")) {
        Version::EntraV1
    } else {
        Version::Other
    }
}

/// Whether a token of Entra ID stands for an application, not for a person: `idtyp` says so where the API asked for it; else
/// an application's token has no `scp` (and may have no `roles`).
pub(super) fn is_app_only(token: &Decoded) -> bool {
    match token.text("idtyp") {
        Some(kind) => kind == "app",
        None => {
            token.claim("scp").is_none()
                && token
                    .claim("azpacr")
                    .or(token.claim("appidacr"))
                    .is_some_and(|how| how != "0")
        }
    }
}

/// The date of a claim.
pub(super) fn moment(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => NumericDate::parse(&number.to_string()).map(NumericDate::as_end),
        _ => None,
    }
}

/// What a header parameter is.
pub(super) fn of_header(name: &str, value: &Value) -> &'static str {
    match name {
        "alg" if value == "none" => "no signature: never accepted",
        "alg" => "how it is signed",
        "kid" => "which key signed it",
        "typ" => "what kind of token it says it is",
        "x5t" | "x5t#S256" => "fingerprint of the key's certificate",
        "nonce" => "made for Microsoft's own APIs, see below",
        "enc" => "how it is encrypted",
        "crit" => "extensions that must be understood; none is",
        _ => "",
    }
}

/// What a claim is, with the date where it is one.
pub(super) fn of_claim(token: &Decoded, name: &str, value: &Value, now: Timestamp) -> String {
    if let (true, Some(moment)) = (DATES.contains(&name), moment(value)) {
        let (date, distance) = (date(moment), distance(moment, now));
        return match name {
            "exp" if moment <= now => format!("{date}, expired {distance}"),
            "exp" => format!("{date}, expires {distance}"),
            "nbf" if moment > now => format!("{date}, begins {distance}"),
            "nbf" => format!("{date}, began {distance}"),
            "iat" => format!("{date}, issued {distance}"),
            _ => format!("{date}, {distance}"),
        };
    }
    let entra = version(token);
    match name {
        "iss" => match entra {
            Version::EntraV1 => "issued by Entra ID, token of version 1.0",
            Version::EntraV2 => "issued by Entra ID, token of version 2.0",
            Version::Other => "who issued it",
        },
        "aud" => "the API that it is for",
        "sub" => "whom it stands for",
        "jti" | "uti" => "the token's own id",
        "scp" | "scope" => "what the application may do for the person",
        "azp" => "the application that asked for it",
        "nonce" => "of a sign-in: ID tokens have it",
        _ if entra == Version::Other => "",
        "tid" => "the tenant",
        "oid" if is_app_only(token) => "the application's service principal in the tenant",
        "oid" => "the person, or the service principal, in the tenant",
        "appid" => "the application that asked for it (version 1.0)",
        "azpacr" | "appidacr" => match value.as_str() {
            Some("0") => "the application proved nothing: a public client",
            Some("1") => "the application proved itself with a secret",
            Some("2") => "the application proved itself with a certificate",
            _ => "how the application proved itself",
        },
        "roles" if is_app_only(token) => "application permissions",
        "roles" => "app roles",
        "groups" => "ids of groups",
        "hasgroups" | "_claim_names" => "there are too many groups for a token",
        "_claim_sources" => "where the left out claims can be asked for",
        "wids" => "roles in the tenant's administration",
        "idtyp" => match value.as_str() {
            Some("app") => "stands for an application, no person",
            _ => "whom it stands for",
        },
        "ver" => "the token's version",
        "idp" => "who signed the person in",
        "name" => "the person's name, only for display",
        "preferred_username" | "upn" | "unique_name" => "a name to sign in with; it can change",
        "acr" | "amr" => "how the person signed in",
        "ipaddr" => "where the person signed in",
        "aio" | "rh" | "xms_ftd" | "xms_rd" | "xms_idrel" | "sid" => "for Entra ID's own use",
        _ => "",
    }
    .to_owned()
}
