//! Text from outside, made safe for a log line.

use alloc::string::String;

/// Longest text repeated in a message; enough to recognise a key id, too short to fill a log.
const MAX_SHOWN_CHARS: usize = 64;

/// `text` as it is, if it is short and every character is visible ASCII; otherwise nothing.
pub(crate) fn printable(text: &str) -> Option<String> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    (visible && !text.is_empty() && text.len() <= MAX_SHOWN_CHARS).then(|| String::from(text))
}

/// `text` cut to a length that fits a message, every other character than visible ASCII as `?`.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .take(MAX_SHOWN_CHARS)
        .map(|character| {
            if character.is_ascii_graphic() || character == ' ' {
                character
            } else {
                '?'
            }
        })
        .collect()
}
