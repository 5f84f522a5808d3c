//! The reader: one pass, no recursion.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::{Content, Json, JsonError, MAX_DEPTH, Node, children};

/// Objects up to this many members are searched for duplicates pair by pair, larger ones by sorting.
const PAIRWISE_MEMBERS: usize = 16;

/// Nodes that a claim set of a known provider has; more are made room for as they come.
const USUAL_NODES: usize = 32;

/// Reads `text` from its first byte to its last.
pub(super) fn read(text: &str) -> Result<Json<'_>, JsonError> {
    Reader {
        text,
        at: 0,
        nodes: Vec::with_capacity(USUAL_NODES),
        open: Vec::new(),
    }
    .run()
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    nodes: Vec<Node<'a>>,
    /// Indexes of the containers that are not closed yet.
    open: Vec<usize>,
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
                let Some(&container) = self.open.last() else {
                    return if self.at == self.text.len() {
                        Ok(Json { nodes: self.nodes })
                    } else {
                        Err(self.wrong())
                    };
                };
                if self.closes_here() {
                    self.close(container)?;
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
        let container = self.open.last().and_then(|&index| self.nodes.get(index));
        matches!(
            container,
            Some(Node {
                content: Content::Object,
                ..
            })
        )
    }

    /// Whether the innermost open container is closed by what comes next.
    fn closes_here(&self) -> bool {
        match self.peek() {
            Some(b'}') => self.inside_object(),
            Some(b']') => !self.open.is_empty() && !self.inside_object(),
            Some(_) | None => false,
        }
    }

    fn close(&mut self, container: usize) -> Result<(), JsonError> {
        self.advance();
        self.open.pop();
        let end = self.nodes.len();
        if let Some(node) = self.nodes.get_mut(container) {
            node.end = end;
        }
        if has_duplicate_names(&self.nodes, container) {
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
                self.open.push(self.nodes.len());
                self.advance();
                if first == b'{' {
                    Content::Object
                } else {
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
            let plain = rest
                .iter()
                .position(|&byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
                .unwrap_or(rest.len());
            self.at = self.at.saturating_add(plain);
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

fn has_duplicate_names(nodes: &[Node<'_>], container: usize) -> bool {
    let names = || children(nodes, container).filter_map(|(_, node)| node.name.as_deref());
    if names().count() <= PAIRWISE_MEMBERS {
        return names()
            .enumerate()
            .any(|(position, name)| names().take(position).any(|earlier| earlier == name));
    }
    let mut sorted: Vec<&str> = names().collect();
    sorted.sort_unstable();
    sorted
        .windows(2)
        .any(|pair| matches!(pair, [first, second] if first == second))
}
