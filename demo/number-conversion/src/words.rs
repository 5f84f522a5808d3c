//! English number words in the wording of the public NumberConversion service.

/// Spells `number`: British "and" after the hundreds, no hyphens, no commas.
///
/// `num2en` writes American English ("one hundred twenty-three"); the service this one stands in for
/// answers "one hundred and twenty three", and "one thousand two" without an "and".
pub(crate) fn spell(number: u128) -> String {
    let american = num2en::u128_to_words(number);
    let mut spelled = String::with_capacity(american.len().saturating_mul(2));
    let mut after_hundred = false;
    for word in american.split([' ', '-']) {
        if !spelled.is_empty() {
            spelled.push(' ');
        }
        if after_hundred && !is_power_of_thousand(word) {
            spelled.push_str("and ");
        }
        spelled.push_str(word);
        after_hundred = word == "hundred";
    }
    spelled
}

fn is_power_of_thousand(word: &str) -> bool {
    word == "thousand" || word.ends_with("illion")
}

#[cfg(test)]
mod tests {
    use super::spell;

    #[test]
    fn spells_as_the_public_service_does() {
        for (number, words) in [
            (0, "zero"),
            (5, "five"),
            (19, "nineteen"),
            (78, "seventy eight"),
            (100, "one hundred"),
            (101, "one hundred and one"),
            (123, "one hundred and twenty three"),
            (500, "five hundred"),
            (1_000, "one thousand"),
            (1_002, "one thousand two"),
            (1_190, "one thousand one hundred and ninety"),
            (100_000, "one hundred thousand"),
            (
                123_456,
                "one hundred and twenty three thousand four hundred and fifty six",
            ),
            (700_000_000, "seven hundred million"),
        ] {
            assert_eq!(spell(number), words, "{number}");
        }
    }

    #[test]
    fn spells_the_largest_unsigned_long_exactly() {
        assert_eq!(
            spell(u64::MAX.into()),
            "eighteen quintillion four hundred and forty six quadrillion seven hundred and forty four trillion \
             seventy three billion seven hundred and nine million five hundred and fifty one thousand six hundred \
             and fifteen"
        );
    }

    #[test]
    fn spells_the_largest_whole_dollars() {
        assert!(spell(u128::MAX).starts_with(
            "three hundred and forty undecillion two hundred and eighty two decillion"
        ));
    }
}
