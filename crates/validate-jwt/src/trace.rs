//! The checks of a decision, told one by one to whoever wants to know.

use alloc::string::String;
use alloc::vec::Vec;

/// A check, in the order in which a decision makes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// A rule or the route names a policy.
    Rule,
    /// There is exactly one token.
    Token,
    /// The token is short enough.
    Size,
    /// The token is a compact JWS.
    Format,
    /// `alg`
    Algorithm,
    /// `typ`
    TokenType,
    /// `iss`
    Issuer,
    /// `tid`
    Tenant,
    /// `aud`
    Audience,
    /// `exp`
    Expiration,
    /// `nbf`
    NotBefore,
    /// A key for the token's `kid`.
    Key,
    /// The signature.
    Signature,
    /// `azp` or `appid`
    Client,
    /// A required claim.
    Claim,
}

impl Check {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Token => "token",
            Self::Size => "size",
            Self::Format => "format",
            Self::Algorithm => "algorithm",
            Self::TokenType => "token_type",
            Self::Issuer => "issuer",
            Self::Tenant => "tenant",
            Self::Audience => "audience",
            Self::Expiration => "expiration",
            Self::NotBefore => "not_before",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Client => "client",
            Self::Claim => "claim",
        }
    }
}

/// How a check came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Which one.
    pub check: Check,
    /// Whether it holds.
    pub ok: bool,
    /// What is accepted, if the check compares.
    pub expected: Vec<String>,
    /// What the token has, if anything.
    pub found: Vec<String>,
    /// What else there is to say, such as the name of a claim.
    pub detail: String,
}

/// Listens to the checks of a decision. What it does not want to hear is never composed.
pub trait Observer {
    /// A check has been made; whether it holds is known before it is described.
    fn checked(&mut self, ok: bool, make: impl FnOnce() -> Checked);
}

/// Nothing.
impl Observer for () {
    fn checked(&mut self, _: bool, _: impl FnOnce() -> Checked) {}
}

/// Every check, for an explanation.
impl Observer for Vec<Checked> {
    fn checked(&mut self, _: bool, make: impl FnOnce() -> Checked) {
        self.push(make());
    }
}
