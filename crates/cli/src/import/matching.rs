//! Sets of requests as rules write them: method, host and path.

use serde_json::{Map, Value, json};

/// The `match` of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) methods: Option<Vec<String>>,
    pub(super) hosts: Option<Vec<String>>,
    pub(super) path: PathMatch,
}

/// The condition on the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum PathMatch {
    #[default]
    Any,
    Exact(String),
    /// Ends with `/`.
    Under(String),
}

/// A condition as alternatives, one of which must match. No alternative: never.
pub(super) type Alternatives = Vec<Match>;

/// The condition that always holds.
pub(super) fn always() -> Alternatives {
    vec![Match::default()]
}

/// Both conditions at once.
pub(super) fn both(left: &[Match], right: &[Match]) -> Alternatives {
    left.iter()
        .flat_map(|left| right.iter().filter_map(|right| left.and(right)))
        .collect()
}

/// Whether no request meets both.
pub(super) fn are_disjoint(left: &[Match], right: &[Match]) -> bool {
    both(left, right).is_empty()
}

impl Match {
    /// The `match` object of a rule; `None` when every request matches.
    pub(super) fn to_json(&self) -> Option<Value> {
        let mut object = Map::new();
        match &self.path {
            PathMatch::Any => {}
            PathMatch::Exact(path) => drop(object.insert("path".to_owned(), json!(path))),
            PathMatch::Under(prefix) => {
                drop(object.insert("path_prefix".to_owned(), json!(prefix)))
            }
        }
        if let Some(methods) = &self.methods {
            object.insert("methods".to_owned(), json!(methods));
        }
        if let Some(hosts) = &self.hosts {
            object.insert("hosts".to_owned(), json!(hosts));
        }
        (!object.is_empty()).then_some(Value::Object(object))
    }

    fn and(&self, other: &Self) -> Option<Self> {
        Some(Self {
            methods: common(self.methods.as_ref(), other.methods.as_ref())?,
            hosts: common(self.hosts.as_ref(), other.hosts.as_ref())?,
            path: self.path.and(&other.path)?,
        })
    }
}

impl PathMatch {
    fn and(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, path) | (path, Self::Any) => Some(path.clone()),
            (Self::Exact(left), Self::Exact(right)) => (left == right).then(|| self.clone()),
            (Self::Exact(path), Self::Under(prefix)) | (Self::Under(prefix), Self::Exact(path)) => {
                path.starts_with(prefix).then(|| Self::Exact(path.clone()))
            }
            (Self::Under(left), Self::Under(right)) if left.starts_with(right) => {
                Some(self.clone())
            }
            (Self::Under(left), Self::Under(right)) => {
                right.starts_with(left).then(|| other.clone())
            }
        }
    }
}

/// What both lists have; `None` inside stands for any, outside for nothing.
fn common(left: Option<&Vec<String>>, right: Option<&Vec<String>>) -> Option<Option<Vec<String>>> {
    match (left, right) {
        (None, None) => Some(None),
        (Some(list), None) | (None, Some(list)) => Some(Some(list.clone())),
        (Some(left), Some(right)) => {
            let both: Vec<String> = left
                .iter()
                .filter(|text| right.contains(text))
                .cloned()
                .collect();
            (!both.is_empty()).then_some(Some(both))
        }
    }
}

/// Adds an alternative; two that differ in methods or hosts alone become one.
pub(super) fn add(alternatives: &mut Alternatives, next: Match) {
    for known in alternatives.iter_mut() {
        let join = |left: &Option<Vec<String>>, right: &Option<Vec<String>>| {
            let mut all = left.clone()?;
            all.extend(
                right
                    .clone()?
                    .into_iter()
                    .filter(|text| !left.iter().flatten().any(|other| other == text)),
            );
            Some(all)
        };
        if known.path == next.path && known.hosts == next.hosts {
            known.methods = join(&known.methods, &next.methods);
            return;
        }
        if known.path == next.path && known.methods == next.methods {
            known.hosts = join(&known.hosts, &next.hosts);
            return;
        }
    }
    alternatives.push(next);
}
