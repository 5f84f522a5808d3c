//! Where a policy expression of API Management ends.
//!
//! `@(…)` holds a C# expression and `@{…}` C# statements. Both stand unescaped in attributes and text, with quotes,
//! `<`, `>` and brackets of their own, so that their end can only be found by the lexical rules of C# (ECMA-334,
//! clause 6.4): strings, verbatim and interpolated strings with holes, character literals, comments. Nothing is
//! evaluated but a string literal that is the whole expression.

use crate::cursor::Cursor;

/// Brackets and strings inside one another beyond this depth are not read: people nest a handful.
const MAX_DEPTH: usize = 128;

/// How a double quote may be written: policies stored as XML have it escaped.
const QUOTES: [&str; 4] = ["\"", "&quot;", "&#34;", "&#x22;"];

/// The longest character literal, `'\U0001F600'`, between its quotes.
const MAX_CHARACTER_LITERAL: usize = 10;

/// The offset just past the expression that begins at `at` with `@(` or `@{`; `None` when it does not end.
pub(super) fn end_of_expression(text: &str, at: usize) -> Option<usize> {
    let mut cursor = Cursor::new(text, at);
    cursor.bump();
    let mut open = vec![Open::Bracket(closer(cursor.bump()?)?)];
    while let Some(innermost) = open.last().copied() {
        if open.len() > MAX_DEPTH {
            return None;
        }
        match innermost {
            Open::Bracket(close) => step_in_code(&mut cursor, &mut open, close)?,
            Open::Text(text) => step_in_text(&mut cursor, &mut open, text)?,
        }
    }
    Some(cursor.at())
}

