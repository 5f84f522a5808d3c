//! Finding claims, and what must hold of them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::config::Match;
use crate::json::{Kind, Value};

/// Where a claim stands in the payload.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClaimPath {
    /// A top-level claim of exactly this name; points and slashes in it mean nothing (`https://example.com/roles`).
    Name(String),
    /// A JSON pointer (RFC 6901) of these reference tokens.
    Pointer(Vec<String>),
}

impl ClaimPath {
    /// From the configuration's spelling: a JSON pointer when it begins with `/`, a name otherwise. `None` when it is empty or
    /// has a `~` that RFC 6901 does not know.
    pub fn parse(text: &str) -> Option<Self> {
        let Some(rest) = text.strip_prefix('/') else {
            return (!text.is_empty()).then(|| Self::Name(text.to_string()));
        };
        rest.split('/')
            .map(|token| {
                let known = token
                    .split('~')
                    .skip(1)
                    .all(|rest| rest.starts_with('0') || rest.starts_with('1'));
                known.then(|| token.replace("~1", "/").replace("~0", "~"))
            })
            .collect::<Option<_>>()
            .map(Self::Pointer)
    }

    /// The claim's value in `claims`. A JSON `null` counts as missing.
    pub fn find<'v>(&self, claims: Value<'v>) -> Option<Value<'v>> {
        let found =
            match self {
                Self::Name(name) => claims.get(name),
                Self::Pointer(tokens) => tokens.iter().try_fold(claims, |value, token| match value
                    .kind()
                {
                    Kind::Object => value.get(token),
                    Kind::Array => value
                        .children()
                        .nth(array_index(token)?)
                        .map(|(_, value)| value),
                    Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => None,
                }),
            };
        found.filter(|value| value.kind() != Kind::Null)
    }
}

impl core::fmt::Display for ClaimPath {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Pointer(tokens) => tokens.iter().try_for_each(|token| {
                write!(f, "/{}", token.replace('~', "~0").replace('/', "~1"))
            }),
        }
    }
}

/// RFC 6901 §4: digits without a leading zero.
fn array_index(token: &str) -> Option<usize> {
    let canonical = token.bytes().all(|byte| byte.is_ascii_digit())
        && (token == "0" || !token.starts_with('0'));
    if canonical { token.parse().ok() } else { None }
}

/// A scalar as the text by which it is compared: a string as it is, numbers and booleans by their JSON text. Objects and lists
/// have none.
pub fn scalar(value: Value<'_>) -> Option<&str> {
    match value.kind() {
        Kind::String(text) | Kind::Number(text) => Some(text),
        Kind::Bool(true) => Some("true"),
        Kind::Bool(false) => Some("false"),
        Kind::Null | Kind::Array | Kind::Object => None,
    }
}

/// The scalars of a claim: itself, or the elements of a list.
pub fn scalars(value: Value<'_>) -> impl Iterator<Item = &str> {
    let elements = value
        .children()
        .filter(move |_| value.kind() == Kind::Array)
        .filter_map(|(_, element)| scalar(element));
    scalar(value).into_iter().chain(elements)
}

/// A claim that must be there, and the values that it must have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredClaim {
    /// Where it stands.
    pub path: ClaimPath,
    /// How many of `values` it must have.
    pub matching: Match,
    /// What divides a string claim into values, if anything.
    pub separator: Option<String>,
    /// The values; `None` when the claim need only be present.
    pub values: Option<Vec<String>>,
}

/// How a required claim came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimCheck {
    /// It holds.
    Holds,
    /// The claim is not there.
    Missing,
    /// It is there without the values.
    WrongValue,
}

impl RequiredClaim {
    /// Whether it holds of `claims`.
    pub fn check(&self, claims: Value<'_>) -> ClaimCheck {
        let Some(claim) = self.path.find(claims) else {
            return ClaimCheck::Missing;
        };
        let Some(values) = &self.values else {
            return ClaimCheck::Holds;
        };
        let has = |wanted: &String| self.found(claim).any(|value| value == wanted);
        let holds = match self.matching {
            Match::All => values.iter().all(has),
            Match::Any => values.iter().any(has),
        };
        if holds {
            ClaimCheck::Holds
        } else {
            ClaimCheck::WrongValue
        }
    }

    /// The values that `claim` has by this requirement's separator. It divides a string, never the elements of a list.
    pub fn found<'v>(&'v self, claim: Value<'v>) -> impl Iterator<Item = &'v str> {
        let separator = self
            .separator
            .as_deref()
            .filter(|_| claim.as_str().is_some());
        scalars(claim).flat_map(move |text| {
            let mut whole = if separator.is_none() {
                Some(text)
            } else {
                None
            };
            let mut pieces =
                separator.map(|separator| text.split(separator).filter(|piece| !piece.is_empty()));
            core::iter::from_fn(move || {
                whole
                    .take()
                    .or_else(|| pieces.as_mut().and_then(Iterator::next))
            })
        })
    }
}
