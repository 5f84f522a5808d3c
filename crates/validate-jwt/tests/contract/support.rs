//! A gateway without Envoy: a validator, a shared memory and a network that answers from a table.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use validate_jwt::config::{Diagnostic, Severity, check_json};
use validate_jwt::keys::{FetchRequest, FetchResult, SharedData, SharedDataError};
use validate_jwt::request::{Request, Route};
use validate_jwt::response::Response;
use validate_jwt::time::Timestamp;
use validate_jwt::{Decision, Passage, Reason, Refusal, Validator};
use validate_jwt_jws::NoHostCrypto;

pub(crate) use crate::signers::{ED, HS, OTHER, SECRET, Signer, base64, base64url};

/// The time at which tests begin, in seconds.
pub(crate) const NOW: i64 = 1_800_000_000;

/// `claims` and an `exp` ten minutes ahead.
pub(crate) fn claims(claims: Value) -> Value {
    let mut all = json!({ "exp": NOW + 600 });
    merge(&mut all, claims);
    all
}

/// Puts the members of `from` into `into`.
pub(crate) fn merge(into: &mut Value, from: Value) {
    let Value::Object(from) = from else {
        panic!("not an object: {from}")
    };
    into.as_object_mut().unwrap().extend(from);
}

/// A policy whose tokens [`ED`] signs with the `kid` `k`, and these fields.
pub(crate) fn policy(fields: Value) -> Value {
    let mut policy = json!({
        "jwks": [{ "inline": ED.set("k") }],
    });
    merge(&mut policy, fields);
    policy
}

/// A token of [`ED`] for [`policy`].
pub(crate) fn token(extra: Value) -> String {
    ED.token("k", &claims(extra))
}

/// What checking finds.
pub(crate) fn found(document: &Value) -> Vec<Diagnostic> {
    check_json(document.to_string().as_bytes()).diagnostics
}

/// The errors as text.
pub(crate) fn errors(document: &Value) -> Vec<String> {
    shown(document, Severity::Error)
}

/// The warnings as text.
pub(crate) fn warnings(document: &Value) -> Vec<String> {
    shown(document, Severity::Warning)
}

fn shown(document: &Value, severity: Severity) -> Vec<String> {
    let found = found(document).into_iter();
    found
        .filter(|one| one.severity == severity)
        .map(|one| one.to_string())
        .collect()
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) headers: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) route: Route<'static>,
}

impl Sent {
    /// A GET without anything else.
    pub(crate) fn get(path: impl AsRef<[u8]>) -> Self {
        let pseudo: [(&str, &[u8]); 3] = [
            (":method", b"GET"),
            (":authority", b"api.example.com"),
            (":path", path.as_ref()),
        ];
        Self {
            headers: pseudo
                .map(|(name, value)| (name.into(), value.into()))
                .into(),
            route: Route::Unset,
        }
    }

    /// A GET with this token.
    pub(crate) fn bearer(token: &str) -> Self {
        Self::get("/").header("authorization", format!("Bearer {token}"))
    }

    /// One more header field.
    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.into(), value.as_ref().into()));
        self
    }

    /// Another value of a pseudo-header field.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.retain(|(known, _)| known != name.as_bytes());
        self.header(name, value)
    }

    /// With what its route says.
    pub(crate) fn route(mut self, route: Route<'static>) -> Self {
        self.route = route;
        self
    }
}

/// Shared data of one process.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    entries: BTreeMap<String, (Vec<u8>, u32)>,
}

impl SharedData for Shared {
    fn get(&mut self, name: &str) -> Option<(Vec<u8>, u32)> {
        self.entries.get(name).cloned()
    }

    fn set(
        &mut self,
        name: &str,
        value: &[u8],
        expected: Option<u32>,
    ) -> Result<(), SharedDataError> {
        let number = self.entries.get(name).map_or(0, |(_, number)| *number);
        if number != 0 && expected.is_some_and(|expected| expected != number) {
            return Err(SharedDataError::Changed);
        }
        self.entries
            .insert(name.to_string(), (value.to_vec(), number + 1));
        Ok(())
    }
}