/// The text of an expression that is nothing but one string literal and so is the same on every request.
///
/// Only literals whose reading is beyond doubt are taken: no interpolation, and no escape but `\"` and `\\`.
pub(super) fn constant(expression: &str) -> Option<String> {
    let inner = expression
        .trim()
        .strip_prefix("@(")?
        .strip_suffix(')')?
        .trim();
    let mut cursor = Cursor::new(inner, 0);
    let literal = literal_start(&mut cursor)?;
    if literal.interpolated {
        return None;
    }
    let mut value = String::new();
    loop {
        if literal.verbatim && cursor.sees("\"\"") {
            cursor.eat("\"\"");
            value.push('"');
        } else if cursor.eat(literal.quote) {
            return cursor.is_at_end().then_some(value);
        } else {
            match cursor.bump()? {
                '\\' if !literal.verbatim => match cursor.bump()? {
                    escaped @ ('"' | '\\') => value.push(escaped),
                    _ => return None,
                },
                '\n' | '\r' if !literal.verbatim => return None,
                other => value.push(other),
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Open {
    /// Code up to this bracket.
    Bracket(char),
    /// A string literal.
    Text(Literal),
}

#[derive(Clone, Copy)]
struct Literal {
    verbatim: bool,
    interpolated: bool,
    quote: &'static str,
}

fn closer(open: char) -> Option<char> {
    match open {
        '(' => Some(')'),
        '{' => Some('}'),
        '[' => Some(']'),
        _ => None,
    }
}

fn step_in_code(cursor: &mut Cursor<'_>, open: &mut Vec<Open>, close: char) -> Option<()> {
    if let Some(literal) = literal_start(cursor) {
        open.push(Open::Text(literal));
        return Some(());
    }
    if cursor.eat("//") {
        cursor.take_while(|c| c != '\n');
        return Some(());
    }
    if cursor.eat("/*") {
        cursor.take_past("*/")?;
        return Some(());
    }
    match cursor.bump()? {
        '\'' => skip_character(cursor),
        c if c == close => {
            open.pop();
        }
        ')' | ']' | '}' => return None,
        c => {
            if let Some(close) = closer(c) {
                open.push(Open::Bracket(close));
            }
        }
    }
    Some(())
}

fn step_in_text(cursor: &mut Cursor<'_>, open: &mut Vec<Open>, literal: Literal) -> Option<()> {
    if literal.interpolated && (cursor.eat("{{") || cursor.eat("}}")) {
        return Some(());
    }
    if literal.interpolated && cursor.eat("{") {
        open.push(Open::Bracket('}'));
        return Some(());
    }
    if cursor.eat(literal.quote) {
        // In a verbatim string a doubled quote stands for one.
        if !(literal.verbatim && cursor.eat(literal.quote)) {
            open.pop();
        }
        return Some(());
    }
    if cursor.bump()? == '\\' && !literal.verbatim && !QUOTES.iter().any(|quote| cursor.eat(quote))
    {
        cursor.bump()?;
    }
    Some(())
}

/// Moves past the start of a string literal, with its `$` and `@`, when one begins here.
fn literal_start(cursor: &mut Cursor<'_>) -> Option<Literal> {
    let prefixes = [
        ("$@", true, true),
        ("@$", true, true),
        ("$", false, true),
        ("@", true, false),
        ("", false, false),
    ];
    for (prefix, verbatim, interpolated) in prefixes {
        let mut ahead = cursor.clone();
        if ahead.eat(prefix)
            && let Some(quote) = QUOTES.into_iter().find(|quote| ahead.eat(quote))
        {
            *cursor = ahead;
            return Some(Literal {
                verbatim,
                interpolated,
                quote,
            });
        }
    }
    None
}

/// Moves past the rest of a character literal; a quote that begins none is passed over alone.
fn skip_character(cursor: &mut Cursor<'_>) {
    let mut ahead = cursor.clone();
    if ahead.bump() == Some('\\') {
        ahead.bump();
    }
    for _ in 0..MAX_CHARACTER_LITERAL {
        match ahead.bump() {
            Some('\'') => {
                *cursor = ahead;
                return;
            }
            Some(c) if c.is_ascii_hexdigit() => {}
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(expression: &str) {
        let text = format!("{expression}\" rest)}}");
        assert_eq!(
            end_of_expression(&text, 0),
            Some(expression.len()),
            "{expression}"
        );
    }

    #[test]
    fn brackets_in_strings_characters_and_comments_do_not_count() {
        whole(r#"@(x.Contains(")"))"#);
        whole(r#"@(x == ')' || y == '\'' || z == '"' || w == '\u0029')"#);
        whole("@(x /* ) */ + y)");
        whole("@{ // }\n return \"}\"; }");
        whole(r#"@("\")" + @"\" + @"""")"#);
        whole("@(x == &quot;)&quot;)");
    }

    #[test]
    fn interpolated_strings_have_code_in_their_holes() {
        whole(r#"@($"https://{context.Variables["tenant-id"]}/)")"#);
        whole(r#"@($"{{)}}{(a ? "}" : $"{b["c"]}")}")"#);
        whole(r#"@($@"\{x}""" + @$"{y}")"#);
    }

    #[test]
    fn generics_and_lambdas_are_code() {
        whole(
            "@(context.Request.Body.As<JObject>(preserveContent: true)[\"a\"].Any(c => c > 1 && c < 5))",
        );
    }

    #[test]
    fn what_does_not_end_has_no_end() {
        for text in ["@(", "@(\"", "@(]", "@{ /* }", "@($\"{", "@((((", "@", "@x"] {
            assert_eq!(end_of_expression(text, 0), None, "{text}");
        }
        assert_eq!(
            end_of_expression(&format!("@{}", "(".repeat(1000)), 0),
            None
        );
    }

    #[test]
    fn a_string_literal_alone_is_a_constant() {
        assert_eq!(constant(r#"@("api://x")"#).as_deref(), Some("api://x"));
        assert_eq!(constant(r#" @( "a\"b\\c" ) "#).as_deref(), Some("a\"b\\c"));
        assert_eq!(constant(r#"@(@"a\b""c")"#).as_deref(), Some("a\\b\"c"));
        assert_eq!(constant("@(&quot;a&quot;)").as_deref(), Some("a"));
    }

    #[test]
    fn anything_else_is_not_a_constant() {
        for text in [
            r#"@("a" + "b")"#,
            r#"@($"a")"#,
            r#"@("\u0041")"#,
            "@(x)",
            r#"@{ return "a"; }"#,
            r#"@("a").x("b")"#,
        ] {
            assert_eq!(constant(text), None, "{text}");
        }
    }
}
