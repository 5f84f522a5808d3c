//! Texts that no output shows: a finding beside a shared secret or a token must not print it into the log of a pipeline.

use super::overlap;
use crate::document::{Tree, Value};
use crate::source::{Source, Span};

/// Members of keys that are secret: that of a static key, and those of JWKs that hold private or symmetric keys (RFC 7518 §6).
const SECRET_MEMBERS: [&str; 8] = ["value", "k", "d", "p", "q", "dp", "dq", "qi"];

/// Where the secrets of a file stand.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Vec<Span>);

impl Secrets {
    /// Adds those of a document, whatever else is wrong with it.
    pub fn add(&mut self, document: &Tree) {
        self.visit(document, false);
    }

    /// Adds what looks like a token anywhere in a file: the wrong file may have been given.
    pub fn add_tokens(&mut self, source: &Source) {
        let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let mut at = 0;
        for word in source.text.split(|c| !is_of_token(c)) {
            if word.starts_with("eyJ") && word.matches('.').count() >= 2 {
                self.0.push(at..at.saturating_add(word.len()));
            }
            // A character that is none of a token's may be longer than one byte.
            at = at.saturating_add(word.len());
            let after = source.text.get(at..).and_then(|rest| rest.chars().next());
            at = at.saturating_add(after.map_or(0, char::len_utf8));
        }
    }

    /// Whether one stands on the lines of this place.
    #[must_use]
    pub fn are_on_lines_of(&self, source: &Source, place: &Span) -> bool {
        let before = source.text.get(..place.start).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let after = source.text.get(place.end..).unwrap_or_default();
        let end = after
            .find('\n')
            .unwrap_or(after.len())
            .saturating_add(place.end);
        let lines = start..end.max(start.saturating_add(1));
        self.0.iter().any(|secret| overlap(secret, &lines))
    }

    /// The depth is bounded by the readers.
    fn visit(&mut self, tree: &Tree, in_keys: bool) {
        match &tree.value {
            Value::Object(members) => {
                for member in members {
                    let is_key_list = matches!(
                        member.key.as_str(),
                        "issuer_signing_keys" | "inline" | "keys"
                    );
                    if in_keys && SECRET_MEMBERS.contains(&member.key.as_str()) {
                        self.0.push(member.value.span.clone());
                    }
                    self.visit(&member.value, in_keys || is_key_list);
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    self.visit(element, in_keys);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
