//! What most tests need: a provider with one key, a service, and Envoy with the filter between.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::envoy::{Builder, Envoy};
use crate::provider::Provider;
use crate::signer::Signer;
use crate::token::{AUDIENCE, ROLE, Token};
use crate::upstream::Upstream;

/// The name of the Envoy cluster that reaches the provider.
pub(crate) const PROVIDER_CLUSTER: &str = "provider";

/// A policy for tokens of this provider: one audience, one role.
pub fn policy(provider: &Provider) -> Value {
    json!({
        "openid_configs": [{"url": provider.discovery_url(), "cluster": PROVIDER_CLUSTER}],
        "audiences": [AUDIENCE],
        "required_claims": [{"name": "roles", "match": "any", "values": [ROLE]}],
    })
}

/// Provider, service and Envoy.
pub struct Gateway {
    /// Has one key.
    pub provider: Provider,
    /// Tells what it was sent.
    pub upstream: Upstream,
    /// Signs with the provider's key.
    pub signer: Signer,
    /// The gateway itself.
    pub envoy: Envoy,
}

impl Gateway {
    /// Starts all with [`policy`].
    pub fn start() -> Self {
        Self::start_with(|builder, _| builder)
    }

    /// Starts all with [`policy`] and more fields beside it; a field that it has is replaced.
    pub fn with_settings(settings: &Value) -> Self {
        Self::start_with(|builder, provider| builder.config(&merged(policy(provider), settings)))
    }

    /// Starts all, Envoy as `adapt` changes it.
    pub fn start_with(adapt: impl FnOnce(Builder, &Provider) -> Builder) -> Self {
        let signer = Signer::rsa("k1");
        let provider = Provider::with_keys([signer.jwk()]);
        let upstream = Upstream::start();
        let builder = Envoy::builder()
            .config(&policy(&provider))
            .cluster(PROVIDER_CLUSTER, provider.address())
            .upstream(upstream.address());
        let envoy = adapt(builder, &provider).start();
        Self {
            provider,
            upstream,
            signer,
            envoy,
        }
    }

    /// Where the gateway listens.
    pub fn address(&self) -> SocketAddr {
        self.envoy.address()
    }

    /// A good token, to be changed or signed.
    pub fn token(&self) -> Token {
        Token::new(&self.provider.issuer(), &self.signer)
    }
}

fn merged(mut base: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().expect("an object of settings") {
        base[name] = value.clone();
    }
    base
}
