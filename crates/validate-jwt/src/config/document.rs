//! The document as a whole: its form, its policies and how they extend each other, rules, settings.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::keys::{KeyTimes, Source};
use crate::policy::Policy;
use crate::rules::{HostMatch, PathMatch, PolicyId, Rule, Rules, Verdict};

use super::diagnostics::{Diagnostics, Path, suggest};
use super::node::Node;
use super::policy::check_policy;
use super::raw::{self, Document, Fields as _};
use super::reader::{Field, List, read};
use super::{Config, TOP_LEVEL_POLICY};

/// Most that a duration may be: ten years. Longer ones are a mistake, and times could overflow.
pub(super) const MAX_SECONDS: u64 = 315_360_000;

/// Fetches must end: Envoy keeps a request waiting for them.
pub(super) const MAX_FETCH_TIMEOUT: u64 = 60;

/// A client gives up after about a minute; to let it wait longer only holds memory.
pub(super) const MAX_WAIT_TIMEOUT: u64 = 60;

/// Memory of a worker's module ends at 1 GiB in Envoy; half of it may hold verified tokens.
pub(super) const MAX_TOKEN_CACHE_BYTES: u64 = 512 * 1024 * 1024;

/// Longest path of a rule. Each slash within this length of a request's path costs a look-up; servers cut longer paths.
const MAX_PATH_BYTES: usize = 2048;

/// Memory for verified tokens that serves some 2,500 clients with tokens of usual size.
const TOKEN_CACHE_BYTES: u64 = 4 * 1024 * 1024;

/// Reads and checks a document. The result is of use only if no error was noted.
pub(super) fn check(document: &Node, found: &mut Diagnostics) -> Option<Config> {
    let root = Path::default();
    let Node::Object(members) = document else {
        found.error(
            &root,
            format!("found {}", document.describe()),
            "write an object: a policy, or `policies` and `rules`",
        );
        return None;
    };
    let (document, top_level) = read_forms(members, found);
    let mut sources: Vec<Source> = Vec::new();
    let mut policies: Vec<Policy> = Vec::new();
    let rules = if let Some(top_level) = top_level {
        policies.push(check_policy(
            TOP_LEVEL_POLICY,
            &top_level,
            &Origins::of_own(root),
            &mut sources,
            found,
        ));
        Rules::new(Vec::from([Rule {
            path: None,
            hosts: Vec::new(),
            methods: Vec::new(),
            verdict: Verdict::Policy(PolicyId(0)),
        }]))
    } else {
        let named = check_names(&document, found);
        for (name, policy, origins) in extend_all(&named, found) {
            policies.push(check_policy(name, &policy, &origins, &mut sources, found));
        }
        check_rules(&document.rules, &named, found)
    };
    let mut managed_headers: Vec<String> = Vec::new();
    for policy in &policies {
        let upstream = &policy.upstream;
        let headers = upstream
            .headers
            .iter()
            .map(|output| &output.header)
            .chain(&upstream.payload_header);
        for header in headers {
            if !managed_headers.contains(header) {
                managed_headers.push(header.clone());
            }
        }
    }
    Some(Config {
        policies,
        rules,
        sources,
        keys: check_keys(&document.keys, found),
        token_cache_bytes: check_token_cache(&document.token_cache, found),
        use_host_crypto: document.use_host_crypto.valid().copied().unwrap_or(true),
        managed_headers,
    })
}

