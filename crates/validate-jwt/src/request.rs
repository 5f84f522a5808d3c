//! A request, and the token in it.

use alloc::vec::Vec;

use crate::path::percent_decode;
use crate::policy::TokenLocation;

/// Header fields of a request, pseudo-header fields (`:method`, `:path`, `:authority`) included.
pub trait Headers {
    /// Name and value of each field, in order; a field that was sent twice comes twice. Names are in lower case.
    fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])>;

    /// The value of the first field of this name.
    #[inline(never)]
    fn first(&self, name: &str) -> Option<&[u8]> {
        self.iter()
            .find(|(found, _)| *found == name.as_bytes())
            .map(|(_, value)| value)
    }
}

impl Headers for [(Vec<u8>, Vec<u8>)] {
    fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        <[_]>::iter(self).map(|(name, value)| (name.as_slice(), value.as_slice()))
    }
}

/// What the metadata of Envoy's route says, under `validate_jwt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Route<'r> {
    /// Nothing: the rules decide.
    #[default]
    Unset,
    /// `{ policy: "…" }`
    Policy(&'r [u8]),
    /// `{ allow_anonymous: true }`
    AllowAnonymous,
    /// Something that is neither.
    Unreadable,
}

/// A request to decide on.
#[derive(Debug)]
pub struct Request<'r, H: ?Sized> {
    /// Its header fields.
    pub headers: &'r H,
    /// What its route says.
    pub route: Route<'r>,
}

impl<H: Headers + ?Sized> Request<'_, H> {
    /// Whether it is a CORS preflight request (Fetch standard).
    pub fn is_preflight(&self) -> bool {
        self.headers.first(":method") == Some(b"OPTIONS")
            && self.headers.first("origin").is_some()
            && self
                .headers
                .first("access-control-request-method")
                .is_some()
    }

    /// Whether it is a gRPC request, by its content type as Envoy tells them.
    pub fn is_grpc(&self) -> bool {
        self.headers.first("content-type").is_some_and(|value| {
            match value.strip_prefix(b"application/grpc") {
                Some(rest) => matches!(rest.first(), None | Some(b'+' | b';')),
                None => false,
            }
        })
    }
}

/// Whether a token as found is several that a proxy has joined: no token has a comma in it.
pub(crate) fn is_joined(token: &[u8]) -> bool {
    token.contains(&b',')
}

/// A token as found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found<'r> {
    /// None.
    Nothing,
    /// More than one.
    Several,
    /// The scheme without a token, or with something behind the token.
    Malformed,
    /// This.
    Token(&'r [u8]),
}

/// Finds the token where `location` says.
pub fn find_token<'r, H: Headers + ?Sized>(headers: &'r H, location: &TokenLocation) -> Found<'r> {
    match location {
        TokenLocation::Header { name, scheme } => {
            let mut values = headers
                .iter()
                .filter(|(found, _)| *found == name.as_bytes())
                .map(|(_, value)| value);
            match (values.next(), values.next()) {
                (None, _) => Found::Nothing,
                (Some(_), Some(_)) => Found::Several,
                (Some(value), None) => match scheme {
                    Some(scheme) => behind_scheme(value, scheme),
                    None => match behind_scheme(value, "Bearer") {
                        Found::Nothing => bare(value),
                        found @ (Found::Several | Found::Malformed | Found::Token(_)) => found,
                    },
                },
            }
        }
        TokenLocation::Query { name } => {
            let path = headers.first(":path").unwrap_or_default();
            let mut values = parameters(path).filter(|parameter| parameter.is_named(name));
            match (values.next(), values.next()) {
                (None, _) => Found::Nothing,
                (Some(_), Some(_)) => Found::Several,
                (Some(parameter), None) => bare(parameter.value),
            }
        }
    }
}

/// RFC 9110 §11.4: scheme, one or more spaces, token. Another scheme is no token.
fn behind_scheme<'r>(value: &'r [u8], scheme: &str) -> Found<'r> {
    let Some((first, rest)) = value.split_at_checked(scheme.len()) else {
        return Found::Nothing;
    };
    if !first.eq_ignore_ascii_case(scheme.as_bytes()) {
        return Found::Nothing;
    }
    match rest.first() {
        None => Found::Malformed,
        Some(b' ') => {
            let spaces = rest.iter().take_while(|&&byte| byte == b' ').count();
            bare(rest.get(spaces..).unwrap_or_default())
        }
        Some(b',' | b'\t') => Found::Malformed,
        Some(_) => Found::Nothing,
    }
}

fn bare(value: &[u8]) -> Found<'_> {
    if value.is_empty() {
        Found::Malformed
    } else {
        Found::Token(value)
    }
}

struct Parameter<'p> {
    name: &'p [u8],
    value: &'p [u8],
    raw: &'p [u8],
}

impl Parameter<'_> {
    /// Compared as the upstream will: with the escapes resolved, or another spelling of the name would bring a token past us.
    fn is_named(&self, name: &str) -> bool {
        self.name == name.as_bytes() || percent_decode(self.name).0 == name.as_bytes()
    }
}

fn parameters(path: &[u8]) -> impl Iterator<Item = Parameter<'_>> {
    let mut parts = path.splitn(2, |&byte| byte == b'?');
    let query = parts.nth(1).unwrap_or_default();
    query.split(|&byte| byte == b'&').map(|raw| {
        let mut sides = raw.splitn(2, |&byte| byte == b'=');
        Parameter {
            name: sides.next().unwrap_or_default(),
            value: sides.next().unwrap_or_default(),
            raw,
        }
    })
}

/// The request target without the query parameter `name`.
pub(crate) fn without_parameter(path: &[u8], name: &str) -> Vec<u8> {
    let mut rest: Vec<u8> = path
        .split(|&byte| byte == b'?')
        .next()
        .unwrap_or_default()
        .to_vec();
    let mut separator = b'?';
    for parameter in parameters(path).filter(|parameter| !parameter.is_named(name)) {
        if !parameter.raw.is_empty() {
            rest.push(separator);
            rest.extend_from_slice(parameter.raw);
            separator = b'&';
        }
    }
    rest
}