/// A worker with everything it needs.
#[derive(Debug)]
pub(crate) struct Gateway {
    pub(crate) validator: Validator,
    pub(crate) shared: Shared,
    pub(crate) now: Timestamp,
    /// Bodies by address; what is not here is answered with 404.
    pub(crate) network: BTreeMap<String, Value>,
    /// Addresses that were asked for, each with its cluster.
    pub(crate) asked: BTreeSet<(String, String)>,
    pub(crate) log: Vec<String>,
}

impl Gateway {
    /// Works by a document, which must have no error.
    pub(crate) fn new(document: &Value) -> Self {
        let checked = check_json(document.to_string().as_bytes());
        let Some(config) = checked.config else {
            panic!("{document}: {:?}", checked.diagnostics)
        };
        Self {
            validator: Validator::new(config, 7),
            shared: Shared::default(),
            now: Timestamp::from_secs(NOW),
            network: BTreeMap::new(),
            asked: BTreeSet::new(),
            log: Vec::new(),
        }
    }

    /// Works by a policy as [`policy`] makes it.
    pub(crate) fn with(fields: Value) -> Self {
        Self::new(&policy(fields))
    }

    /// Puts a document on the network.
    pub(crate) fn publish(&mut self, address: &str, body: Value) -> &mut Self {
        self.network.insert(address.to_string(), body);
        self
    }

    /// Makes every fetch that is due.
    pub(crate) fn fetch(&mut self) -> &mut Self {
        let keys = self.validator.keys_mut();
        let mut due: Vec<FetchRequest> = keys.tick(self.now, &mut self.shared);
        while let Some(request) = due.pop() {
            let endpoint = &request.endpoint;
            let address = endpoint.address.to_string();
            let body = self.network.get(&address).map(Value::to_string);
            self.asked.insert((address, endpoint.cluster.clone()));
            let body_bytes = body.clone().unwrap_or_default().into_bytes();
            let result = FetchResult::Answer {
                status: if body.is_some() { 200 } else { 404 },
                size: body_bytes.len(),
                body: body_bytes,
            };
            due.extend(keys.fetched(&request, result, self.now, &mut self.shared));
        }
        let lines = keys.take_log();
        self.log.extend(lines.into_iter().map(|line| line.text));
        self
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, secs: u64) -> &mut Self {
        self.now = self.now.plus_secs(secs);
        self
    }

    pub(crate) fn decide(&mut self, sent: &Sent) -> Decision {
        self.ask(sent, true)
    }

    fn ask(&mut self, sent: &Sent, may_wait: bool) -> Decision {
        let request = Request {
            headers: sent.headers.as_slice(),
            route: sent.route,
        };
        self.validator
            .decide(&request, self.now, &NoHostCrypto, may_wait, &mut ())
    }

    /// How the request passes.
    pub(crate) fn passage(&mut self, sent: &Sent) -> Passage {
        match self.ask(sent, false) {
            Decision::Pass(passage) => passage,
            other => panic!("{sent:?}: {other:?}"),
        }
    }

    /// Why the request is refused; `None` when it passes.
    pub(crate) fn refused(&mut self, sent: &Sent) -> Option<Reason> {
        self.refusal(sent).map(|refusal| refusal.reason)
    }

    pub(crate) fn refusal(&mut self, sent: &Sent) -> Option<Refusal> {
        match self.ask(sent, false) {
            Decision::Pass(_) => None,
            Decision::Refuse(refusal) => Some(refusal),
            Decision::AwaitKeys => panic!("{sent:?} waits although it may not"),
        }
    }

    /// Why a token that is sent as usual is refused.
    pub(crate) fn judge(&mut self, token: &str) -> Option<Reason> {
        self.refused(&Sent::bearer(token))
    }

    /// The answer to a request that is refused.
    pub(crate) fn response(&mut self, sent: &Sent) -> Response {
        let refusal = self.refusal(sent).expect("the request passes");
        let request = Request {
            headers: sent.headers.as_slice(),
            route: sent.route,
        };
        self.validator.respond(refusal, request.is_grpc(), self.now)
    }
}

/// The value of a response's header field.
pub(crate) fn field<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    let mut fields = response.headers.iter();
    fields
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.as_str())
}
