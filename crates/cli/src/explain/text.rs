//! An explanation for people.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use validate_jwt::time::Timestamp;
use validate_jwt::trace::{Check, Checked};

use super::causes;
use super::claims;
use super::decoded::Decoded;
use super::moment::{date, distance};
use super::{Explanation, Outcome, Word};

/// Longest value that is shown; what a token holds beyond that is rarely for reading.
const MAX_VALUE_CHARS: usize = 200;

/// Width of the column of values; what a longer one means stands on the next line.
const VALUE_COLUMN: usize = 36;

/// Writes it.
#[must_use]
pub fn to_text(explanation: &Explanation, coloured: bool) -> String {
    let mut page = Page {
        text: String::new(),
        coloured,
    };
    match &explanation.token {
        Some(token) => page.token(token, explanation.now),
        None => page.line("No token was given."),
    }
    match &explanation.outcome {
        Some(outcome) => page.outcome(outcome, explanation),
        None => {
            page.heading("Nothing was verified");
            page.line("  Without --config the token is only decoded. Anybody can write such a token; only its signature tells.");
        }
    }
    page.list("Likely causes", &causes::find(explanation));
    page.list(
        "Taken for true, because --jwks gives keys and no issuer",
        &explanation.assumptions,
    );
    page.list("Keys", &explanation.key_problems);
    page.text
}

struct Page {
    text: String,
    coloured: bool,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.text.push_str(&printable(text));
        self.text.push('\n');
    }

    fn heading(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let text = self.styled("1", text);
        self.text.push_str(&text);
        self.text.push('\n');
    }

    /// `style` is a number of SGR (ECMA-48 §8.3.117).
    fn styled(&self, style: &str, text: &str) -> String {
        let text = printable(text);
        if self.coloured {
            format!("\u{1b}[{style}m{text}\u{1b}[0m")
        } else {
            text
        }
    }

    fn list(&mut self, heading: &str, entries: &[String]) {
        if entries.is_empty() {
            return;
        }
        self.heading(heading);
        for entry in entries {
            self.line(&format!("  - {entry}"));
        }
    }

    fn token(&mut self, token: &Decoded, now: Timestamp) {
        match &token.header {
            Some(header) => {
                self.heading("Header");
                self.members(header, |name, value| {
                    claims::of_header(name, value).to_owned()
                });
            }
            None => self.line("The token's header cannot be read."),
        }
        match &token.claims {
            Some(found) => {
                self.heading("Claims");
                self.members(found, |name, value| {
                    claims::of_claim(token, name, value, now)
                });
            }
            None => self.line("The token's claims cannot be read."),
        }
    }

    fn members(&mut self, members: &Map<String, Value>, meaning: impl Fn(&str, &Value) -> String) {
        let width = members.keys().map(|name| name.chars().count()).max();
        let width = width.unwrap_or(0).min(VALUE_COLUMN);
        for (name, value) in members {
            let shown = shown(value);
            let meaning = meaning(name, value);
            let fits = shown.chars().count() <= VALUE_COLUMN;
            let line = match (meaning.is_empty(), fits) {
                (true, _) => format!("  {name:width$}  {shown}"),
                (false, true) => format!("  {name:width$}  {shown:VALUE_COLUMN$}  {meaning}"),
                (false, false) => {
                    format!(
                        "  {name:width$}  {shown}\n  {:width$}  {:VALUE_COLUMN$}  {meaning}",
                        "", ""
                    )
                }
            };
            self.line(line.trim_end());
        }
    }

    fn outcome(&mut self, outcome: &Outcome, explanation: &Explanation) {
        self.heading("Checks");
        for checked in &outcome.checks {
            self.check(checked, outcome, explanation.now);
        }
        self.decision(outcome);
        if let Some(response) = &outcome.response {
            self.heading("The client gets");
            self.line(&format!("  HTTP {}", response.status));
            for (name, value) in &response.headers {
                self.line(&format!("  {name}: {value}"));
            }
            self.line(&format!("\n  {}", response.body));
        }
        let Some(changes) = &outcome.upstream else {
            return;
        };
        if changes.set.is_empty() && changes.remove.is_empty() && changes.path.is_none() {
            return;
        }
        self.heading("On its way to the upstream");
        for name in &changes.remove {
            self.line(&format!("  the header {name} is removed"));
        }
        for (name, value) in &changes.set {
            self.line(&format!("  {name}: {}", cut(value)));
        }
        if changes.path.is_some() {
            self.line("  the token is taken out of the query");
        }
    }

    fn check(&mut self, checked: &Checked, outcome: &Outcome, now: Timestamp) {
        let mark = if checked.ok {
            self.styled("32", "✓")
        } else {
            self.styled("31", "✗")
        };
        let what = label(checked.check);
        let summary = match checked.check {
            Check::Rule => rule(checked, outcome),
            Check::Expiration | Check::NotBefore => dates(checked, now),
            _ if checked.ok => matching(checked),
            _ => checked.detail.clone(),
        };
        let line = format!("  {mark} {what:23}{}", printable(&summary));
        let _ = writeln!(self.text, "{}", line.trim_end());
        let compares = !matches!(
            checked.check,
            Check::Rule | Check::Expiration | Check::NotBefore
        );
        if checked.ok || !compares {
            return;
        }
        if !checked.expected.is_empty() {
            self.line(&format!("      expected  {}", joined(&checked.expected)));
        }
        if !checked.found.is_empty() {
            self.line(&format!("      found     {}", joined(&checked.found)));
        } else if !checked.expected.is_empty() {
            self.line("      found     nothing");
        }
    }

    fn decision(&mut self, outcome: &Outcome) {
        let reason = outcome.reason.map_or("", |reason| reason.as_str());
        let (style, text) = match outcome.decision {
            Word::Allow => ("1;32", "Allowed: the token is good".to_owned()),
            Word::Anonymous => ("1;32", "Allowed: no token is asked for".to_owned()),
            Word::Deny => ("1;31", format!("Refused: {reason}")),
            Word::Report => (
                "1;33",
                format!("Allowed, because the policy only reports; else refused: {reason}"),
            ),
        };
        let _ = writeln!(self.text, "\n{}", self.styled(style, &text));
        if let Some(reason) = outcome.reason {
            self.line(&format!("  {}", reason.meaning()));
        }
    }
}

