//! The service's two operations: from the element in the Body to the answer.

use crate::amount::Amount;
use crate::fault::Fault;
use crate::words::spell;
use crate::xml::Element;

/// Namespace of the service's messages.
pub(crate) const NAMESPACE: &str = "http://www.dataaccess.com/webservicesserver/";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// An operation of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `ubiNum`, an `xs:unsignedLong`, in words.
    NumberToWords,
    /// `dNum`, an `xs:decimal`, in words as dollars and cents.
    NumberToDollars,
}

impl Operation {
    pub(crate) const ALL: [Self; 2] = [Self::NumberToWords, Self::NumberToDollars];

    /// The operation's name in the WSDL, which is also the name of its request element.
    pub fn name(self) -> &'static str {
        match self {
            Self::NumberToWords => "NumberToWords",
            Self::NumberToDollars => "NumberToDollars",
        }
    }

    fn parameter(self) -> &'static str {
        match self {
            Self::NumberToWords => "ubiNum",
            Self::NumberToDollars => "dNum",
        }
    }

    /// The operation that `request`, the element in the Body, asks for.
    pub(crate) fn of(request: &Element) -> Result<Self, Fault> {
        Self::ALL.into_iter().find(|operation| request.name.is(NAMESPACE, operation.name())).ok_or_else(|| {
            Fault::sender(format!(
                "The Body holds no operation of this service; use NumberToWords or NumberToDollars in namespace {NAMESPACE}."
            ))
        })
    }

    /// Answers `request`.
    pub(crate) fn run(self, request: &Element) -> Result<String, Fault> {
        let number = self.argument(request)?;
        match self {
            // The trailing blank is the public service's; clients written for it may compare with it.
            Self::NumberToWords => read_unsigned_long(number)
                .map(|number| format!("{} ", spell(number.into())))
                .ok_or_else(|| {
                    Fault::sender(format!("ubiNum must be a whole number from 0 to {} (xs:unsignedLong).", u64::MAX))
                }),
            Self::NumberToDollars => number.parse::<Amount>().map(|amount| amount.to_string()).map_err(|_| {
                Fault::sender(
                    "dNum must be a decimal number such as 1234.56 (xs:decimal), without exponent, of at most 38 digits \
                     before the point.",
                )
            }),
        }
    }

    fn argument(self, request: &Element) -> Result<&str, Fault> {
        let parameter = self.parameter();
        let only_parameter = || {
            Fault::sender(format!(
                "{} takes exactly one element, {parameter}, in namespace {NAMESPACE}.",
                self.name()
            ))
        };
        let [argument] = request.children.as_slice() else {
            return Err(only_parameter());
        };
        if !argument.name.is(NAMESPACE, parameter) || !request.value().is_empty() {
            return Err(only_parameter());
        }
        if !argument.children.is_empty() {
            return Err(Fault::sender(format!(
                "{parameter} must hold a number only, no elements."
            )));
        }
        if matches!(
            argument.attribute(SCHEMA_INSTANCE, "nil"),
            Some("true" | "1")
        ) {
            return Err(Fault::sender(format!("{parameter} must not be nil.")));
        }
        Ok(argument.value())
    }
}

/// Reads the lexical form of `xs:unsignedLong` (XML Schema 1.1 Part 2, 3.4.21), which has an optional `+`
/// and takes `-0`.
fn read_unsigned_long(text: &str) -> Option<u64> {
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let (digits, zero_only) = text
        .strip_prefix('-')
        .map_or((unsigned, false), |rest| (rest, true));
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits
        .parse()
        .ok()
        .filter(|number| !zero_only || *number == 0)
}

#[cfg(test)]
mod tests {
    use super::read_unsigned_long;

    #[test]
    fn reads_every_lexical_form_of_an_unsigned_long() {
        for (text, number) in [
            ("0", 0),
            ("-0", 0),
            ("+5", 5),
            ("0500", 500),
            ("000000000000000000000000000000000000000000001", 1),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(read_unsigned_long(text), Some(number), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_unsigned_long() {
        for text in [
            "",
            "+",
            "-",
            "-1",
            "++1",
            "+-0",
            "1.0",
            "1e3",
            "18446744073709551616",
            "0x10",
            "1_000",
            "٣",
            "5 0",
        ] {
            assert_eq!(read_unsigned_long(text), None, "{text:?}");
        }
    }
}
