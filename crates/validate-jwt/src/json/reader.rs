//! The reader: one pass, no recursion.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Content, Json, JsonError, MAX_DEPTH, Node, children};

/// Objects up to this many members are searched for duplicates pair by pair, larger ones by sorting.
const PAIRWISE_MEMBERS: usize = 32;

/// Nodes that a claim set of a known provider has; more are made room for as they come.
const USUAL_NODES: usize = 32;

/// Levels that a claim set of a known provider has.
const USUAL_DEPTH: usize = 4;

/// Reads `text` from its first byte to its last.
pub(super) fn read(text: &str) -> Result<Json<'_>, JsonError> {
    Reader {
        text,
        at: 0,
        nodes: Vec::with_capacity(USUAL_NODES),
        open: Vec::with_capacity(USUAL_DEPTH),
        closer: None,
    }
    .run()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    nodes: Vec<Node<'a>>,
    /// The containers that are not closed yet: index, and what closes the one around.
    open: Vec<(usize, Option<u8>)>,
    /// What closes the innermost of them.
    closer: Option<u8>,
}

impl<'a> Reader<'a> {
    fn run(mut self) -> Result<Json<'a>, JsonError> {
        self.skip_space();
        loop {
            // A value begins here; in an object, its name first.
            let name = if self.inside_object() {
                Some(self.member_name()?)
            } else {
                None
            };
            let opened = self.value(name)?;
            self.skip_space();
            if opened && !self.closes_here() {
                continue;
            }
            // A value ended here: close what ends with it, until another value must follow.
            loop {
                let Some(&(container, around)) = self.open.last() else {
                    return if self.at == self.text.len() {
                        Ok(Json { nodes: self.nodes })
                    } else {
                        Err(self.wrong())
                    };
                };
                if self.closes_here() {
                    self.close(container, around)?;
                    self.skip_space();
                } else if self.take(b',') {
                    self.skip_space();
                    if self.closes_here() {
                        return Err(self.wrong());
                    }
                    break;
                } else {
                    return Err(self.wrong());
                }
            }
        }
    }

    fn wrong(&self) -> JsonError {
        JsonError::Syntax(self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn advance(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.advance();
        }
        found
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.advance();
        }
    }

    fn slice(&self, from: usize) -> Result<&'a str, JsonError> {
        self.text.get(from..self.at).ok_or(JsonError::Syntax(from))
    }

    fn inside_object(&self) -> bool {
        self.closer == Some(b'}')
    }

    /// Whether the innermost open container is closed by what comes next.
    fn closes_here(&self) -> bool {
        self.closer.is_some() && self.peek() == self.closer
    }

    fn close(&mut self, container: usize, around: Option<u8>) -> Result<(), JsonError> {
        let is_object = self.inside_object();
        self.advance();
        self.open.pop();
        self.closer = around;
        let end = self.nodes.len();
        if let Some(node) = self.nodes.get_mut(container) {
            node.end = end;
        }
        if is_object && has_duplicate_names(&self.nodes, container) {
            Err(JsonError::DuplicateMember)
        } else {
            Ok(())
        }
    }

    fn member_name(&mut self) -> Result<Cow<'a, str>, JsonError> {
        if !self.take(b'"') {
            return Err(self.wrong());
        }
        let name = self.string()?;
        self.skip_space();
        if !self.take(b':') {
            return Err(self.wrong());
        }
        self.skip_space();
        Ok(name)
    }

    /// Reads a value, of a container only its opening bracket. Says whether a container was opened.
    fn value(&mut self, name: Option<Cow<'a, str>>) -> Result<bool, JsonError> {
        let start = self.at;
        let Some(first) = self.peek() else {
            return Err(self.wrong());
        };
        let content = match first {
            b'{' | b'[' => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(JsonError::TooDeep);
                }
                self.open.push((self.nodes.len(), self.closer));
                self.advance();
                if first == b'{' {
                    self.closer = Some(b'}');
                    Content::Object
                } else {
                    self.closer = Some(b']');
                    Content::Array
                }
            }
            b'"' => {
                self.advance();
                Content::String(self.string()?)
            }
            b't' => self.literal("true", Content::Bool(true))?,
            b'f' => self.literal("false", Content::Bool(false))?,
            b'n' => self.literal("null", Content::Null)?,
            b'-' | b'0'..=b'9' => {
                self.number()?;
                Content::Number(self.slice(start)?)
            }
            _ => return Err(self.wrong()),
        };
        let opened = matches!(content, Content::Array | Content::Object);
        let end = self.nodes.len().saturating_add(1);
        self.nodes.push(Node { name, content, end });
        Ok(opened)
    }

    fn literal(&mut self, word: &str, content: Content<'a>) -> Result<Content<'a>, JsonError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.wrong());
        }
        self.at = self.at.saturating_add(word.len());
        Ok(content)
    }

    /// RFC 8259 §6: no leading zeros, no bare point, no leading plus.
    fn number(&mut self) -> Result<(), JsonError> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.advance();
        }
        if self.at == start {
            Err(self.wrong())
        } else {
            Ok(())
        }
    }

    /// Reads a string up to and with its closing quote; the opening one was taken.
    fn string(&mut self) -> Result<Cow<'a, str>, JsonError> {
        let mut start = self.at;
        let mut resolved: Option<String> = None;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            self.at = self.at.saturating_add(plain_length(rest));
            let piece = self.slice(start)?;
            if self.take(b'"') {
                return Ok(match resolved {
                    None => Cow::Borrowed(piece),
                    Some(mut text) => {
                        text.push_str(piece);
                        Cow::Owned(text)
                    }
                });
            }
            if !self.take(b'\\') {
                return Err(self.wrong());
            }
            let escaped = self.escape()?;
            let text = resolved.get_or_insert_with(String::new);
            text.push_str(piece);
            text.push(escaped);
            start = self.at;
        }
    }

    /// What stands behind a backslash. Half of a surrogate pair is no character and is refused.
    fn escape(&mut self) -> Result<char, JsonError> {
        let Some(byte) = self.peek() else {
            return Err(self.wrong());
        };
        let at = self.at;
        self.advance();
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.hex4()?;
                let code = match unit {
                    0xd800..=0xdbff => {
                        if !(self.take(b'\\') && self.take(b'u')) {
                            return Err(self.wrong());
                        }
                        let low = self.hex4()?;
                        if !(0xdc00..=0xdfff).contains(&low) {
                            return Err(JsonError::Syntax(at));
                        }
                        let high_bits = (unit & 0x3ff).wrapping_shl(10);
                        (high_bits | (low & 0x3ff)).saturating_add(0x1_0000)
                    }
                    other => other,
                };
                char::from_u32(code).ok_or(JsonError::Syntax(at))?
            }
            _ => return Err(JsonError::Syntax(at)),
        })
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let mut unit = 0_u32;
        for _ in 0..4 {
            let digit = self
                .peek()
                .and_then(|byte| char::from(byte).to_digit(16))
                .ok_or(self.wrong())?;
            unit = unit.wrapping_shl(4) | digit;
            self.advance();
        }
        Ok(unit)
    }
}

