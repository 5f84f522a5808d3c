//! Keys for an explanation, by way of the core's own key store.
//!
//! The store asks for documents as it asks the filter; what it gets comes from files or from the network. Discovery, merging
//! and every limit are the store's.

use std::collections::HashMap;

use validate_jwt::Validator;
use validate_jwt::config::Config;
use validate_jwt::keys::KeyEvent;
use validate_jwt::keys::{
    Discovery, FetchRequest, FetchResult, SharedData, SharedDataError, Source, SourceId,
};
use validate_jwt::policy::Policy;
use validate_jwt::time::Timestamp;

use super::decoded::Decoded;

/// A fetched source of the policy.
#[derive(Clone, Debug)]
pub struct FetchedFrom {
    /// Its place in the configuration.
    pub id: SourceId,
    /// The discovery document, if it has one.
    pub discovery: Option<Discovery>,
    /// The issuer that the configuration states for a key set.
    pub issuer: Option<String>,
}

/// What is known beside the sources.
#[derive(Clone, Copy, Debug)]
pub struct Known<'k> {
    /// The policy.
    pub policy: Option<&'k Policy>,
    /// The token.
    pub token: Option<&'k Decoded>,
}

/// Where documents come from.
pub trait KeySupply {
    /// Makes ready for these sources. What is assumed about them is added to `assumptions`.
    ///
    /// # Errors
    /// When something that the person gave fits none of them.
    fn prepare(
        &mut self,
        sources: &[FetchedFrom],
        known: &Known<'_>,
        assumptions: &mut Vec<String>,
    ) -> Result<(), String>;

    /// The answer to a request, or `None` when the person gave nothing for this source.
    ///
    /// # Errors
    /// When the address cannot be reached.
    fn get(&mut self, request: &FetchRequest) -> Result<Option<FetchResult>, String>;
}

/// What came of fetching.
#[derive(Debug, Default)]
pub struct Fetched {
    /// Whether there was an answer at all.
    pub any: bool,
    /// What was assumed.
    pub assumptions: Vec<String>,
    /// What went wrong.
    pub problems: Vec<String>,
}

/// The fetched ones of these sources.
pub(super) fn describe(config: &Config, wanted: &[SourceId]) -> Vec<FetchedFrom> {
    let mut described = Vec::new();
    for id in wanted {
        match config.sources.get(id.0) {
            Some(Source::Discovery(discovery)) => described.push(FetchedFrom {
                id: *id,
                discovery: Some(discovery.clone()),
                issuer: None,
            }),
            Some(Source::KeySet { issuer, .. }) => described.push(FetchedFrom {
                id: *id,
                discovery: None,
                issuer: issuer.clone(),
            }),
            Some(Source::Fixed { .. }) | None => {}
        }
    }
    described
}

/// Gets the documents of these sources.
pub(super) fn fetch(
    validator: &mut Validator,
    sources: &[FetchedFrom],
    known: &Known<'_>,
    supply: &mut dyn KeySupply,
    now: Timestamp,
) -> Result<Fetched, String> {
    let mut fetched = Fetched::default();
    supply.prepare(sources, known, &mut fetched.assumptions)?;
    let mut shared = Memory::default();
    let store = validator.keys_mut();
    for request in store.tick(now, &mut shared) {
        if !sources.iter().any(|source| source.id == request.source) {
            continue;
        }
        let mut next = Some(request);
        while let Some(request) = next.take() {
            let Some(result) = supply.get(&request)? else {
                break;
            };
            fetched.any = true;
            next = store.fetched(&request, result, now, &mut shared);
        }
    }
    let log = store.take_log().into_iter();
    fetched.problems = log
        .filter(|line| line.event != KeyEvent::Fetched)
        .map(|line| line.text)
        .collect();
    Ok(fetched)
}

/// Shared data of a process that is alone.
#[derive(Debug, Default)]
struct Memory(HashMap<String, (Vec<u8>, u32)>);

impl SharedData for Memory {
    fn get(&mut self, name: &str) -> Option<(Vec<u8>, u32)> {
        self.0.get(name).cloned()
    }

    fn set(
        &mut self,
        name: &str,
        value: &[u8],
        expected: Option<u32>,
    ) -> Result<(), SharedDataError> {
        let number = self.0.get(name).map(|(_, number)| *number);
        if number.is_some() && expected.is_some() && number != expected {
            return Err(SharedDataError::Changed);
        }
        let next = number.unwrap_or(0).wrapping_add(1);
        self.0.insert(name.to_owned(), (value.to_vec(), next));
        Ok(())
    }
}
