//! Names and values as the ABI passes them.

use validate_jwt::request::Headers;

/// Names and values in the form of the ABI: their count, the lengths of all, then all of them, each with a zero byte behind. One
/// allocation of the host's holds them; nothing is copied out of it.
#[derive(Debug, Default)]
pub(crate) struct HeaderPairs(Vec<u8>);

impl Headers for HeaderPairs {
    fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let number = |bytes: &[u8], at: usize| -> Option<usize> {
            let bytes = bytes.get(at..at.checked_add(4)?)?;
            usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
        };
        let all = self.0.as_slice();
        let count = number(all, 0).unwrap_or(0);
        let mut lengths_at = 4_usize;
        let mut text_at = count.saturating_mul(8).saturating_add(4);
        core::iter::from_fn(move || {
            let mut next = |length_at: usize| {
                let start = text_at;
                let end = start.checked_add(number(all, length_at)?)?;
                text_at = end.checked_add(1)?;
                all.get(start..end)
            };
            let end_of_lengths = count.saturating_mul(8).saturating_add(4);
            if lengths_at >= end_of_lengths {
                return None;
            }
            let name = next(lengths_at)?;
            let value = next(lengths_at.checked_add(4)?)?;
            lengths_at = lengths_at.checked_add(8)?;
            Some((name, value))
        })
    }
}

/// The bytes of map pairs that the host made of a value, such as a struct among the metadata.
impl From<Vec<u8>> for HeaderPairs {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

/// Pairs in that form.
pub(crate) fn serialize(pairs: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let number = |bytes: &mut Vec<u8>, value: usize| {
        bytes.extend_from_slice(&u32::try_from(value).unwrap_or(0).to_le_bytes());
    };
    number(&mut bytes, pairs.len());
    for (name, value) in pairs {
        number(&mut bytes, name.len());
        number(&mut bytes, value.len());
    }
    for (name, value) in pairs {
        for text in [name, value] {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(0);
        }
    }
    bytes
}