/// How many bytes stand for themselves in a string: up to a quote, a backslash or a control character. Eight at a time.
fn plain_length(bytes: &[u8]) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const QUOTES: u64 = LOW.wrapping_mul(b'"' as u64);
    const BACKSLASHES: u64 = LOW.wrapping_mul(b'\\' as u64);
    const SPACES: u64 = LOW.wrapping_mul(b' ' as u64);
    // Sets the high bit of the first byte that is less than `limit`'s; of bytes before it none, of those behind it perhaps.
    let first_below = |word: u64, limit: u64| word.wrapping_sub(limit) & !word & HIGH;
    let (words, rest) = bytes.as_chunks::<8>();
    for (position, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let ends = first_below(word ^ QUOTES, LOW)
            | first_below(word ^ BACKSLASHES, LOW)
            | first_below(word, SPACES);
        if ends != 0 {
            let within = ends.trailing_zeros().wrapping_shr(3) as usize;
            return position.saturating_mul(8).saturating_add(within);
        }
    }
    let plain = rest
        .iter()
        .take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f))
        .count();
    words.len().saturating_mul(8).saturating_add(plain)
}

fn has_duplicate_names(nodes: &[Node<'_>], object: usize) -> bool {
    let names = || children(nodes, object).filter_map(|(_, node)| node.name.as_deref());
    let mut marks = [0_u32; PAIRWISE_MEMBERS];
    for (position, name) in names().enumerate() {
        let Some((before, [place, ..])) = marks.split_at_mut_checked(position) else {
            return has_neighbours_alike(names().collect());
        };
        *place = mark(name);
        if before.contains(place) && names().take(position).any(|earlier| earlier == name) {
            return true;
        }
    }
    false
}

/// Equal for equal names, and seldom for others: length, first, middle and last byte.
fn mark(name: &str) -> u32 {
    let byte = |at: usize| name.as_bytes().get(at).copied().unwrap_or(0);
    let last = name.len().saturating_sub(1);
    let [length, ..] = name.len().to_le_bytes();
    u32::from_le_bytes([
        length,
        byte(0),
        byte(name.len().wrapping_shr(1)),
        byte(last),
    ])
}

fn has_neighbours_alike(mut names: Vec<&str>) -> bool {
    names.sort_unstable();
    names
        .windows(2)
        .any(|pair| matches!(pair, [first, second] if first == second))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn a_string_ends_at_the_first_byte_that_does_not_stand_for_itself() {
        for length in 0..=20_usize {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    let mut bytes = vec![b'a'; length];
                    bytes[place] = byte;
                    // One more behind it must not be taken for the first.
                    bytes.push(b'"');
                    let stands_for_itself = byte >= 0x20 && byte != b'"' && byte != b'\\';
                    let expected = if stands_for_itself { length } else { place };
                    assert_eq!(plain_length(&bytes), expected, "{bytes:?}");
                }
            }
        }
        assert_eq!(plain_length(&[b'\x7f'; 17]), 17);
    }
}
