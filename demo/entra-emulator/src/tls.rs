//! The emulator's certificate authority, and the server certificate it issues for HTTPS.

use std::{net::IpAddr, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SanType,
};
use rustls::{
    RootCertStore, ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _},
};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::state_file::{StateFile, StateFileError, StoredCa};

/// A developer's machine keeps the CA in its trust files for about as long.
const CA_LIFETIME: Duration = Duration::days(2 * 365);

/// A stored CA this close to its end is replaced at start.
const CA_RENEWAL: Duration = Duration::days(30);

/// Some clients refuse server certificates of more than 398 days.
const SERVER_LIFETIME: Duration = Duration::days(397);

/// Clocks of containers and hosts differ; a certificate from the future would be refused.
const BACKDATED: Duration = Duration::days(1);

/// Names every server certificate has.
const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// A CA that signs nothing but this emulator's server certificate.
pub(crate) struct CertificateAuthority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// HTTPS cannot be offered.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A name that cannot stand in a certificate.
    #[error("`{0}` is neither a host name nor an IP address; correct --tls-name")]
    Name(String),
    /// A library refused.
    #[error("no certificate could be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A library refused.
    #[error("TLS could not be set up: {0}")]
    Configuration(#[from] rustls::Error),
    /// The CA could not be kept.
    #[error(transparent)]
    State(#[from] StateFileError),
}

impl CertificateAuthority {
    /// The CA in the state file, or a new one, which is stored there.
    pub(crate) fn open(state: Option<&StateFile>) -> Result<Self, TlsError> {
        let now = OffsetDateTime::now_utc();
        let renewal = now.saturating_add(CA_RENEWAL).unix_timestamp();
        if let Some(state) = state
            && let Some(stored) = state.ca().filter(|stored| stored.not_after > renewal)
        {
            return Self::from_stored(stored, now).ok_or_else(|| {
                state
                    .damaged("the CA cannot be read, or its key is another's")
                    .into()
            });
        }
        let key = KeyPair::generate()?;
        let params = ca_params(now);
        let stored = StoredCa {
            certificate_pem: params.self_signed(&key)?.pem(),
            key_pem: key.serialize_pem(),
            not_after: params.not_after.unix_timestamp(),
        };
        let pem = stored.certificate_pem.clone();
        if let Some(state) = state {
            state.store_ca(stored)?;
        }
        Ok(Self {
            pem,
            issuer: Issuer::new(params, key),
        })
    }

    /// `None` if the parts are damaged or do not belong together.
    fn from_stored(stored: StoredCa, now: OffsetDateTime) -> Option<Self> {
        let key = KeyPair::from_pem(&stored.key_pem).ok()?;
        let certificate = CertificateDer::from_pem_slice(stored.certificate_pem.as_bytes()).ok()?;
        let public_key = key.public_key_raw();
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).ok()?;
        let belongs = certificate
            .windows(public_key.len())
            .any(|part| part == public_key);
        let issuer = Issuer::new(ca_params(now), key);
        belongs.then_some(Self {
            pem: stored.certificate_pem,
            issuer,
        })
    }

    /// The certificate for clients to trust.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// TLS 1.2 and 1.3 for the local names and `names`.
    pub(crate) fn server_config(&self, names: &[String]) -> Result<Arc<ServerConfig>, TlsError> {
        let now = OffsetDateTime::now_utc();
        let mut params = CertificateParams::default();
        params.not_before = now.saturating_sub(BACKDATED);
        params.not_after = now.saturating_add(SERVER_LIFETIME);
        params
            .distinguished_name
            .push(DnType::CommonName, "entra-emulator");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        for name in LOCAL_NAMES
            .into_iter()
            .chain(names.iter().map(String::as_str))
        {
            params.subject_alt_names.push(subject_name(name)?);
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut config =
            ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()?
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone()], key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// The names in it must not change: certificates refer to a stored CA by them.
fn ca_params(now: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = now.saturating_sub(BACKDATED);
    params.not_after = now.saturating_add(CA_LIFETIME);
    params
        .distinguished_name
        .push(DnType::CommonName, "entra-emulator CA, development only");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn subject_name(name: &str) -> Result<SanType, TlsError> {
    let refused = || TlsError::Name(name.to_owned());
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    // An underscore is no host name letter, but container names have it.
    let plain = name.split('.').enumerate().all(|(at, label)| {
        let letters = label
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        !label.is_empty() && (letters || (at == 0 && label == "*" && name.len() > 2))
    });
    if !plain {
        return Err(refused());
    }
    name.try_into().map(SanType::DnsName).map_err(|_| refused())
}
