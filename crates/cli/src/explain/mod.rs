//! What a token says, and what the filter would make of it.
//!
//! The decision is the core's: [`Validator::decide`] is called as the filter calls it, with an observer that keeps every
//! check. What is here lends it a request, a time and keys, and tells what came out.

mod causes;
mod claims;
mod decoded;
mod issuer;
mod json;
mod key_files;
mod keys;
mod moment;
mod network;
mod request;
mod text;

use validate_jwt::config::Config;
use validate_jwt::keys::SourceId;
use validate_jwt::policy::Policy;
use validate_jwt::request::Request;
use validate_jwt::response::Response;
use validate_jwt::rules::{Target, Verdict};
use validate_jwt::time::Timestamp;
use validate_jwt::trace::Checked;
use validate_jwt::{Decision, Passage, Passed, Reason, Validator};
use validate_jwt_jws::NoHostCrypto;

pub use decoded::{Decoded, bare};
pub use json::to_json;
pub use key_files::{KeyFile, Supply};
pub use keys::{Fetched, FetchedFrom, KeySupply};
pub use network::Network;
pub use request::SentRequest;
pub use text::to_text;

/// Spreads refreshes and hides cache places in the filter; an explanation makes one decision.
const SEED: u64 = 0;

/// An explanation.
#[derive(Debug)]
pub struct Explanation {
    /// When it is.
    pub now: Timestamp,
    /// The token, if one was given.
    pub token: Option<Decoded>,
    /// What the filter decides; `None` without a configuration.
    pub outcome: Option<Outcome>,
    /// What was taken for true because the files do not say it.
    pub assumptions: Vec<String>,
    /// What came of getting keys, where that went wrong.
    pub key_problems: Vec<String>,
}

/// What the filter decides.
#[derive(Debug)]
pub struct Outcome {
    /// Allow, deny, anonymous or report.
    pub decision: Word,
    /// Why it is refused, or would be.
    pub reason: Option<Reason>,
    /// The policy that decided.
    pub policy: Option<Policy>,
    /// The rule that named it.
    pub rule: Option<usize>,
    /// The checks, in order.
    pub checks: Vec<Checked>,
    /// The answer that the client would get.
    pub response: Option<Response>,
    /// What would go to the upstream.
    pub upstream: Option<Changes>,
}

/// The decision in a word of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// The token is good.
    Allow,
    /// The request is refused.
    Deny,
    /// No token is asked for.
    Anonymous,
    /// It would be refused, and passes.
    Report,
}

impl Word {
    /// As the contract spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Anonymous => "anonymous",
            Self::Report => "report",
        }
    }
}

/// How the request is changed that goes upstream.
#[derive(Debug)]
pub struct Changes {
    /// Header fields that are set.
    pub set: Vec<(String, String)>,
    /// Header fields that are removed.
    pub remove: Vec<String>,
    /// The path without the token, where the token stood in it.
    pub path: Option<String>,
}

/// What is to be explained with a configuration.
#[derive(Debug)]
pub struct Question<'q> {
    /// The request, without the token.
    pub request: SentRequest,
    /// The policy that the route names.
    pub route: Option<&'q str>,
    /// The token.
    pub token: Option<&'q str>,
    /// When it is.
    pub now: Timestamp,
    /// Whether the document has rules; a policy at the top level counts as one for the core.
    pub has_rules: bool,
}

/// Explains what `config` makes of a request.
///
/// # Errors
/// What [`KeySupply`] cannot get.
pub fn explain(
    config: Config,
    mut question: Question<'_>,
    supply: &mut dyn KeySupply,
) -> Result<Explanation, String> {
    let now = question.now;
    let policy = responsible(&config, &question).cloned();
    if let Some(token) = question.token {
        question
            .request
            .put_token(token, policy.as_ref().map(|policy| &policy.location));
    }
    let decoded = question.token.map(Decoded::read);
    let wanted: Vec<SourceId> = policy
        .as_ref()
        .map(|policy| policy.sources.clone())
        .unwrap_or_default();
    let sources = keys::describe(&config, &wanted);
    let mut validator = Validator::new(config, SEED);
    let mut outcome = decide(&mut validator, &question);
    let mut fetched = Fetched::default();
    if depends_on_keys(&outcome) && !sources.is_empty() {
        let known = keys::Known {
            policy: policy.as_ref(),
            token: decoded.as_ref(),
        };
        fetched = keys::fetch(&mut validator, &sources, &known, supply, now)?;
        if fetched.any {
            outcome = decide(&mut validator, &question);
        }
    }
    outcome.policy = policy.filter(|_| outcome.policy.is_some());
    Ok(Explanation {
        now,
        token: decoded,
        outcome: Some(outcome),
        assumptions: fetched.assumptions,
        key_problems: fetched.problems,
    })
}

