//! A text file: read with limits, and the line and column of each place in it.

use std::io::Read as _;
use std::ops::Range;
use std::path::Path;

/// Files beyond this many bytes are refused: a configuration of the filter or a policy is some kilobytes, a
/// rendered Envoy bootstrap seldom more than one megabyte.
pub const MAX_FILE_BYTES: usize = 10 * 1024 * 1024;

/// A place for people: both numbers count from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters (Unicode scalar values), from 1.
    pub column: usize,
}

/// A range of bytes in a source text.
pub type Span = Range<usize>;

/// Why a file is not text that can be read. Each leads to exit status 2.
#[derive(Debug)]
pub enum ReadError {
    /// The file cannot be opened or read.
    Io(std::io::Error),
    /// The file is longer than [`MAX_FILE_BYTES`].
    TooLarge,
    /// The file begins with the mark of UTF-16 or UTF-32, or is full of zero bytes as these are.
    OtherEncoding(&'static str),
    /// The bytes from here on (line, column in bytes) are not UTF-8.
    NotUtf8(Position),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "cannot be read: {error}"),
            Self::TooLarge => write!(
                f,
                "is longer than {MAX_FILE_BYTES} bytes, the most that is read"
            ),
            Self::OtherEncoding(name) => write!(f, "is {name}; save it as UTF-8"),
            Self::NotUtf8(at) => write!(
                f,
                "is not UTF-8 at line {}, byte {} of the line; save it as UTF-8",
                at.line, at.column
            ),
        }
    }
}

impl std::error::Error for ReadError {}

/// A text with a name, and the index that turns offsets into lines and columns.
#[derive(Clone, Debug)]
pub struct Source {
    /// The name as the person gave it; `-` is standard input.
    pub name: String,
    /// The text, without a byte order mark.
    pub text: String,
    line_starts: Vec<usize>,
}

impl Source {
    /// Indexes a text that is already there.
    #[must_use]
    pub fn new(name: &str, text: String) -> Self {
        let line_starts = std::iter::once(0)
            .chain(
                text.bytes()
                    .enumerate()
                    .filter(|(_, byte)| *byte == b'\n')
                    .map(|(at, _)| at.saturating_add(1)),
            )
            .collect();
        Self {
            name: name.to_owned(),
            text,
            line_starts,
        }
    }

    /// Reads a file, or standard input for `-`.
    ///
    /// # Errors
    /// [`ReadError`] when it cannot be read, is too long or is not UTF-8.
    pub fn read(name: &str) -> Result<Self, ReadError> {
        let most = u64::try_from(MAX_FILE_BYTES)
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        let mut bytes = Vec::new();
        if name == "-" {
            std::io::stdin().lock().take(most).read_to_end(&mut bytes)
        } else {
            std::fs::File::open(Path::new(name))
                .and_then(|file| file.take(most).read_to_end(&mut bytes))
        }
        .map_err(ReadError::Io)?;
        Self::from_bytes(name, bytes)
    }

