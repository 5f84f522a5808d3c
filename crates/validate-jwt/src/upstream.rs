//! What the upstream is told about who calls.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::claims::{ClaimPath, scalars};
use crate::json::{Kind, Value};

/// What a policy tells the upstream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upstream {
    /// Whether the token is taken off the request.
    pub removes_token: bool,
    /// Claims that become headers.
    pub headers: Vec<OutputHeader>,
    /// Header that gets the payload as base64url.
    pub payload_header: Option<String>,
    /// Filter state that gets the payload as JSON.
    pub property: Option<String>,
}

/// A claim that becomes a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputHeader {
    /// Where the claim stands.
    pub claim: ClaimPath,
    /// The header, in lower case.
    pub header: String,
}

/// What a verified token makes the upstream learn. Can only be built from one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    headers: Vec<(String, String)>,
    property: Option<String>,
    dropped: usize,
}

impl Identity {
    /// Only for claims whose token has been verified.
    pub(crate) fn new(upstream: &Upstream, claims: Value<'_>, payload: &[u8]) -> Self {
        let mut identity = Self::default();
        for output in &upstream.headers {
            let Some(value) = output.claim.find(claims) else {
                continue;
            };
            let text = header_text(value);
            match text {
                Some(text) => identity.headers.push((output.header.clone(), text)),
                None => identity.dropped = identity.dropped.saturating_add(1),
            }
        }
        if let Some(header) = &upstream.payload_header {
            identity
                .headers
                .push((header.clone(), URL_SAFE_NO_PAD.encode(payload)));
        }
        if upstream.property.is_some() {
            identity.property = Some(String::from_utf8_lossy(payload).to_string());
        }
        identity
    }

    /// Header fields to set.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The payload as JSON, where the policy wants it as a property.
    pub fn property(&self) -> Option<&str> {
        self.property.as_deref()
    }

    /// How many values were not fit for a header and are not sent.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Bytes of memory it takes.
    pub(crate) fn size(&self) -> usize {
        let texts = self
            .headers
            .iter()
            .flat_map(|(name, value)| [name.len(), value.len()])
            .chain(self.property.as_ref().map(String::len));
        let entries = self
            .headers
            .len()
            .saturating_mul(size_of::<(String, String)>());
        texts.fold(entries, usize::saturating_add)
    }
}

/// A claim as a header's value: a scalar as it is, a list joined with commas. `None` when the upstream could read it as something
/// else: an element of a list that is empty or has a comma of its own, or what no header may hold.
fn header_text(value: Value<'_>) -> Option<String> {
    let is_list = value.kind() == Kind::Array;
    let mut text: Option<String> = None;
    for part in scalars(value) {
        if !is_header_value(part) || (is_list && (part.is_empty() || part.contains(','))) {
            return None;
        }
        match &mut text {
            None => text = Some(part.into()),
            Some(text) => {
                text.push(',');
                text.push_str(part);
            }
        }
    }
    text
}

/// RFC 9110 §5.5: no control characters but tab, and no white space at the ends, which the next hop would take off.
fn is_header_value(text: &str) -> bool {
    let is_space = |edge: Option<char>| matches!(edge, Some(' ' | '\t'));
    !text
        .chars()
        .any(|letter| letter.is_control() && letter != '\t')
        && !is_space(text.chars().next())
        && !is_space(text.chars().next_back())
}

/// Whether a request header is taken by upstreams for `managed`: names are compared without case, and `_` counts as `-`,
/// because many servers (CGI, WSGI) make one variable of both.
pub(crate) fn is_alias(managed: &str, sent: &[u8]) -> bool {
    let fold = |byte: u8| {
        if byte == b'_' {
            b'-'
        } else {
            byte.to_ascii_lowercase()
        }
    };
    managed.len() == sent.len()
        && managed
            .bytes()
            .zip(sent)
            .all(|(managed, sent)| fold(managed) == fold(*sent))
}
