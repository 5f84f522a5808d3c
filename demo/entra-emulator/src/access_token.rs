//! Access tokens for applications, with the claims Entra gives them in versions 1.0 and 2.0.

use aws_lc_rs::rand;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::{
    base_address::BaseAddress,
    registrations::{Application, Tenant, TokenVersion},
    signing_key::{SigningKey, SigningKeyError},
};

/// Entra dates tokens five minutes back, so that clocks may differ.
pub(crate) const BACKDATED_SECONDS: u64 = 300;

/// `appidacr`/`azpacr`: the client authenticated with a secret.
const AUTHENTICATED_BY_SECRET: &str = "1";

/// What a token says, before it is one.
pub(crate) struct AccessToken<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) client: &'a Application,
    pub(crate) resource: &'a Application,
    /// The name the client asked for the resource by: the audience of a version 1.0 token.
    pub(crate) requested: &'a str,
    /// Start of the version 2.0 issuer.
    pub(crate) base: &'a BaseAddress,
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    x5t: Option<&'a str>,
    kid: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: String,
    iat: u64,
    nbf: u64,
    exp: u64,
    aio: String,
    #[serde(flatten)]
    caller: Caller<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    idtyp: Option<&'static str>,
    oid: &'a str,
    rh: String,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    roles: &'a [String],
    sub: &'a str,
    tid: &'a str,
    uti: String,
    ver: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Caller<'a> {
    V1 {
        appid: &'a str,
        appidacr: &'static str,
        idp: String,
    },
    V2 {
        azp: &'a str,
        azpacr: &'static str,
    },
}

impl AccessToken<'_> {
    /// Signs the token: issued at `now` (seconds since 1970) and dead `lifetime` seconds later, or
    /// earlier if that is negative.
    pub(crate) fn sign(
        &self,
        key: &SigningKey,
        now: u64,
        lifetime: i64,
    ) -> Result<String, SigningKeyError> {
        let header = Header {
            typ: "JWT",
            alg: "RS256",
            x5t: match self.resource.token_version {
                TokenVersion::V1 => Some(key.kid()),
                TokenVersion::V2 => None,
            },
            kid: key.kid(),
        };
        let mut token = encode_json(&header)?;
        token.push('.');
        token.push_str(&encode_json(&self.claims(now, lifetime))?);
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn claims(&self, now: u64, lifetime: i64) -> Claims<'_> {
        let issued = now.saturating_sub(BACKDATED_SECONDS);
        let tid = self.tenant.id.as_str();
        let app_id = self.client.app_id.as_str();
        let (aud, iss, caller, ver) = match self.resource.token_version {
            TokenVersion::V1 => {
                let issuer = v1_issuer(tid);
                let caller = Caller::V1 {
                    appid: app_id,
                    appidacr: AUTHENTICATED_BY_SECRET,
                    idp: issuer.clone(),
                };
                (self.requested, issuer, caller, "1.0")
            }
            TokenVersion::V2 => {
                let caller = Caller::V2 {
                    azp: app_id,
                    azpacr: AUTHENTICATED_BY_SECRET,
                };
                (
                    self.resource.app_id.as_str(),
                    v2_issuer(self.base, tid),
                    caller,
                    "2.0",
                )
            }
        };
        Claims {
            aud,
            iss,
            iat: issued,
            nbf: issued,
            exp: now.saturating_add_signed(lifetime),
            aio: opaque::<32>(),
            caller,
            idtyp: self.resource.wants_idtyp.then_some("app"),
            oid: self.client.object_id.as_str(),
            rh: format!("1.{}.", opaque::<36>()),
            roles: self.client.roles_at(&self.resource.app_id),
            sub: self.client.object_id.as_str(),
            tid,
            uti: opaque::<16>(),
            ver,
        }
    }
}

/// The version 1.0 issuer does not depend on where the emulator runs. `tid` may be `{tenantid}`.
pub(crate) fn v1_issuer(tid: &str) -> String {
    format!("https://sts.windows.net/{tid}/")
}

/// The version 2.0 issuer. `tid` may be `{tenantid}`.
pub(crate) fn v2_issuer(base: &BaseAddress, tid: &str) -> String {
    format!("{base}/{tid}/v2.0")
}

fn encode_json(value: &impl Serialize) -> Result<String, SigningKeyError> {
    let json = serde_json::to_vec(value).map_err(|_| SigningKeyError::Signing)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(json))
}

/// Random text in the place of a claim that only Entra can read.
fn opaque<const BYTES: usize>() -> String {
    let mut bytes = [0; BYTES];
    // Nothing rests on these claims; without randomness they are zeros.
    let _ = rand::fill(&mut bytes);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
