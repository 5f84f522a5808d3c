//! Entities of XML, without a DTD.

use super::element::{Problem, problem};

/// Decodes entities: `&amp;`, `&lt;`, `&gt;`, `&quot;`, `&apos;` and numeric ones. A bare `&` is itself, as in the
/// expressions of policies; an entity of another name is a problem, for there is no DTD that could say what it means.
pub(super) fn decode(text: &str, at: usize) -> Result<String, Problem> {
    let mut decoded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let name = after
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '#')
            .next()
            .unwrap_or_default();
        let end = after
            .strip_prefix(name)
            .and_then(|end| end.strip_prefix(';'));
        let (Some(end), false) = (end, name.is_empty()) else {
            decoded.push('&');
            rest = after;
            continue;
        };
        let Some(character) = entity(name) else {
            return Err(problem(
                at,
                format!("unknown entity \"&{name};\"; write the character itself"),
            ));
        };
        decoded.push(character);
        rest = end;
    }
    decoded.push_str(rest);
    Ok(decoded)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix('x') {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                None => digits.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_the_five_and_numbers_only() {
        assert_eq!(
            decode("&lt;&gt;&quot;&apos;&amp;&#65;&#x42; a && b & c;", 0).unwrap(),
            "<>\"'&AB a && b & c;"
        );
        for text in ["&nbsp;", "&#0;", "&#xD800;", "&#99999999999;", "&file;"] {
            assert!(decode(text, 0).is_err(), "{text}");
        }
    }
}
