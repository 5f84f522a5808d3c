//! Rules: which policies they name, which requests they match, which of them never can.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::rules::{HostMatch, PathMatch, PolicyId, Rule, Rules, Verdict};

use super::diagnostics::{Diagnostics, Path, suggest};
use super::document::{NamedPolicies, entries};
use super::raw;
use super::reader::{Field, List};

/// Longest path of a rule. Each slash within this length of a request's path costs a look-up; servers cut longer paths.
const MAX_PATH_BYTES: usize = 2048;

/// Checks the rules against the policies that there are.
pub(super) fn check_rules(
    rules: &Field<List<raw::Rule>>,
    named: &NamedPolicies<'_>,
    found: &mut Diagnostics,
) -> Rules {
    let path = Path::default().member("rules");
    let rules: &[Field<raw::Rule>] = rules.valid().map(Vec::as_slice).unwrap_or_default();
    let mut checked: Vec<Rule> = Vec::with_capacity(rules.len());
    let mut catch_all: Option<usize> = None;
    for (index, rule) in rules.iter().enumerate() {
        let path = path.element(index);
        let Some(rule) = rule.valid() else { continue };
        let verdict = check_verdict(rule, named, &path, found);
        let conditions = match &rule.matching {
            Field::Valid(matching) => check_match(matching, &path.member("match"), found),
            Field::Absent | Field::Invalid => Conditions::default(),
        };
        if let Some(earlier) = catch_all {
            found.warning(
                &path,
                "this rule can never match",
                format!("rules[{earlier}] matches every request before it"),
            );
        } else if rule.matching.is_absent()
            || rule
                .matching
                .valid()
                .is_some_and(|matching| *matching == raw::RuleMatch::default())
        {
            catch_all = Some(index);
        } else if let Some(earlier) = checked
            .iter()
            .position(|earlier| conditions.are_within(earlier))
        {
            found.warning(
                &path,
                "this rule can never match",
                format!("rules[{earlier}] matches the same requests before it"),
            );
        }
        checked.push(Rule {
            path: conditions.path,
            hosts: conditions.hosts,
            methods: conditions.methods,
            verdict: verdict.unwrap_or(Verdict::Policy(PolicyId(usize::MAX))),
        });
    }
    Rules::new(checked)
}

fn check_verdict(
    rule: &raw::Rule,
    named: &NamedPolicies<'_>,
    path: &Path,
    found: &mut Diagnostics,
) -> Option<Verdict> {
    match (&rule.policy, &rule.allow_anonymous) {
        (Field::Valid(_), Field::Valid(true)) => {
            found.error(
                path,
                "both `policy` and `allow_anonymous`",
                "keep one: a policy decides, or requests pass without a token",
            );
            None
        }
        (Field::Valid(name), _) => {
            let place = named
                .iter()
                .filter(|(_, policy)| policy.valid().is_some())
                .position(|(known, _)| known == name);
            // Where the policies could not be read, none of them is known to be missing.
            if !named.is_empty() && !named.iter().any(|(known, _)| known == name) {
                let help = suggest(name, named.iter().map(|(known, _)| *known));
                found.error(&path.member("policy"), format!("no policy {name:?}"), help);
            }
            place.map(|place| Verdict::Policy(PolicyId(place)))
        }
        (Field::Absent, Field::Valid(true)) => Some(Verdict::AllowAnonymous),
        (Field::Absent, Field::Absent | Field::Valid(false)) => {
            found.missing(
                path,
                "the rule does not say what follows",
                "write \"policy\": \"…\" or \"allow_anonymous\": true",
            );
            None
        }
        (Field::Invalid, _) | (_, Field::Invalid) => None,
    }
}

/// Checked conditions of a rule.
#[derive(Default)]
struct Conditions {
    path: Option<PathMatch>,
    hosts: Vec<HostMatch>,
    methods: Vec<String>,
}

