//! Key sets from files, for `--jwks`.

use serde_json::{Map, Value, json};
use validate_jwt::keys::fetch::MAX_BODY_BYTES;
use validate_jwt::keys::{Discovery, FetchRequest, FetchResult, SourceId};

use super::issuer;
use super::keys::{FetchedFrom, KeySupply, Known};
use super::network::Network;

/// Where a made-up discovery document says that the keys are.
const MADE_UP_PATH: &str = "/keys-from-a-file";

/// A key set from a file.
#[derive(Clone, Debug)]
pub struct KeyFile {
    /// The file's name.
    pub name: String,
    /// The issuer whose source it is for; all sources without one.
    pub issuer: Option<String>,
    keys: Vec<Value>,
}

impl KeyFile {
    /// Reads a JWK set.
    ///
    /// # Errors
    /// When it is none, or longer than the filter would read.
    pub fn parse(name: &str, issuer: Option<String>, text: &str) -> Result<Self, String> {
        if text.len() > MAX_BODY_BYTES {
            return Err(format!("{name}: is longer than {MAX_BODY_BYTES} bytes"));
        }
        let set: Map<String, Value> = serde_json::from_str(text)
            .map_err(|error| format!("{name}: is no JSON Web Key Set: {error}"))?;
        match set.get("keys") {
            Some(Value::Array(keys)) => Ok(Self {
                name: name.to_owned(),
                issuer,
                keys: keys.clone(),
            }),
            _ => Err(format!(
                "{name}: is no JSON Web Key Set: it has no list \"keys\""
            )),
        }
    }
}

/// The documents for one source.
#[derive(Debug)]
struct Supplied {
    id: SourceId,
    discovery: Option<(Discovery, String)>,
    keys: Vec<Value>,
}

/// Documents from files, and from the network for what no file is given for.
#[derive(Debug, Default)]
pub struct Supply {
    files: Vec<KeyFile>,
    network: Option<Network>,
    supplied: Vec<Supplied>,
}

impl Supply {
    /// From these.
    #[must_use]
    pub fn new(files: Vec<KeyFile>, network: Option<Network>) -> Self {
        Self {
            files,
            network,
            supplied: Vec::new(),
        }
    }

    /// The sources that the file with an issuer is for, with the issuer that their discovery document states.
    fn sources_of<'s>(
        &self,
        issuer: &str,
        sources: &'s [FetchedFrom],
        known: &Known<'_>,
    ) -> Vec<(&'s FetchedFrom, String)> {
        let in_policy = known
            .policy
            .is_some_and(|policy| policy.issuers.iter().any(|known| known == issuer));
        let stated = |source: &FetchedFrom| match (&source.discovery, &source.issuer) {
            (Some(discovery), _) => issuer::given(discovery, issuer),
            (None, Some(stated)) => (stated == issuer).then(|| stated.clone()),
            (None, None) => in_policy.then(|| issuer.to_owned()),
        };
        let fitting: Vec<_> = sources
            .iter()
            .filter_map(|source| Some((source, stated(source)?)))
            .collect();
        if !fitting.is_empty() {
            return fitting;
        }
        // What no address tells, the person may: the only source that can have any issuer has this one.
        let open = sources.iter().filter(|source| match &source.discovery {
            Some(discovery) => discovery.entra.is_none(),
            None => source.issuer.is_none(),
        });
        match open.collect::<Vec<_>>().as_slice() {
            [only] => vec![(*only, issuer.to_owned())],
            _ => Vec::new(),
        }
    }

    fn add(&mut self, source: &FetchedFrom, issuer: Option<String>, keys: &[Value]) {
        let known = self.supplied.iter_mut().find(|one| one.id == source.id);
        match known {
            Some(supplied) => supplied.keys.extend_from_slice(keys),
            None => self.supplied.push(Supplied {
                id: source.id,
                discovery: source.discovery.clone().zip(issuer),
                keys: keys.to_vec(),
            }),
        }
    }
}

impl KeySupply for Supply {
    fn prepare(
        &mut self,
        sources: &[FetchedFrom],
        known: &Known<'_>,
        assumptions: &mut Vec<String>,
    ) -> Result<(), String> {
        let files = std::mem::take(&mut self.files);
        for file in &files {
            let Some(issuer) = &file.issuer else { continue };
            let fitting = self.sources_of(issuer, sources, known);
            if fitting.is_empty() {
                return Err(format!(
                    "--jwks {issuer}={}: no source of the policy has this issuer",
                    file.name
                ));
            }
            for (source, stated) in fitting {
                self.add(source, Some(stated), &file.keys);
            }
        }
        let named: Vec<SourceId> = self.supplied.iter().map(|one| one.id).collect();
        for file in files.iter().filter(|file| file.issuer.is_none()) {
            for source in sources.iter().filter(|source| !named.contains(&source.id)) {
                let derived = source
                    .discovery
                    .as_ref()
                    .map(|discovery| issuer::derive(discovery, known.token));
                let assumption = derived.as_ref().and_then(|one| one.assumption.clone());
                assumptions.extend(assumption.filter(|one| !assumptions.contains(one)));
                self.add(source, derived.map(|one| one.issuer), &file.keys);
            }
        }
        self.files = files;
        Ok(())
    }

    fn get(&mut self, request: &FetchRequest) -> Result<Option<FetchResult>, String> {
        let supplied = self.supplied.iter().find(|one| one.id == request.source);
        let Some(supplied) = supplied else {
            return match &mut self.network {
                Some(network) => network.get(request).map(Some),
                None => Ok(None),
            };
        };
        let address = &request.endpoint.address;
        let document = match &supplied.discovery {
            Some((discovery, issuer)) if discovery.document.address == *address => {
                let (scheme, host) = (address.scheme(), &address.authority);
                json!({ "issuer": issuer, "jwks_uri": format!("{scheme}://{host}{MADE_UP_PATH}") })
            }
            Some(_) | None => json!({ "keys": supplied.keys }),
        };
        let body = document.to_string().into_bytes();
        Ok(Some(FetchResult::Answer {
            status: 200,
            size: body.len(),
            body,
        }))
    }
}
