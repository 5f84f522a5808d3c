//! A place in a text that only moves forward.

/// Reads a text from its start; every step is checked, so that no input can make it panic.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(crate) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at = self.at.saturating_add(next.len_utf8());
        Some(next)
    }

    /// Moves to an offset that an earlier look found; one that is no place in the text is the end.
    pub(crate) fn move_to(&mut self, at: usize) {
        self.at = if self.text.is_char_boundary(at) {
            at
        } else {
            self.text.len()
        };
    }

    pub(crate) fn sees(&self, what: &str) -> bool {
        self.rest().starts_with(what)
    }

    /// Whether a policy expression of API Management begins here.
    pub(crate) fn sees_expression(&self) -> bool {
        self.sees("@(") || self.sees("@{")
    }

    pub(crate) fn eat(&mut self, what: &str) -> bool {
        let seen = self.sees(what);
        if seen {
            self.at = self.at.saturating_add(what.len());
        }
        seen
    }

    /// Takes the characters for which the test holds.
    pub(crate) fn take_while(&mut self, test: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !test(c)).unwrap_or(rest.len());
        self.at = self.at.saturating_add(length);
        rest.get(..length).unwrap_or_default()
    }

    pub(crate) fn skip_space(&mut self) {
        self.take_while(char::is_whitespace);
    }

    /// Takes what stands before `mark` and moves past it; `None`, and no move, when it does not come.
    pub(crate) fn take_past(&mut self, mark: &str) -> Option<&'a str> {
        let rest = self.rest();
        let length = rest.find(mark)?;
        self.at = self.at.saturating_add(length).saturating_add(mark.len());
        rest.get(..length)
    }
}
