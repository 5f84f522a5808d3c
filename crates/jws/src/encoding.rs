//! base64 in its two roles: strict in what machines write, lenient in what people write.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// The text is not base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Base64Error;

impl fmt::Display for Base64Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(
            "not base64 or base64url: write the key with A-Z a-z 0-9 and + / or - _, complete to its last character",
        )
    }
}

impl core::error::Error for Base64Error {}

/// Decodes base64url without padding (RFC 7515 §2); one byte string has exactly one spelling.
pub(crate) fn decode_base64url(text: &str) -> Result<Vec<u8>, Base64Error> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Base64Error)
}

pub(crate) fn encode_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64 as people paste it into a configuration: either alphabet, padding or none, white space between.
///
/// Only for configured keys (`n`, `e`, `value`); tokens and fetched documents are decoded strictly.
///
/// # Errors
///
/// [`Base64Error`] on any other character, on padding that is not at the end, and on an incomplete last group.
pub fn decode_base64_any(text: &str) -> Result<Vec<u8>, Base64Error> {
    let mut compact: String = text
        .chars()
        .filter(|character| !character.is_ascii_whitespace())
        .map(|character| match character {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    // Padding fills the last group of four, so there are at most two signs and the length is a multiple of four.
    if compact.ends_with('=') {
        if !compact.len().is_multiple_of(4) {
            return Err(Base64Error);
        }
        for _ in 0..2 {
            if compact.ends_with('=') {
                compact.pop();
            }
        }
    }
    STANDARD_NO_PAD.decode(compact).map_err(|_| Base64Error)
}
