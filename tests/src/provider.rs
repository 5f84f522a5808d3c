//! An OpenID provider whose every answer a test can bend.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::behaviour::Behaviour;
use crate::server::{Answer, Received, Server, response};

/// A document that the provider serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `/.well-known/openid-configuration`
    Discovery,
    /// `/keys`
    Keys,
}

const DISCOVERY: &str = "/.well-known/openid-configuration";
const KEYS: &str = "/keys";

/// Serves discovery and keys, also below any path: `/tenant/v2.0/.well-known/openid-configuration` states the
/// issuer `http://…/tenant/v2.0` and the key address `http://…/tenant/v2.0/keys`.
pub struct Provider {
    server: Server,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    keys: Vec<Value>,
    behaviours: HashMap<Endpoint, Behaviour>,
    counts: HashMap<Endpoint, usize>,
    discovery: serde_json::Map<String, Value>,
    requests: Vec<(Endpoint, String, Option<String>)>,
}

impl Provider {
    /// Starts one that has no keys yet.
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let server = Server::start({
            let state = Arc::clone(&state);
            move |received| answer(&state, received)
        });
        Self { server, state }
    }

    /// Starts one with these keys.
    pub fn with_keys(keys: impl IntoIterator<Item = Value>) -> Self {
        let provider = Self::start();
        provider.set_keys(keys);
        provider
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// The issuer that its discovery document states.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address())
    }

    /// The issuer of a tenant: a path such as `/tenant/v2.0`.
    pub fn tenant_issuer(&self, path: &str) -> String {
        format!("http://{}{path}", self.address())
    }

    /// Address of the discovery document.
    pub fn discovery_url(&self) -> String {
        self.issuer() + DISCOVERY
    }

    /// Address of the key set.
    pub fn keys_url(&self) -> String {
        self.issuer() + KEYS
    }

    /// Makes an endpoint behave so from now on.
    pub fn on(&self, endpoint: Endpoint, behaviour: Behaviour) {
        self.state
            .lock()
            .unwrap()
            .behaviours
            .insert(endpoint, behaviour);
    }

    /// Makes both endpoints behave so from now on.
    pub fn on_all(&self, behaviour: &Behaviour) {
        self.on(Endpoint::Discovery, behaviour.clone());
        self.on(Endpoint::Keys, behaviour.clone());
    }

    /// How often an endpoint has been asked.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.state
            .lock()
            .unwrap()
            .counts
            .get(&endpoint)
            .copied()
            .unwrap_or(0)
    }

    /// Path and `host` of every request so far, oldest first.
    pub fn requests(&self) -> Vec<(Endpoint, String, Option<String>)> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Replaces the whole key set.
    pub fn set_keys(&self, keys: impl IntoIterator<Item = Value>) {
        self.state.lock().unwrap().keys = keys.into_iter().collect();
    }

    /// Adds a key to the set.
    pub fn add_key(&self, key: Value) {
        self.state.lock().unwrap().keys.push(key);
    }

    /// Takes a key out of the set and returns it, so that it can come back.
    pub fn remove_key(&self, kid: &str) -> Option<Value> {
        let keys = &mut self.state.lock().unwrap().keys;
        let index = keys.iter().position(|key| key["kid"] == kid)?;
        Some(keys.remove(index))
    }

    /// Sets a member of every discovery document, over what it would be: `issuer`, `jwks_uri`.
    pub fn set_discovery(&self, member: &str, value: Value) {
        let discovery = &mut self.state.lock().unwrap().discovery;
        discovery.insert(member.to_owned(), value);
    }
}

fn answer(state: &Mutex<State>, received: &Received) -> Answer {
    let (path, _query) = received
        .path
        .split_once('?')
        .unwrap_or((&received.path, ""));
    let (endpoint, tenant) = if let Some(tenant) = path.strip_suffix(DISCOVERY) {
        (Endpoint::Discovery, tenant)
    } else if let Some(tenant) = path.strip_suffix(KEYS) {
        (Endpoint::Keys, tenant)
    } else {
        return Answer::Bytes(response(404, &[], b"nothing here"));
    };
    let host = received
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("host"))
        .map(|(_, value)| String::from_utf8_lossy(value).into_owned());
    let behaviour = {
        let mut state = state.lock().unwrap();
        *state.counts.entry(endpoint).or_default() += 1;
        let request = (endpoint, received.path.clone(), host.clone());
        state.requests.push(request);
        state.behaviours.get(&endpoint).cloned().unwrap_or_default()
    };
    // The document is made after a delay, as it is then.
    behaviour.answer(|| {
        let state = state.lock().unwrap();
        match endpoint {
            Endpoint::Keys => json!({ "keys": state.keys }),
            Endpoint::Discovery => discovery(&state, &host.unwrap_or_default(), tenant),
        }
        .to_string()
        .into_bytes()
    })
}

fn discovery(state: &State, host: &str, tenant: &str) -> Value {
    let base = format!("http://{host}{tenant}");
    let mut document = json!({
        "issuer": base,
        "jwks_uri": format!("{base}{KEYS}"),
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
    });
    for (member, value) in &state.discovery {
        document[member] = value.clone();
    }
    document
}
