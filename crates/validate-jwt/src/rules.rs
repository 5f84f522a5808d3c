//! Which policy a request falls under.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::cell::OnceCell;

use hashbrown::HashMap;

use crate::path::RequestPath;

/// A policy's place in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyId(pub usize);

/// What a rule or a route says of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// This policy decides.
    Policy(PolicyId),
    /// They pass without a token.
    AllowAnonymous,
}

/// A condition on the path.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PathMatch {
    /// Exactly this path.
    Exact(String),
    /// This path and all below it.
    Prefix(String),
}

impl PathMatch {
    /// Whether every path that fits `other` fits this.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(_), _) => self == other,
            (Self::Prefix(own), Self::Exact(other) | Self::Prefix(other)) => other
                .strip_prefix(own.as_str())
                .is_some_and(|rest| own.ends_with('/') || rest.is_empty() || rest.starts_with('/')),
        }
    }
}

/// A host, or all hosts below one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostMatch {
    /// This host, in lower case.
    Exact(String),
    /// Hosts that end with this, which begins with a point: `*.example.com`.
    Below(String),
}

/// A rule: if all its conditions hold, its verdict counts.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Condition on the path, if any.
    pub path: Option<PathMatch>,
    /// Hosts of which one must fit; empty: any.
    pub hosts: Vec<HostMatch>,
    /// Methods of which one must fit; empty: any.
    pub methods: Vec<String>,
    /// What it says.
    pub verdict: Verdict,
}

/// The part of a request that rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Target<'r> {
    /// The method, as sent.
    pub method: &'r [u8],
    /// `Host` or `:authority`, as sent.
    pub host: &'r [u8],
    /// The request target (`:path`), as sent.
    pub path: &'r [u8],
}

/// Rules in their order, indexed so that a request is compared with those only whose path may fit.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    exact: HashMap<String, Vec<usize>>,
    prefix: HashMap<String, Vec<usize>>,
    any_path: Vec<usize>,
    /// Bytes of the longest prefix: no longer beginning of a path need be looked up, however long the path is.
    longest_prefix: usize,
}

impl Rules {
    /// Rules in the order in which they are tried.
    pub fn new(rules: Vec<Rule>) -> Self {
        let mut indexed = Self::default();
        for (index, rule) in rules.iter().enumerate() {
            let bucket = match &rule.path {
                Some(PathMatch::Exact(path)) => indexed.exact.entry(path.clone()).or_default(),
                Some(PathMatch::Prefix(prefix)) => {
                    indexed.longest_prefix = indexed.longest_prefix.max(prefix.len());
                    indexed.prefix.entry(prefix.clone()).or_default()
                }
                None => &mut indexed.any_path,
            };
            bucket.push(index);
        }
        indexed.rules = rules;
        indexed
    }

    /// The rules, in order.
    pub fn as_slice(&self) -> &[Rule] {
        &self.rules
    }

    /// What the first rule says if it is a policy's and has no conditions: then nothing of the request matters.
    pub fn unconditional(&self) -> Option<(usize, Verdict)> {
        self.rules
            .first()
            .filter(|first| first.is_unconditional() && first.verdict != Verdict::AllowAnonymous)
            .map(|first| (0, first.verdict))
    }

    /// Index and verdict of the first rule that matches. A request that may pass without a token must be one that may in every
    /// reading of its path: servers that merge slashes or cut off path parameters find `/admin` in `//admin` and `/admin;v=1`.
    pub fn find(&self, target: Target<'_>) -> Option<(usize, Verdict)> {
        let path = RequestPath::read(target.path);
        let found = self.first_match(target, &path);
        if let Some((_, Verdict::AllowAnonymous)) = found
            && let Some(reduced) = path.reduced()
        {
            return self.first_match(target, &reduced);
        }
        found
    }

    fn first_match(&self, target: Target<'_>, path: &RequestPath) -> Option<(usize, Verdict)> {
        let host = OnceCell::new();
        let exact = self.exact.get(path.as_str()).into_iter();
        let prefixes = segment_ends(path.as_str(), self.longest_prefix)
            .filter_map(|prefix| self.prefix.get(prefix));
        let mut best: Option<(usize, Verdict)> = None;
        for bucket in exact
            .chain(prefixes)
            .chain(core::iter::once(&self.any_path))
        {
            for &index in bucket
                .iter()
                .take_while(|&&index| best.is_none_or(|(best, _)| index < best))
            {
                if let Some(rule) = self.rules.get(index)
                    && rule.matches_beside_path(target, path, &host)
                {
                    best = Some((index, rule.verdict));
                    break;
                }
            }
        }
        best
    }
}