impl Conditions {
    /// Whether every request that fulfils these fulfils those of `earlier`. May miss some cases; it is for a warning.
    fn are_within(&self, earlier: &Rule) -> bool {
        let path = match (&earlier.path, &self.path) {
            (None, _) => true,
            (Some(earlier), Some(own)) => earlier.covers(own),
            (Some(_), None) => false,
        };
        let host_is_covered =
            |own: &HostMatch| earlier.hosts.iter().any(|earlier| earlier.covers(own));
        let within = |earlier_is_any: bool, all: bool| earlier_is_any || all;
        path && within(
            earlier.methods.is_empty(),
            !self.methods.is_empty() && self.methods.iter().all(|method| earlier.methods.contains(method)),
        ) && within(earlier.hosts.is_empty(), !self.hosts.is_empty() && self.hosts.iter().all(host_is_covered))
            // A rule that passes requests does not match ambiguous paths, so that what follows still can.
            && earlier.verdict != Verdict::AllowAnonymous
    }
}

fn check_match(matching: &raw::RuleMatch, path: &Path, found: &mut Diagnostics) -> Conditions {
    if let (Field::Valid(_), Field::Valid(_)) = (&matching.path, &matching.path_prefix) {
        found.error(path, "both `path` and `path_prefix`", "keep one");
    }
    let mut path_of = |field: &Field<String>, name: &str| {
        field.valid().map(|text| {
            check_path(text, &path.member(name), found);
            text.clone()
        })
    };
    let exact = path_of(&matching.path, "path").map(PathMatch::Exact);
    let prefix = path_of(&matching.path_prefix, "path_prefix").map(PathMatch::Prefix);
    let mut methods = Vec::new();
    for (place, method) in entries(
        &matching.methods,
        &path.member("methods"),
        "a method",
        found,
    ) {
        let is_token = !method.is_empty()
            && method
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
        if !is_token {
            found.error(
                &place,
                format!("{method:?} is no method"),
                "write for example \"POST\"",
            );
        } else if method.bytes().any(|byte| byte.is_ascii_lowercase()) {
            found.error(
                &place,
                format!("{method:?} never matches: methods are case-sensitive"),
                format!("write \"{}\"", method.to_ascii_uppercase()),
            );
        }
        methods.push(method.clone());
    }
    let mut hosts = Vec::new();
    for (place, host) in entries(&matching.hosts, &path.member("hosts"), "a host", found) {
        match HostMatch::parse(host) {
            Some(host) => hosts.push(host),
            None => found.error(
                &place,
                format!("{host:?} is no host name"),
                "write a name without port, such as \"api.example.com\" or \"*.example.com\"",
            ),
        }
    }
    Conditions {
        path: exact.or(prefix),
        hosts,
        methods,
    }
}

/// Rules are compared with decoded, normalised paths; one that is not such a path can never match.
fn check_path(text: &str, path: &Path, found: &mut Diagnostics) {
    if text.len() > MAX_PATH_BYTES {
        found.error(
            path,
            format!("the path has {} bytes", text.len()),
            format!("write at most {MAX_PATH_BYTES}"),
        );
    } else if !text.starts_with('/') {
        found.error(path, format!("{text:?} does not begin with a slash"), format!("write {:?}", format!("/{text}")));
    } else if text.contains('?') || text.contains('#') {
        found.error(path, format!("{text:?} has a query or fragment"), "paths are matched without them; remove it");
    } else if text.split('/').any(|segment| matches!(segment, "." | "..")) || text.contains('\\') || text.chars().any(char::is_control) {
        found.error(path, format!("{text:?} can never match: paths are compared without dot segments, backslashes and control characters"), "write the path that is meant");
    } else if text.as_bytes().windows(3).any(|window| matches!(window, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())) {
        found.error(path, format!("{text:?} can never match: paths are compared percent-decoded"), "write the decoded characters");
    }
}
