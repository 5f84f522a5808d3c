//! Arguments of `explain`.

use std::path::PathBuf;

use clap::Args;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use validate_jwt::time::Timestamp;

use super::Format;

/// A moment given as Unix seconds or by RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At(pub Timestamp);

/// Arguments of `explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArguments {
    /// The token, @FILE, or `-` for standard input; without it a request without a token is explained
    #[arg(long, value_name = "TOKEN", allow_hyphen_values = true)]
    pub token: Option<String>,
    /// A configuration document, or a file that carries one; without it the token is only decoded
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
    /// Which document, counted from 1, when the file carries several
    #[arg(long, value_name = "NUMBER", requires = "config")]
    pub document: Option<usize>,
    /// The request's method
    #[arg(long, default_value = "GET", value_parser = method)]
    pub method: String,
    /// The request's host
    #[arg(long, default_value = "localhost", value_parser = host)]
    pub host: String,
    /// The request's path, with its query
    #[arg(long, default_value = "/", value_parser = path)]
    pub path: String,
    /// A header field that the client sent
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    pub headers: Vec<(String, String)>,
    /// The policy that the Envoy route names
    #[arg(long, value_name = "NAME", requires = "config")]
    pub policy: Option<String>,
    /// A key set for the fetched sources of the policy, or for the one of an issuer: ISSUER=FILE
    #[arg(long, value_name = "[ISSUER=]FILE", requires = "config")]
    pub jwks: Vec<String>,
    /// Get discovery documents and key sets from their addresses
    #[arg(long, requires = "config")]
    pub fetch: bool,
    /// Certificate authorities in PEM for --fetch, in place of the system's
    #[arg(long, value_name = "FILE", requires = "fetch")]
    pub ca: Option<PathBuf>,
    /// As if it were then: Unix seconds or RFC 3339
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = at)]
    pub at: Option<At>,
    /// How the explanation is written
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn method(text: &str) -> Result<String, String> {
    if is_token(text) {
        Ok(text.to_owned())
    } else {
        Err("a method is letters, digits and a few signs, such as POST".to_owned())
    }
}

fn host(text: &str) -> Result<String, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(text.to_owned())
    } else {
        Err("a host is printable ASCII without blanks".to_owned())
    }
}

/// Odd paths are what a person may want to have explained; only what cannot stand in a request is refused.
fn path(text: &str) -> Result<String, String> {
    if !text.is_empty() && !text.contains(|c: char| c.is_control() || c == ' ') {
        Ok(text.to_owned())
    } else {
        Err("a path has no blanks and no control characters".to_owned())
    }
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text
        .split_once(':')
        .ok_or("expected a name, \":\" and a value")?;
    if !is_token(name) {
        return Err(format!("{name:?} is no header name"));
    }
    let value = value.trim();
    if value.contains(|c: char| c.is_control() && c != '\t') {
        return Err("the value has control characters".to_owned());
    }
    Ok((name.to_ascii_lowercase(), value.to_owned()))
}

fn at(text: &str) -> Result<At, String> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Ok(At(Timestamp::from_secs(seconds)));
    }
    OffsetDateTime::parse(text, &Rfc3339)
        .map(|moment| {
            let millis = moment.unix_timestamp_nanos().div_euclid(1_000_000);
            At(Timestamp::from_millis(
                i64::try_from(millis).unwrap_or(i64::MAX),
            ))
        })
        .map_err(|_| {
            "expected Unix seconds (1767225600) or RFC 3339 (2026-01-01T00:00:00Z)".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_unix_seconds_or_rfc_3339() {
        let seconds = |text: &str| at(text).map(|at| at.0.as_secs());
        assert_eq!(seconds("1767225600"), Ok(1_767_225_600));
        assert_eq!(seconds("2026-01-01T00:00:00Z"), Ok(1_767_225_600));
        assert_eq!(seconds("2026-01-01T01:00:00+01:00"), Ok(1_767_225_600));
        assert_eq!(seconds("-1"), Ok(-1));
        for wrong in ["", "yesterday", "2026-01-01", "2026-13-01T00:00:00Z", "1e9"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn headers_are_a_name_and_a_value_that_http_can_carry() {
        assert_eq!(
            header("X-A:  b:c "),
            Ok(("x-a".to_owned(), "b:c".to_owned()))
        );
        for wrong in ["x", ": y", ":path: /", "a b: c", "a: b\nc: d"] {
            assert!(header(wrong).is_err(), "{wrong}");
        }
    }
}