/// Decodes without deciding.
#[must_use]
pub fn decode_only(token: Option<&str>, now: Timestamp) -> Explanation {
    Explanation {
        now,
        token: token.map(Decoded::read),
        outcome: None,
        assumptions: Vec::new(),
        key_problems: Vec::new(),
    }
}

/// The policy that will decide, by the core's own rules: where to put the token depends on it.
fn responsible<'c>(config: &'c Config, question: &Question<'_>) -> Option<&'c Policy> {
    let id = match question.route {
        Some(name) => config.policy_named(name)?,
        None => {
            let target = Target {
                method: question.request.first(":method"),
                host: question.request.first(":authority"),
                path: question.request.first(":path"),
            };
            match config.rules.find(target)? {
                (_, Verdict::Policy(id)) => id,
                (_, Verdict::AllowAnonymous) => return None,
            }
        }
    };
    config.policies.get(id.0)
}

/// Whether other keys could lead to another outcome: not when the request passes or dies before its issuer is looked at.
fn depends_on_keys(outcome: &Outcome) -> bool {
    match outcome.reason {
        None
        | Some(
            Reason::TokenNotPresent
            | Reason::TokenMalformed
            | Reason::TokenTooLarge
            | Reason::MultipleTokens
            | Reason::AlgorithmNotAllowed
            | Reason::TokenTypeNotAllowed
            | Reason::NoRule,
        ) => false,
        Some(
            Reason::TokenSignatureKeyNotFound
            | Reason::TokenSignatureInvalid
            | Reason::TokenIssuerNotAllowed
            | Reason::TokenAudienceNotAllowed
            | Reason::TokenExpired
            | Reason::TokenNotYetValid
            | Reason::TokenExpirationMissing
            | Reason::TokenClaimNotFound
            | Reason::TokenClaimValueNotAllowed
            | Reason::TokenTenantNotAllowed
            | Reason::TokenClientNotAllowed
            | Reason::KeysUnavailable,
        ) => true,
    }
}

fn decide(validator: &mut Validator, question: &Question<'_>) -> Outcome {
    let headers = question.request.headers();
    let request = Request {
        headers,
        route: question.request.route(question.route),
    };
    let mut checks: Vec<Checked> = Vec::new();
    let decision = validator.decide(&request, question.now, &NoHostCrypto, false, &mut checks);
    let (word, reason, rule, response, passage) = match decision {
        Decision::Pass(passage) => {
            let (word, reason) = match passage.why {
                Passed::Verified | Passed::Remembered => (Word::Allow, None),
                Passed::Anonymous | Passed::Preflight => (Word::Anonymous, None),
                Passed::Reported(reason) => (Word::Report, Some(reason)),
            };
            (word, reason, passage.rule, None, Some(passage))
        }
        Decision::Refuse(refusal) => {
            let response = validator.respond(refusal, request.is_grpc(), question.now);
            let reason = Some(refusal.reason);
            (Word::Deny, reason, refusal.rule, Some(response), None)
        }
        // Not answered when the caller cannot wait; should that change, this is what it means.
        Decision::AwaitKeys => (Word::Deny, Some(Reason::KeysUnavailable), None, None, None),
    };
    let has_policy = passage
        .as_ref()
        .map_or(reason != Some(Reason::NoRule), |passage| {
            passage.policy.is_some()
        });
    let policy = has_policy.then(|| responsible(validator.config(), question).cloned());
    Outcome {
        decision: word,
        reason,
        policy: policy.flatten(),
        rule: rule.filter(|_| question.has_rules),
        checks,
        response,
        upstream: passage.map(changes),
    }
}

fn changes(passage: Passage) -> Changes {
    let headers = passage
        .identity
        .as_deref()
        .map(|identity| identity.headers());
    Changes {
        set: headers.unwrap_or_default().to_vec(),
        remove: passage.remove,
        path: passage
            .path
            .map(|path| String::from_utf8_lossy(&path).into_owned()),
    }
}
