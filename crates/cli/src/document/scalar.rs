//! What a plain scalar of YAML means, by the core schema (YAML 1.2.2, clause 10.3.2).

use super::tree::Value;

/// The value of a plain scalar. `None` is a number that JSON does not have.
pub(super) fn plain(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if is_infinite_or_nan(text) => return None,
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    })
}

fn is_infinite_or_nan(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// A number in JSON's notation.
fn number(text: &str) -> Option<String> {
    let radix =
        |prefix: &str, radix: u32| u64::from_str_radix(text.strip_prefix(prefix)?, radix).ok();
    if text.starts_with("0x") || text.starts_with("0o") {
        let digits = text.chars().skip(2).all(|c| c.is_ascii_hexdigit());
        return radix("0x", 16)
            .or_else(|| radix("0o", 8))
            .filter(|_| digits)
            .map(|number| number.to_string());
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let are_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let has_digits = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    let exponent_digits =
        exponent.map(|exponent| exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
    let is_exponent = exponent_digits.is_none_or(|digits| !digits.is_empty() && are_digits(digits));
    if !has_digits || !are_digits(whole) || !fraction.is_none_or(are_digits) || !is_exponent {
        return None;
    }
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        digits => digits,
    };
    let fraction = fraction
        .filter(|fraction| !fraction.is_empty())
        .map(|fraction| format!(".{fraction}"))
        .unwrap_or_default();
    let exponent = exponent
        .map(|exponent| format!("e{exponent}"))
        .unwrap_or_default();
    Some(format!("{sign}{whole}{fraction}{exponent}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_json_has_them() {
        for (text, json) in [
            ("12", "12"),
            ("+12", "12"),
            ("-0.50", "-0.50"),
            ("007", "7"),
            (".5", "0.5"),
            ("1.", "1"),
            ("1e3", "1e3"),
            ("0x1F", "31"),
            ("0o17", "15"),
        ] {
            assert_eq!(plain(text), Some(Value::Number(json.to_owned())), "{text}");
            assert!(serde_json::from_str::<serde_json::Number>(json).is_ok());
        }
    }

    #[test]
    fn what_is_no_number_is_a_string() {
        for text in [
            "1_000", "1:30", "-", "+", ".", "e3", "1e", "0x", "0xg", "0x+1", "yes", "no", "on",
            "1.2.3", "١",
        ] {
            assert_eq!(plain(text), Some(Value::String(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn numbers_that_json_lacks_are_none() {
        for text in [".inf", "-.INF", "+.Inf", ".nan"] {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}