    /// Takes bytes for a text.
    ///
    /// # Errors
    /// [`ReadError`] when they are too many or not UTF-8.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, ReadError> {
        if bytes.len() > MAX_FILE_BYTES {
            return Err(ReadError::TooLarge);
        }
        if let Some(encoding) = other_encoding(&bytes) {
            return Err(ReadError::OtherEncoding(encoding));
        }
        let mut text = String::from_utf8(bytes).map_err(|error| {
            let good = error
                .as_bytes()
                .get(..error.utf8_error().valid_up_to())
                .unwrap_or_default();
            let line = good.split(|byte| *byte == b'\n').count();
            let column = good
                .rsplit(|byte| *byte == b'\n')
                .next()
                .unwrap_or_default()
                .len()
                .saturating_add(1);
            ReadError::NotUtf8(Position { line, column })
        })?;
        if text.starts_with('\u{feff}') {
            text.remove(0);
        }
        Ok(Self::new(name, text))
    }

    /// The line of a byte offset, from 1.
    #[must_use]
    pub fn line(&self, offset: usize) -> usize {
        self.line_starts
            .partition_point(|start| *start <= offset)
            .max(1)
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let line = self
            .line_starts
            .partition_point(|start| *start <= offset)
            .max(1);
        let start = self
            .line_starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let end = offset.min(self.text.len());
        let before = self.text.as_bytes().get(start..end).unwrap_or_default();
        // Bytes 0b10xx_xxxx continue a character.
        let column = before
            .iter()
            .filter(|byte| (**byte & 0xC0) != 0x80)
            .count()
            .saturating_add(1);
        Position { line, column }
    }

    /// The byte offset of a line and column (both from 1, in characters); past a line's end is the line's end.
    #[must_use]
    pub fn offset(&self, position: Position) -> usize {
        let Some(start) = self
            .line_starts
            .get(position.line.saturating_sub(1))
            .copied()
        else {
            return self.text.len();
        };
        let line = self
            .text
            .get(start..)
            .unwrap_or_default()
            .split('\n')
            .next()
            .unwrap_or_default();
        line.char_indices()
            .nth(position.column.saturating_sub(1))
            .map_or(line.len(), |(at, _)| at)
            .saturating_add(start)
    }

    /// The text between two offsets; empty where they do not lie on characters.
    #[must_use]
    pub fn slice(&self, span: &Span) -> &str {
        self.text.get(span.clone()).unwrap_or_default()
    }

    /// The name of the file without folders and extension; `policy` for standard input.
    #[must_use]
    pub fn stem(&self) -> &str {
        if self.name == "-" {
            return "policy";
        }
        let name = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        match name.split_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => "policy",
        }
    }
}

/// UTF-16 and UTF-32 are known by their mark, or by the zero bytes that any text in them has at its start.
fn other_encoding(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => Some("UTF-32"),
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("UTF-16"),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some("UTF-16"),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some("UTF-16"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let source = Source::new("x.yaml", "a: ü€x\r\nb".to_owned());
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(8), Position { line: 1, column: 6 });
        assert_eq!(source.position(11), Position { line: 2, column: 1 });
        assert_eq!(source.position(9999).line, 2);
        assert_eq!(source.offset(Position { line: 1, column: 6 }), 8);
        assert_eq!(
            source.offset(Position { line: 7, column: 1 }),
            source.text.len()
        );
    }

    #[test]
    fn utf_16_is_named_with_and_without_its_mark() {
        for bytes in [
            b"\xFF\xFE<\0a\0".to_vec(),
            b"\xFE\xFF\0<".to_vec(),
            b"<\0p\0".to_vec(),
            b"\0<\0p".to_vec(),
        ] {
            assert!(matches!(
                Source::from_bytes("x", bytes),
                Err(ReadError::OtherEncoding("UTF-16"))
            ));
        }
    }

    #[test]
    fn a_byte_that_is_not_utf_8_is_named_by_its_place() {
        let Err(ReadError::NotUtf8(at)) = Source::from_bytes("x", b"ab\nc\xFF".to_vec()) else {
            panic!("was read")
        };
        assert_eq!(at, Position { line: 2, column: 2 });
    }

    #[test]
    fn a_byte_order_mark_is_dropped() {
        assert_eq!(
            Source::from_bytes("x", b"\xEF\xBB\xBFa".to_vec())
                .unwrap()
                .text,
            "a"
        );
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        let bytes = vec![b' '; MAX_FILE_BYTES.saturating_add(1)];
        assert!(matches!(
            Source::from_bytes("x", bytes),
            Err(ReadError::TooLarge)
        ));
    }

    #[test]
    fn stems_are_what_stands_before_the_first_dot() {
        for (name, stem) in [
            ("a/b.policy.xml", "b"),
            ("-", "policy"),
            ("C:\\x\\y.xml", "y"),
            (".xml", "policy"),
            ("n", "policy"),
        ] {
            let expected = if name == "n" { "policy" } else { stem };
            assert_eq!(Source::new(name, String::new()).stem(), expected);
        }
    }
}
