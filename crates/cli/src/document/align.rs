//! Where each character of a scalar's value stands in the file.
//!
//! A scalar in YAML loses indentation, line folds and escapes on its way to its value. The value is laid beside the
//! text of the file again: what is equal goes together, white space that the value lacks is passed over, escapes are
//! read. Where the two cannot be brought together there is no map, and the scalar as a whole is the place.

use crate::cursor::Cursor;

/// The offset in the file of every byte of the value and of its end. `start` is where the scalar begins, with its
/// quote or its `|` or `>`, and with an anchor or tag before it.
pub(super) fn align(file: &str, start: usize, value: &str) -> Option<Vec<usize>> {
    let mut cursor = Cursor::new(file, start);
    // An anchor or a tag before the scalar; no scalar begins with these characters.
    while matches!(cursor.peek(), Some('&' | '!')) {
        cursor.take_while(|c| !is_space(c));
        cursor.skip_space();
    }
    let style = match cursor.peek()? {
        quote @ ('"' | '\'') => {
            cursor.bump();
            Some(quote)
        }
        '|' | '>' => {
            cursor.take_past("\n")?;
            None
        }
        _ => None,
    };
    let mut offsets = Vec::with_capacity(value.len().saturating_add(1));
    for wanted in value.chars() {
        let at = next(&mut cursor, style, wanted)?;
        offsets.extend(std::iter::repeat_n(at, wanted.len_utf8()));
    }
    offsets.push(cursor.at());
    Some(offsets)
}

/// Finds one character of the value and moves past it.
fn next(cursor: &mut Cursor<'_>, quote: Option<char>, wanted: char) -> Option<usize> {
    loop {
        let at = cursor.at();
        let Some(seen) = cursor.peek() else {
            // The last line break of a block scalar may be missing at the end of the file.
            return (wanted == '\n').then_some(at);
        };
        if quote == Some('"') && seen == '\\' {
            match escape(cursor)? {
                Some(escaped) if escaped == wanted => return Some(at),
                Some(_) => return None,
                None => continue,
            }
        }
        if quote == Some('\'') && cursor.eat("''") {
            return (wanted == '\'').then_some(at);
        }
        if quote == Some(seen) {
            return None;
        }
        cursor.bump();
        if seen == wanted || (is_space(seen) && is_space(wanted)) {
            return Some(at);
        }
        if !is_space(seen) {
            return None;
        }
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

/// Reads an escape of a double-quoted scalar (YAML 1.2.2, clause 5.7; JSON's are among them). `Some(None)` is an
/// escaped line break, which stands for nothing.
fn escape(cursor: &mut Cursor<'_>) -> Option<Option<char>> {
    cursor.bump();
    let escaped = match cursor.bump()? {
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        '\n' => return Some(None),
        '\r' => {
            cursor.eat("\n");
            return Some(None);
        }
        'x' => char::from_u32(hexadecimal(cursor, 2)?)?,
        'U' => char::from_u32(hexadecimal(cursor, 8)?)?,
        'u' => {
            let unit = hexadecimal(cursor, 4)?;
            match char::from_u32(unit) {
                Some(c) => c,
                // JSON writes characters beyond U+FFFF as two surrogates.
                None if cursor.eat("\\u") => {
                    let units = [
                        u16::try_from(unit).ok()?,
                        u16::try_from(hexadecimal(cursor, 4)?).ok()?,
                    ];
                    char::decode_utf16(units).next()?.ok()?
                }
                None => return None,
            }
        }
        other => other,
    };
    Some(Some(escaped))
}

fn hexadecimal(cursor: &mut Cursor<'_>, digits: usize) -> Option<u32> {
    let text: String = std::iter::from_fn(|| cursor.bump()).take(digits).collect();
    (text.len() == digits).then(|| u32::from_str_radix(&text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, start: usize, value: &str, part: &str) -> Option<usize> {
        align(file, start, value).map(|offsets| offsets[value.find(part).unwrap()])
    }

    #[test]
    fn each_style_leads_back_to_the_file() {
        for (file, value) in [
            ("v: {x: yes}", "{x: yes}"),
            ("v: 'it''s yes'", "it's yes"),
            (
                r#"v: "{\"a\":\n\u00e9\ud83d\ude00 \"yes\"}""#,
                "{\"a\":\né😀 \"yes\"}",
            ),
            ("v: \"a\n   \\\n   b\n\n   yes\"", "a b\nyes"),
            ("v: |-\r\n    {\r\n      yes\r\n    }", "{\n  yes\n}"),
            ("v: >\n  a\n  b\n\n  yes", "a b\nyes\n"),
        ] {
            assert_eq!(found(file, 3, value, "yes"), file.find("yes"), "{file}");
        }
    }

    #[test]
    fn what_does_not_fit_has_no_map() {
        for (file, value) in [
            ("v: abc", "abd"),
            ("v: \"\\q", "x"),
            ("v: 'a'", "ab"),
            ("v: \"\\ud800\"", "x"),
            ("v: |", "x"),
            ("", "x"),
        ] {
            assert_eq!(align(file, 3, value), None, "{file}");
        }
    }
}
