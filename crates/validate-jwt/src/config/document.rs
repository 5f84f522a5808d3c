//! The document as a whole: its form, its policies and how they extend each other, rules, settings.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::keys::Source;
use crate::policy::Policy;
use crate::rules::{PolicyId, Rule, Rules, Verdict};

use super::diagnostics::{Diagnostics, Path, suggest};
use super::node::Node;
use super::policy::check_policy;
use super::raw::{self, Document, Fields as _};
use super::reader::{Field, List, read};
use super::rules::check_rules;
use super::settings::{check_keys, check_token_cache};
use super::{Config, TOP_LEVEL_POLICY};

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
            found.unknown(&root.member(name), name, known.copied());
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
pub(super) type NamedPolicies<'d> = Vec<(&'d str, &'d Field<raw::Policy>)>;

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