/// Tells the two forms of a document apart: `policies`, or one policy beside the settings.
fn read_forms(
    members: &[(String, Node)],
    found: &mut Diagnostics,
) -> (Document, Option<raw::Policy>) {
    let root = Path::default();
    let has = |name: &str| members.iter().any(|(member, _)| member == name);
    let several = has("policies") || has("rules");
    let is_setting = |name: &str| Document::FIELDS.contains(&name);
    let is_policy_field = |name: &str| raw::Policy::FIELDS.contains(&name);
    let mut settings: Vec<(String, Node)> = Vec::new();
    let mut policy: Vec<(String, Node)> = Vec::new();
    for (name, node) in members {
        if is_setting(name) {
            settings.push((name.clone(), node.clone()));
        } else if is_policy_field(name) && !several {
            policy.push((name.clone(), node.clone()));
        } else if is_policy_field(name) {
            found.error(
                &root.member(name),
                "a policy's field at the top level, beside `policies` or `rules`",
                "move it into a policy",
            );
        } else {
            let known = Document::FIELDS
                .iter()
                .chain(raw::Policy::FIELDS.iter().filter(|_| !several));
            found.error(
                &root.member(name),
                format!("there is no field {name:?} here"),
                suggest(name, known.copied()),
            );
        }
    }
    let document = match read(&Node::Object(settings), root.clone(), found) {
        Field::Valid(document) => document,
        Field::Absent | Field::Invalid => Document::default(),
    };
    if several {
        if document.policies.is_absent() {
            found.missing(
                &root,
                "`rules` without `policies`",
                "write the policies that the rules name under `policies`",
            );
        }
        return (document, None);
    }
    let policy = match read(&Node::Object(policy), root.clone(), found) {
        Field::Valid(policy) => policy,
        Field::Absent | Field::Invalid => raw::Policy::default(),
    };
    if !policy.extends.is_absent() {
        found.error(
            &root.member("extends"),
            "there is no other policy to extend",
            "write the policies under `policies`",
        );
    }
    (document, Some(policy))
}

/// Policies by name, in order.
type NamedPolicies<'d> = Vec<(&'d str, &'d Field<raw::Policy>)>;

fn check_names<'d>(document: &'d Document, found: &mut Diagnostics) -> NamedPolicies<'d> {
    let path = Path::default().member("policies");
    let named: NamedPolicies<'_> = document
        .policies
        .valid()
        .map(|policies| {
            policies
                .0
                .iter()
                .map(|(name, policy)| (name.as_str(), policy))
                .collect()
        })
        .unwrap_or_default();
    if named.is_empty() && document.policies.valid().is_some() {
        found.missing(&path, "there is no policy", "write at least one");
    }
    for (name, _) in &named {
        if name.is_empty() || name.chars().any(char::is_control) {
            found.error(
                &path.member(name),
                "a policy needs a name of printable characters",
                "name it, for example \"api\"",
            );
        }
    }
    named
}

/// Where the fields of a policy are written: its own place, or that of the policy it took them over from.
pub(super) struct Origins {
    own: Path,
    inherited: BTreeMap<&'static str, Path>,
    /// What it extends is not known, so that nothing can be said to be missing.
    is_torn: bool,
}

impl Origins {
    fn of_own(own: Path) -> Self {
        Self {
            own,
            inherited: BTreeMap::new(),
            is_torn: false,
        }
    }

    /// Whether fields that the policy should have taken over may be missing.
    pub(super) fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// The policy's own place.
    pub(super) fn own(&self) -> &Path {
        &self.own
    }

    /// The place of a field.
    pub(super) fn of(&self, field: &str) -> Path {
        self.inherited.get(field).unwrap_or(&self.own).member(field)
    }
}

/// Every policy with the fields that it takes over.
fn extend_all<'d>(
    named: &NamedPolicies<'d>,
    found: &mut Diagnostics,
) -> Vec<(&'d str, raw::Policy, Origins)> {
    let place = |name: &str| Path::default().member("policies").member(name);
    let policy_of = |wanted: &str| {
        named
            .iter()
            .find(|(name, _)| *name == wanted)
            .and_then(|(_, policy)| policy.valid())
    };
    let mut extended = Vec::with_capacity(named.len());
    for &(name, field) in named {
        let Some(own) = field.valid() else { continue };
        let mut policy = own.clone();
        let mut origins = Origins::of_own(place(name));
        let mut line: Vec<&str> = Vec::from([name]);
        let mut parent = own.extends.valid();
        while let Some(wanted) = parent {
            let at = place(line.last().copied().unwrap_or(name)).member("extends");
            if line.contains(&wanted.as_str()) {
                origins.is_torn = true;
                line.push(wanted);
                // Said once for the circle, by its first member.
                if wanted == name
                    && line
                        .iter()
                        .all(|member| position(named, name) <= position(named, member))
                {
                    found.error(
                        &at,
                        format!(
                            "policies extend each other in a circle: {}",
                            line.join(" → ")
                        ),
                        "remove one `extends`",
                    );
                }
                break;
            }
            let Some(ancestor) = policy_of(wanted) else {
                origins.is_torn = true;
                if !named.iter().any(|(other, _)| other == wanted) {
                    found.error(
                        &at,
                        format!("no policy {wanted:?}"),
                        suggest(wanted, named.iter().map(|(other, _)| *other)),
                    );
                }
                break;
            };
            for field in policy.inherit(ancestor) {
                origins.inherited.insert(field, place(wanted));
            }
            line.push(wanted);
            parent = ancestor.extends.valid();
        }
        extended.push((name, policy, origins));
    }
    extended
}