fn label(check: Check) -> &'static str {
    match check {
        Check::Rule => "policy",
        Check::Token => "token",
        Check::Size => "length",
        Check::Format => "form",
        Check::Algorithm => "algorithm (alg)",
        Check::TokenType => "type (typ)",
        Check::Issuer => "issuer (iss)",
        Check::Tenant => "tenant (tid)",
        Check::Audience => "audience (aud)",
        Check::Expiration => "end (exp)",
        Check::NotBefore => "beginning (nbf)",
        Check::Key => "key (kid)",
        Check::Signature => "signature",
        Check::Client => "client (azp, appid)",
        Check::Claim => "claim",
    }
}

fn rule(checked: &Checked, outcome: &Outcome) -> String {
    let named = match outcome.rule {
        Some(rule) => format!("by rules[{rule}]"),
        None if checked.detail == "the rules" && checked.ok => "the only one".to_owned(),
        None => checked.detail.clone(),
    };
    match (&outcome.policy, checked.ok) {
        (Some(policy), _) => format!("{}, {named}", policy.name),
        (None, true) => format!("none is needed, {named}"),
        (None, false) if checked.detail == "the rules" => "no rule matches the request".to_owned(),
        (None, false) => format!("{named}: {}", joined(&checked.found)),
    }
}

/// What of the token fitted.
fn matching(checked: &Checked) -> String {
    let mut fitting: Vec<String> = checked.found.clone();
    fitting.retain(|found| checked.expected.contains(found));
    // Nothing was compared, or not letter by letter: a template of an issuer, a `typ`.
    if fitting.is_empty() {
        fitting.clone_from(&checked.found);
    }
    let values = joined(&fitting);
    match (checked.check, checked.detail.as_str()) {
        (Check::Claim, detail) => {
            let name = detail.split(", a").next().unwrap_or_default();
            if values.is_empty() {
                format!("{name} is there")
            } else {
                format!("{name}: {values}")
            }
        }
        (_, detail) if values.is_empty() => detail.to_owned(),
        _ => values,
    }
}

fn dates(checked: &Checked, now: Timestamp) -> String {
    let found = checked.found.first().and_then(|text| text.parse().ok());
    match found.map(Timestamp::from_secs) {
        Some(moment) => format!("{}, {}", date(moment), distance(moment, now)),
        None => checked.detail.clone(),
    }
}

fn joined(texts: &[String]) -> String {
    let shown: Vec<String> = texts.iter().map(|text| cut(text)).collect();
    shown.join(", ")
}

/// A text as it is, anything else as JSON.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => cut(text),
        Value::Array(elements) if elements.iter().all(Value::is_string) => {
            let texts: Vec<&str> = elements.iter().filter_map(Value::as_str).collect();
            cut(&texts.join(", "))
        }
        other => cut(&other.to_string()),
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Tokens come from strangers; a terminal must not obey what is in them, nor show it in another order.
fn printable(text: &str) -> String {
    let is_odd = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if is_odd(c) { '\u{FFFD}' } else { c })
        .collect()
}
