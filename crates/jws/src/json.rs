//! Cuts JSON text into the texts of its members or elements, without interpreting them.
//!
//! A key set holds keys that we cannot use and must step over (RFC 7517 §5), and names may occur twice in an object,
//! which `serde` data structures hide. With the text of each value at hand a bad one spoils only itself, and its
//! size is known. The grammar is `serde_json`'s: every value goes through its parser, which skips nested values
//! without recursion.

use alloc::string::String;
use alloc::vec::Vec;

use serde::de::IgnoredAny;

/// The text is not the JSON that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JsonError;

/// Name and value text of each member, in order and with repetitions.
pub(crate) fn members(object: &str) -> Result<Vec<(String, &str)>, JsonError> {
    let mut found = Vec::new();
    let mut rest = skip(object, '{')?;
    if let Ok(end) = skip(rest, '}') {
        return at_end(end).map(|()| found);
    }
    loop {
        let (name, after) = value(rest)?;
        let name = serde_json::from_str(name).map_err(|_| JsonError)?;
        let (value, after) = value(skip(after, ':')?)?;
        found.push((name, value));
        match skip(after, ',') {
            Ok(next) => rest = next,
            Err(JsonError) => return at_end(skip(after, '}')?).map(|()| found),
        }
    }
}

/// Value text of each element, in order.
pub(crate) fn elements(array: &str) -> Result<Vec<&str>, JsonError> {
    let mut found = Vec::new();
    let mut rest = skip(array, '[')?;
    if let Ok(end) = skip(rest, ']') {
        return at_end(end).map(|()| found);
    }
    loop {
        let (value, after) = value(rest)?;
        found.push(value);
        match skip(after, ',') {
            Ok(next) => rest = next,
            Err(JsonError) => return at_end(skip(after, ']')?).map(|()| found),
        }
    }
}

/// The text of the value that `text` starts with, and what follows it.
fn value(text: &str) -> Result<(&str, &str), JsonError> {
    let text = trim(text);
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(IgnoredAny)) => text.split_at_checked(values.byte_offset()).ok_or(JsonError),
        Some(Err(_)) | None => Err(JsonError),
    }
}

fn skip(text: &str, punctuation: char) -> Result<&str, JsonError> {
    trim(text).strip_prefix(punctuation).ok_or(JsonError)
}

fn at_end(text: &str) -> Result<(), JsonError> {
    trim(text).is_empty().then_some(()).ok_or(JsonError)
}

/// `text` without the white space of RFC 8259 §2 in front.
fn trim(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r'])
}