impl Rule {
    fn is_unconditional(&self) -> bool {
        self.path.is_none() && self.hosts.is_empty() && self.methods.is_empty()
    }

    fn matches_beside_path(
        &self,
        target: Target<'_>,
        path: &RequestPath,
        host: &OnceCell<Host>,
    ) -> bool {
        let mut hosts = self.hosts.iter();
        (self.verdict != Verdict::AllowAnonymous || path.has_single_reading())
            && (self.methods.is_empty()
                || self
                    .methods
                    .iter()
                    .any(|method| method.as_bytes() == target.method))
            && (self.hosts.is_empty()
                || hosts.any(|pattern| {
                    host.get_or_init(|| Host::read(target.host))
                        .matches(pattern)
                }))
    }
}

/// Every beginning of `path` that a prefix rule can name: up to each slash, with and without it, and the whole; none longer
/// than `longest` bytes.
fn segment_ends(path: &str, longest: usize) -> impl Iterator<Item = &str> {
    // A slash just behind the longest prefix still ends one.
    let head = path.as_bytes().get(..=longest).unwrap_or(path.as_bytes());
    let slashes = head
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'/')
        .map(|(at, _)| at);
    let without = slashes
        .clone()
        .filter(|&at| at > 0)
        .filter_map(|at| path.get(..at));
    let with = slashes
        .filter(move |&at| at < longest)
        .filter_map(|at| path.get(..=at));
    let whole = (!path.ends_with('/') && path.len() <= longest).then_some(path);
    without.chain(with).chain(whole)
}

/// A host name as rules compare it: lower case, without port and without the root's point.
struct Host(String);

impl Host {
    fn read(authority: &[u8]) -> Self {
        let text = core::str::from_utf8(authority).unwrap_or_default();
        let host = match text.rsplit_once(':') {
            Some((host, port))
                if port.bytes().all(|byte| byte.is_ascii_digit()) && !host.ends_with(':') =>
            {
                host
            }
            Some(_) | None => text,
        };
        Self(host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase())
    }

    fn matches(&self, pattern: &HostMatch) -> bool {
        match pattern {
            HostMatch::Exact(host) => self.0 == *host,
            HostMatch::Below(suffix) => {
                self.0.len() > suffix.len() && self.0.ends_with(suffix.as_str())
            }
        }
    }
}

impl HostMatch {
    /// Whether every host that fits `other` fits this.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(_), _) => self == other,
            (Self::Below(own), Self::Exact(other) | Self::Below(other)) => {
                other.ends_with(own.as_str())
            }
        }
    }

    /// From the configuration's spelling. `None` for what is no host name or `*.` and one.
    pub fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        let is_name = |name: &str| {
            !name.is_empty()
                && !name.starts_with('.')
                && !name.ends_with('.')
                && name.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric()
                        || matches!(byte, b'-' | b'_' | b'.' | b':' | b'[' | b']')
                })
                && Host::read(name.as_bytes()).0 == name
        };
        match lower.strip_prefix('*') {
            Some(suffix) => suffix
                .strip_prefix('.')
                .filter(|name| is_name(name))
                .map(|_| Self::Below(suffix.to_string())),
            None => is_name(&lower).then_some(Self::Exact(lower)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_looked_up_no_further_than_the_longest_prefix() {
        let path = "/a".repeat(30_000);
        assert!(segment_ends(&path, 6).all(|prefix| prefix.len() <= 6));
        assert_eq!(segment_ends(&path, 6).count(), 6);
        assert_eq!(
            segment_ends("/admin/x", 6).collect::<Vec<_>>(),
            ["/admin", "/"]
        );
        assert_eq!(segment_ends("/admin", 6).last(), Some("/admin"));
        assert_eq!(segment_ends("/caf\u{e9}/x", 5).count(), 1);
    }
}