fn position(named: &NamedPolicies<'_>, wanted: &str) -> usize {
    named
        .iter()
        .position(|(name, _)| *name == wanted)
        .unwrap_or(usize::MAX)
}

fn check_rules(
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

/// The valid entries of a list with their places; an empty list, which would match nothing, is an error.
pub(super) fn entries<'l, T>(
    list: &'l Field<List<T>>,
    path: &Path,
    what: &str,
    found: &mut Diagnostics,
) -> impl Iterator<Item = (Path, &'l T)> + use<'l, T> {
    let path = path.clone();
    let list: &[Field<T>] = match list {
        Field::Valid(list) => {
            if list.is_empty() {
                found.error(
                    &path,
                    "the list is empty",
                    format!("write at least {what}, or leave the field out"),
                );
            }
            list
        }
        Field::Absent | Field::Invalid => &[],
    };
    list.iter()
        .enumerate()
        .filter_map(move |(index, entry)| entry.valid().map(|entry| (path.element(index), entry)))
}

/// A number within limits.
pub(super) fn within(
    field: &Field<u64>,
    path: &Path,
    limits: core::ops::RangeInclusive<u64>,
    default: u64,
    found: &mut Diagnostics,
) -> u64 {
    match field.valid() {
        None => default,
        Some(value) if limits.contains(value) => *value,
        Some(value) => {
            found.error(
                path,
                format!("found {value}"),
                format!(
                    "write a whole number from {} to {}",
                    limits.start(),
                    limits.end()
                ),
            );
            default
        }
    }
}

fn check_keys(keys: &Field<raw::Keys>, found: &mut Diagnostics) -> KeyTimes {
    let default = KeyTimes::default();
    let Some(keys) = keys.valid() else {
        return default;
    };
    let path = Path::default().member("keys");
    let mut seconds = |field: &Field<u64>, name: &str, min: u64, max: u64, default: u64| {
        within(field, &path.member(name), min..=max, default, found)
    };
    let times = KeyTimes {
        refresh_interval: seconds(
            &keys.refresh_interval,
            "refresh_interval",
            1,
            MAX_SECONDS,
            default.refresh_interval,
        ),
        min_refetch_interval: seconds(
            &keys.min_refetch_interval,
            "min_refetch_interval",
            1,
            MAX_SECONDS,
            default.min_refetch_interval,
        ),
        key_ttl: seconds(&keys.key_ttl, "key_ttl", 0, MAX_SECONDS, default.key_ttl),
        fetch_timeout: seconds(
            &keys.fetch_timeout,
            "fetch_timeout",
            1,
            MAX_FETCH_TIMEOUT,
            default.fetch_timeout,
        ),
        wait_timeout: seconds(
            &keys.wait_timeout,
            "wait_timeout",
            0,
            MAX_WAIT_TIMEOUT,
            default.wait_timeout,
        ),
    };
    if times.key_ttl > 0 && times.key_ttl < times.refresh_interval {
        found.warning(
            &path.member("key_ttl"),
            format!(
                "keys die after {} s and are fetched anew after {} s only",
                times.key_ttl, times.refresh_interval
            ),
            "make key_ttl longer than refresh_interval, or 0",
        );
    }
    times
}

fn check_token_cache(cache: &Field<raw::TokenCache>, found: &mut Diagnostics) -> usize {
    let path = Path::default().member("token_cache").member("max_bytes");
    let bytes = cache.valid().map_or(TOKEN_CACHE_BYTES, |cache| {
        within(
            &cache.max_bytes,
            &path,
            0..=MAX_TOKEN_CACHE_BYTES,
            TOKEN_CACHE_BYTES,
            found,
        )
    });
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
