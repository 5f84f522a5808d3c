//! What a request's path says, and whether it says only one thing.

use alloc::string::String;
use alloc::vec::Vec;

/// The path of a request as rules see it: without query, percent-decoded, dot segments removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPath {
    text: String,
    single_reading: bool,
}

impl RequestPath {
    /// Reads the request target. Whatever upstream servers are known to read differently makes the reading ambiguous; see
    /// [`Self::has_single_reading`].
    pub fn read(target: &[u8]) -> Self {
        let raw = target
            .split(|&byte| byte == b'?')
            .next()
            .unwrap_or_default();
        let plain = raw.first() == Some(&b'/')
            && raw.iter().all(|&byte| is_plain(byte))
            && !contains(raw, b"/.");
        match core::str::from_utf8(raw) {
            // Most paths are spelt in the one way there is.
            Ok(text) if plain => Self {
                text: text.into(),
                single_reading: true,
            },
            Ok(_) | Err(_) => Self::read_carefully(raw),
        }
    }

    fn read_carefully(raw: &[u8]) -> Self {
        let (decoded, mut single) = percent_decode(raw);
        single &= decoded.first() == Some(&b'/');
        // A second decoding by somebody behind us would find another path.
        single &= !decoded
            .windows(3)
            .any(|window| matches!(window, [b'%', high, low] if is_hex(*high) && is_hex(*low)));
        // Here a question mark can only come from `%3f`, and a control character from an escape or an attack.
        single &= !decoded
            .iter()
            .any(|byte| matches!(byte, b'\\' | b'#' | b'?') || byte.is_ascii_control());
        let text = core::str::from_utf8(&decoded).unwrap_or_else(|_| {
            single = false;
            ""
        });
        let mut segments: Vec<&str> = Vec::new();
        let mut parts = text.split('/').peekable();
        parts.next();
        let (mut dots, mut empty) = (false, false);
        while let Some(part) = parts.next() {
            let last = parts.peek().is_none();
            // `..;x` is `..` to servers that cut path parameters off.
            let bare = part.split(';').next().unwrap_or_default();
            single &= !(matches!(bare, "." | "..") && bare != part);
            empty |= part.is_empty() && !last;
            match part {
                "." | ".." => {
                    dots = true;
                    if part == ".." {
                        segments.pop();
                    }
                    if last {
                        segments.push("");
                    }
                }
                _ => segments.push(part),
            }
        }
        // `a//../b` is `a/b`, or `b` to a server that merges slashes first.
        single &= !(dots && empty);
        let text = segments.iter().fold(String::new(), |mut text, segment| {
            text.push('/');
            text.push_str(segment);
            text
        });
        Self {
            text,
            single_reading: single,
        }
    }

    /// The path as servers read it that merge slashes and cut off path parameters (`;v=1`). `None` when that is the same.
    pub fn reduced(&self) -> Option<Self> {
        if !self.text.contains("//") && !self.text.contains(';') {
            return None;
        }
        let mut text = String::with_capacity(self.text.len());
        let mut segments = self.text.split('/').skip(1).peekable();
        while let Some(segment) = segments.next() {
            let bare = segment.split(';').next().unwrap_or_default();
            if !bare.is_empty() || segments.peek().is_none() {
                text.push('/');
                text.push_str(bare);
            }
        }
        Some(Self {
            text,
            single_reading: self.single_reading,
        })
    }

    /// The path; for an ambiguous one, the reading by RFC 3986 §5.2.4 after decoding.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether everybody reads the path alike. Not so with a bad or double percent escape, an encoded slash, backslash, dot or
    /// question mark, control characters, a backslash, bytes that are not UTF-8, a `;` in a dot segment, or dot segments beside
    /// empty segments. Such a path
    /// opens nothing: it matches no rule that lets requests pass without a token.
    pub fn has_single_reading(&self) -> bool {
        self.single_reading
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'%' | b'\\' | b'#' | b';')
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn is_hex(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// Decodes once. Says whether every escape was well-formed and none hid a character that divides or climbs.
pub(crate) fn percent_decode(raw: &[u8]) -> (Vec<u8>, bool) {
    let mut decoded = Vec::with_capacity(raw.len());
    let mut single = true;
    let mut rest = raw;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let escape = match tail {
            [high, low, after @ ..] => hex(*high)
                .zip(hex(*low))
                .map(|(high, low)| (high.wrapping_shl(4) | low, after)),
            [_] | [] => None,
        };
        match escape {
            Some((byte, after)) => {
                single &= !matches!(byte, b'/' | b'\\' | b'.');
                decoded.push(byte);
                rest = after;
            }
            None => {
                single = false;
                decoded.push(b'%');
            }
        }
    }
    (decoded, single)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_path_is_what_it_is() {
        for (target, path) in [
            ("/", "/"),
            ("/pub", "/pub"),
            ("/pub/", "/pub/"),
            ("/pub?x=/../y", "/pub"),
            ("/a//b", "/a//b"),
            ("/%70ub", "/pub"),
            ("/caf%C3%A9", "/café"),
            ("/a/./b/../c", "/a/c"),
            ("/a/..", "/"),
            ("/a/.", "/a/"),
            ("/100%25", "/100%"),
            ("/a;v=1/b", "/a;v=1/b"),
        ] {
            let read = RequestPath::read(target.as_bytes());
            assert_eq!(
                (read.as_str(), read.has_single_reading()),
                (path, true),
                "{target}"
            );
        }
    }

    #[test]
    fn a_path_that_servers_read_differently_is_ambiguous() {
        for target in [
            &b"/pub/%2e%2e/admin"[..],
            b"/pub/..%2fadmin",
            b"/pub/%2E./admin",
            b"/pub//../../admin",
            b"/pub\\..\\admin",
            b"/pub%5c..%5cadmin",
            b"/pub/..;/admin",
            b"/pub/.;x/admin",
            b"/pub/%252e%252e/admin",
            b"/pub/%25%32%65",
            b"/pub%00",
            b"/pub/\x00",
            b"/pub/%",
            b"/pub/%g0",
            b"/pub/%2",
            b"/pub/\xff",
            b"/pub/%ff",
            b"/pub%2fx",
            b"/pub#x",
            b"pub",
            b"*",
            b"",
            b"http://host/pub",
        ] {
            assert!(
                !RequestPath::read(target).has_single_reading(),
                "{}",
                target.escape_ascii()
            );
        }
    }
}
