//! An amount of dollars, from `xs:decimal`.

use std::fmt;
use std::str::FromStr;

use crate::words::spell;

const CENTS_IN_A_DOLLAR: u8 = 100;

/// Dollars and cents, exact; more than two decimals are rounded half away from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Amount {
    negative: bool,
    dollars: u128,
    cents: u8,
}

/// The text is no `xs:decimal`, or has more whole dollars than 128 bits hold (about 3.4 × 10^38).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAnAmount;

impl FromStr for Amount {
    type Err = NotAnAmount;

    /// Reads the lexical form of `xs:decimal` (XML Schema Part 2, 3.2.3.1): a sign, digits and one point;
    /// no exponent, no grouping, no INF or NaN.
    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if (whole.is_empty() && fraction.is_empty()) || !all_digits(whole) || !all_digits(fraction)
        {
            return Err(NotAnAmount);
        }
        let dollars = if whole.is_empty() {
            0
        } else {
            whole.parse().map_err(|_| NotAnAmount)?
        };
        let mut decimals = fraction
            .bytes()
            .map(|byte| byte.saturating_sub(b'0'))
            .chain([0, 0, 0]);
        let mut next_decimal = || decimals.next().unwrap_or(0);
        let (tenths, hundredths, thousandths) = (next_decimal(), next_decimal(), next_decimal());
        let cents = tenths
            .saturating_mul(10)
            .saturating_add(hundredths)
            .saturating_add(u8::from(thousandths >= 5));
        let (dollars, cents) = if cents == CENTS_IN_A_DOLLAR {
            (u128::checked_add(dollars, 1).ok_or(NotAnAmount)?, 0)
        } else {
            (dollars, cents)
        };
        Ok(Self {
            negative: negative && (dollars, cents) != (0, 0),
            dollars,
            cents,
        })
    }
}

impl fmt::Display for Amount {
    /// "one hundred dollars", "one dollar and five cents", "minus two dollars".
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.negative {
            out.write_str("minus ")?;
        }
        write!(
            out,
            "{} {}",
            spell(self.dollars),
            if self.dollars == 1 {
                "dollar"
            } else {
                "dollars"
            }
        )?;
        match self.cents {
            0 => Ok(()),
            1 => out.write_str(" and one cent"),
            cents => write!(out, " and {} cents", spell(cents.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Amount, NotAnAmount};

    fn words(text: &str) -> Result<String, NotAnAmount> {
        text.parse::<Amount>().map(|amount| amount.to_string())
    }

    #[test]
    fn reads_every_lexical_form_of_a_decimal() {
        for (text, expected) in [
            ("100", "one hundred dollars"),
            (
                "128.32",
                "one hundred and twenty eight dollars and thirty two cents",
            ),
            ("1", "one dollar"),
            ("1.01", "one dollar and one cent"),
            ("+1.50", "one dollar and fifty cents"),
            ("5.", "five dollars"),
            (".05", "zero dollars and five cents"),
            ("0", "zero dollars"),
            ("-0.00", "zero dollars"),
            ("-2", "minus two dollars"),
            (
                "000000000000000000000000000000000000000000000000000000007",
                "seven dollars",
            ),
        ] {
            assert_eq!(words(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn rounds_to_cents_half_away_from_zero() {
        for (text, expected) in [
            ("0.994", "zero dollars and ninety nine cents"),
            ("0.995", "one dollar"),
            ("-0.005", "minus zero dollars and one cent"),
            ("-0.0049", "zero dollars"),
            (
                "1.0000000000000000000000000000000000000000000000001",
                "one dollar",
            ),
        ] {
            assert_eq!(words(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_decimal() {
        for text in [
            "", ".", "+", "-", "-.", "1e3", "1E3", "1,000", "1_000", "--1", "+-1", "1.2.3", "NaN",
            "INF", "0x1", " 1", "١", "1-",
        ] {
            assert_eq!(words(text), Err(NotAnAmount), "{text:?}");
        }
    }

    #[test]
    fn refuses_more_dollars_than_it_can_count() {
        let most = u128::MAX.to_string();
        assert!(words(&most).is_ok());
        assert_eq!(words(&format!("{most}.999")), Err(NotAnAmount));
        assert_eq!(words(&format!("{most}0")), Err(NotAnAmount));
    }
}
