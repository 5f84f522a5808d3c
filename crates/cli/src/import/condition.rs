//! Conditions of `when` that a rule can say exactly.
//!
//! Understood are comparisons of the request's method, original host and original path with string literals, joined
//! by `&&`, `||` and parentheses. Everything else is not a rule: half a condition would choose the wrong policy.

use super::csharp;
use super::entities::decode;
use super::matching::{Alternatives, Match, PathMatch, add, always, both};
use super::reading::quoted;

/// A condition becomes at most this many rules.
const MAX_ALTERNATIVES: usize = 16;

/// Parentheses inside one another.
const MAX_DEPTH: usize = 16;

/// Reads a condition; `resolve` puts named values into literals.
///
/// # Errors
/// Why no rule says the same.
pub(super) fn parse(
    condition: &str,
    resolve: impl Fn(&str) -> Option<String>,
) -> Result<Alternatives, String> {
    let decoded = decode(condition, 0).map_err(|problem| problem.message)?;
    let text = decoded.trim();
    let not_exact = || {
        format!(
            "{} cannot be said exactly as a rule (method, OriginalUrl.Path, OriginalUrl.Host)",
            quoted(text)
        )
    };
    let inner = text
        .strip_prefix("@(")
        .and_then(|text| text.strip_suffix(')'))
        .unwrap_or(text);
    if inner.contains("context.Request.Url.") {
        return Err(format!(
            "{} looks at Url, which is the address after API Management has rewritten it; a rule sees OriginalUrl",
            quoted(text)
        ));
    }
    let mut parser = Parser {
        tokens: tokens(inner).ok_or_else(not_exact)?.into_iter().peekable(),
        resolve: &resolve,
    };
    parser
        .either(0)
        .filter(|_| parser.tokens.peek().is_none())
        .ok_or_else(not_exact)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Literal(String),
    And,
    Or,
    Equal,
    Open,
    Close,
    Comma,
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut cursor = crate::cursor::Cursor::new(text, 0);
    let mut tokens = Vec::new();
    loop {
        cursor.skip_space();
        let Some(next) = cursor.peek() else {
            return Some(tokens);
        };
        let marks = [
            ("&&", Token::And),
            ("||", Token::Or),
            ("==", Token::Equal),
            ("(", Token::Open),
            (")", Token::Close),
            (",", Token::Comma),
        ];
        if let Some((_, token)) = marks.into_iter().find(|(mark, _)| cursor.eat(mark)) {
            tokens.push(token);
        } else if next == '"' {
            let start = cursor.at();
            cursor.bump();
            let body = cursor.take_past("\"")?;
            if body.contains(['\\', '\n']) {
                return None;
            }
            tokens.push(Token::Literal(csharp::constant(&format!(
                "@({})",
                text.get(start..cursor.at())?
            ))?));
        } else {
            let word = cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
            if word.is_empty() {
                return None;
            }
            tokens.push(Token::Word(word.to_owned()));
        }
    }
}

struct Parser<'a, Resolve> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    resolve: &'a Resolve,
}

impl<Resolve: Fn(&str) -> Option<String>> Parser<'_, Resolve> {
    fn either(&mut self, depth: usize) -> Option<Alternatives> {
        let mut alternatives = self.all(depth)?;
        while self.eat(&Token::Or) {
            for next in self.all(depth)? {
                add(&mut alternatives, next);
            }
        }
        (alternatives.len() <= MAX_ALTERNATIVES).then_some(alternatives)
    }

    fn all(&mut self, depth: usize) -> Option<Alternatives> {
        let mut alternatives = self.one(depth)?;
        while self.eat(&Token::And) {
            alternatives = both(&alternatives, &self.one(depth)?);
            if alternatives.len() > MAX_ALTERNATIVES {
                return None;
            }
        }
        Some(alternatives)
    }

    fn one(&mut self, depth: usize) -> Option<Alternatives> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.tokens.next()? {
            Token::Open => {
                let inner = self.either(depth.saturating_add(1))?;
                self.eat(&Token::Close).then_some(inner)
            }
            Token::Literal(literal) => {
                let true = self.eat(&Token::Equal) else {
                    return None;
                };
                let Token::Word(word) = self.tokens.next()? else {
                    return None;
                };
                self.compare(&word, "==", &literal, false)
            }
            Token::Word(word) if word == "true" => Some(always()),
            Token::Word(word) if word == "false" => Some(Vec::new()),
            Token::Word(word) => match self.tokens.next()? {
                Token::Equal => {
                    let Token::Literal(literal) = self.tokens.next()? else {
                        return None;
                    };
                    self.compare(&word, "==", &literal, false)
                }
                Token::Open => self.call(&word),
                _ => None,
            },
            _ => None,
        }
    }

    /// `x.Equals("…")` and `x.StartsWith("…")`, also with a `StringComparison`.
    fn call(&mut self, word: &str) -> Option<Alternatives> {
        let (subject, method) = word.rsplit_once('.')?;
        let Token::Literal(literal) = self.tokens.next()? else {
            return None;
        };
        let mut ignores_case = false;
        if self.eat(&Token::Comma) {
            let Token::Word(comparison) = self.tokens.next()? else {
                return None;
            };
            ignores_case = match comparison.as_str() {
                "StringComparison.OrdinalIgnoreCase" => true,
                "StringComparison.Ordinal" => false,
                _ => return None,
            };
        }
        self.eat(&Token::Close)
            .then(|| self.compare(subject, method, &literal, ignores_case))?
    }

    fn compare(
        &self,
        subject: &str,
        operator: &str,
        literal: &str,
        ignores_case: bool,
    ) -> Option<Alternatives> {
        let text = (self.resolve)(literal)?;
        let is_equal = matches!(operator, "==" | "Equals");
        let one = match subject {
            "context.Request.Method" if is_equal && !ignores_case => {
                let is_method = !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase());
                is_method.then(|| Match {
                    methods: Some(vec![text]),
                    ..Match::default()
                })
            }
            "context.Request.OriginalUrl.Host" if is_equal => {
                let host = text.to_ascii_lowercase();
                let is_host = !host.is_empty()
                    && host
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
                // The host of an address is in lower case, so that upper case in a literal never equals it.
                (is_host && (ignores_case || host == text)).then(|| Match {
                    hosts: Some(vec![host]),
                    ..Match::default()
                })
            }
            "context.Request.OriginalUrl.Path" if !ignores_case && is_plain_path(&text) => {
                let path = match operator {
                    "==" | "Equals" => Some(PathMatch::Exact(text)),
                    "StartsWith" if text == "/" => Some(PathMatch::Any),
                    // Without the slash it would also match /administrator, which no rule says.
                    "StartsWith" if text.ends_with('/') => Some(PathMatch::Under(text)),
                    _ => None,
                };
                path.map(|path| Match {
                    path,
                    ..Match::default()
                })
            }
            _ => None,
        };
        one.map(|one| vec![one])
    }

    fn eat(&mut self, token: &Token) -> bool {
        self.tokens.next_if_eq(token).is_some()
    }
}

/// A path that is the same before and after decoding and normalising.
fn is_plain_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("//")
        && path
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '~'))
        && !path.split('/').any(|segment| matches!(segment, "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(condition: &str) -> Option<String> {
        let alternatives = parse(condition, |text| Some(text.to_owned())).ok()?;
        let rules: Vec<String> = alternatives
            .iter()
            .map(|one| {
                one.to_json()
                    .map_or("any".to_owned(), |json| json.to_string())
            })
            .collect();
        Some(rules.join(" "))
    }

    #[test]
    fn methods_paths_and_hosts_are_said() {
        for (condition, rule) in [
            (
                r#"@(context.Request.Method == "POST")"#,
                r#"{"methods":["POST"]}"#,
            ),
            (
                r#"@("GET" == context.Request.Method || context.Request.Method.Equals("HEAD"))"#,
                r#"{"methods":["GET","HEAD"]}"#,
            ),
            (
                "@(context.Request.Method == &quot;POST&quot; &amp;&amp; (true))",
                r#"{"methods":["POST"]}"#,
            ),
            (
                r#"@(context.Request.OriginalUrl.Path.StartsWith("/a/") && context.Request.OriginalUrl.Path == "/a/b")"#,
                r#"{"path":"/a/b"}"#,
            ),
            (
                r#"@(context.Request.OriginalUrl.Path.StartsWith("/a/", StringComparison.Ordinal))"#,
                r#"{"path_prefix":"/a/"}"#,
            ),
            (
                r#"@(context.Request.OriginalUrl.Host.Equals("API.example.com", StringComparison.OrdinalIgnoreCase))"#,
                r#"{"hosts":["api.example.com"]}"#,
            ),
            ("@(true)", "any"),
            ("@(false)", ""),
            (
                r#"@(context.Request.Method == "GET" && context.Request.Method == "PUT")"#,
                "",
            ),
        ] {
            assert_eq!(said(condition).as_deref(), Some(rule), "{condition}");
        }
    }

    #[test]
    fn what_a_rule_would_say_differently_is_not_said() {
        for condition in [
            r#"@(context.Request.Method != "POST")"#,
            r#"@(!context.Request.Method.Equals("POST"))"#,
            r#"@(context.Request.Method.Equals("post", StringComparison.OrdinalIgnoreCase))"#,
            r#"@(context.Request.Method == "post")"#,
            r#"@(context.Request.OriginalUrl.Path.StartsWith("/admin"))"#,
            r#"@(context.Request.OriginalUrl.Path.Contains("/admin/"))"#,
            r#"@(context.Request.OriginalUrl.Path == "/a%20b")"#,
            r#"@(context.Request.OriginalUrl.Path == "/a/../b")"#,
            r#"@(context.Request.Url.Path == "/admin")"#,
            r#"@(context.Request.OriginalUrl.Host == "API")"#,
            r#"@(context.Request.Headers.GetValueOrDefault("x","") == "y")"#,
            r#"@(context.Request.Method == "GET" && context.User != null)"#,
            r#"@(context.Request.Method == "GET")) || (true"#,
            "@{ return true; }",
            "",
        ] {
            assert_eq!(said(condition), None, "{condition}");
        }
        assert_eq!(
            said(&format!("@({}true{})", "(".repeat(1000), ")".repeat(1000))),
            None
        );
    }

    #[test]
    fn a_wider_alternative_swallows_a_narrower_one() {
        assert_eq!(
            said(r#"@(context.Request.Method == "GET" || true)"#).as_deref(),
            Some("any")
        );
    }
}
