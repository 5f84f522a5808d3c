//! What the demo shows, step by step, with the commands for doing it by hand.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use serde_json::Value;

use super::client::{self, Answer};
use super::proof::Printed;
use super::registrations::{Client, Registrations};
use super::terminal::{Style, Terminal};

/// Where the story takes place.
pub(crate) struct Addresses {
    pub(crate) gateway: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) emulator: SocketAddr,
    /// Envoy's log.
    pub(crate) log: PathBuf,
}

/// What came of it.
pub(crate) struct Told {
    /// Whether each step came out as told.
    pub(crate) all_as_told: bool,
    /// The commands that a person was shown, in their order.
    pub(crate) commands: Vec<Printed>,
}

const SERVICE: &str = "/webservicesserver/NumberConversion.wso";

const CALL: &str = concat!(
    r#"<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>"#,
    r#"<NumberToWords xmlns="http://www.dataaccess.com/webservicesserver/"><ubiNum>500</ubiNum></NumberToWords>"#,
    "</Body></Envelope>"
);

const REFUSAL: &str = "Unauthorized. Access token is missing or invalid.";

/// The claims worth a look.
const SHOWN_CLAIMS: [&str; 4] = ["iss", "aud", "roles", "exp"];

/// Takes the token out of the emulator's answer.
const TOKEN_OF_ANSWER: &str = r#"sed 's/.*"access_token": *"\([^"]*\)".*/\1/'"#;

/// Makes the first character of the signature another one.
const ALTERATION: &str = r"sed -e 's/\.A\([^.]*\)$/.B\1/' -e t -e 's/\.[^.]\([^.]*\)$/.A\1/'";

/// The filter hands its counters to Envoy once a second, and Envoy takes its time to write a log.
const OPERATOR_WAITS: Duration = Duration::from_secs(5);

/// How often is looked meanwhile.
const PAUSE: Duration = Duration::from_millis(100);

/// Performs all steps.
///
/// # Errors
///
/// When a server gives no answer or one that the next step cannot do without.
pub(crate) fn tell(
    terminal: &Terminal,
    registrations: &Registrations,
    addresses: &Addresses,
) -> Result<Told> {
    let mut story = Story {
        terminal,
        registrations,
        addresses,
        steps: 0,
        all_as_told: true,
        commands: Vec::new(),
    };

    story.step("The client that has the role APIAccess asks for a token.");
    let token = story.token("TOKEN", &registrations.with_role)?;

    story.step("With the token, the call goes through and the service answers.");
    story.command(format!("CALL='{CALL}'"), &[]);
    story.call(Some("$TOKEN"), Some(&token), 200, "five hundred")?;

    story.step("One character of the token is another: the gateway refuses it.");
    story.command(
        format!("ALTERED=$(printf %s \"$TOKEN\" | {ALTERATION})"),
        &[],
    );
    story.call(Some("$ALTERED"), Some(&altered(&token)), 401, REFUSAL)?;

    story.step("No token at all.");
    story.call(None, None, 401, REFUSAL)?;

    story.step("A good token of a client without the role.");
    let token = story.token("WITHOUT_ROLE", &registrations.without_role)?;
    story.call(Some("$WITHOUT_ROLE"), Some(&token), 401, REFUSAL)?;

    story.step(
        "What the operator sees: the reason of every refusal, in Envoy's log and in its counters.",
    );
    story.operator()?;

    Ok(Told {
        all_as_told: story.all_as_told,
        commands: story.commands,
    })
}

/// The reasons of the refusals above.
const REASONS: [&str; 3] = [
    "token_signature_invalid",
    "token_not_present",
    "token_claim_not_found",
];

struct Story<'a> {
    terminal: &'a Terminal,
    registrations: &'a Registrations,
    addresses: &'a Addresses,
    steps: u32,
    all_as_told: bool,
    commands: Vec<Printed>,
}

impl Story<'_> {
    fn step(&mut self, what: &str) {
        self.steps = self.steps.saturating_add(1);
        let heading = format!("{}. {what}", self.steps);
        self.terminal
            .line(&self.terminal.styled(Style::Heading, &heading));
        self.terminal.line("");
    }

    /// Shows a command; `in_output` is what it must write when it is run.
    fn command(&mut self, text: String, in_output: &[&str]) {
        self.terminal.indented(None, &text);
        self.terminal.line("");
        self.commands.push(Printed {
            text,
            in_output: in_output.iter().map(|&part| part.to_owned()).collect(),
        });
    }

    /// Gets a token as RFC 6749 §4.4 says and shows what is in it.
    fn token(&mut self, variable: &str, client: &Client) -> Result<String> {
        let tenant = &self.registrations.tenant;
        let url = format!(
            "http://{}/{tenant}/oauth2/v2.0/token",
            self.addresses.emulator
        );
        let scope = format!("{}/.default", self.registrations.api);
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_id", client.id.as_str()),
            ("client_secret", client.secret.as_str()),
            ("scope", scope.as_str()),
        ];
        let data = fields.map(|(name, value)| format!("  -d {name}={value} \\\n"));
        let command = format!(
            "{variable}=$(curl -s {url} \\\n{}  | {TOKEN_OF_ANSWER})",
            data.concat()
        );
        self.command(command, &[]);
        let answer = client::post_form(&url, &fields)?;
        self.status(&answer, answer.status == 200);
        let body: Value = serde_json::from_str(&answer.body).context("the emulator's answer")?;
        let token = body
            .get("access_token")
            .and_then(Value::as_str)
            .with_context(|| format!("no token in the emulator's answer: {}", answer.body))?;
        self.claims(token)?;
        Ok(token.to_owned())
    }

    fn claims(&self, token: &str) -> Result<()> {
        let payload = token.split('.').nth(1).context("a token has three parts")?;
        let claims: Value = serde_json::from_slice(&BASE64URL.decode(payload)?)?;
        for name in SHOWN_CLAIMS {
            let shown = match claims.get(name) {
                None => "(none)".to_owned(),
                Some(value) if name == "exp" => in_minutes(value),
                Some(Value::String(text)) => text.clone(),
                Some(value) => value.to_string(),
            };
            self.terminal
                .indented(Some(Style::Faint), &format!("{name:<5} {shown}"));
        }
        self.terminal.line("");
        Ok(())
    }

    /// Calls the service through the gateway, and compares.
    fn call(
        &mut self,
        shown_token: Option<&str>,
        token: Option<&str>,
        status: u16,
        in_body: &str,
    ) -> Result<()> {
        let url = format!("http://{}{SERVICE}", self.addresses.gateway);
        let authorization = shown_token
            .map(|token| format!("  -H \"Authorization: Bearer {token}\" \\\n"))
            .unwrap_or_default();
        let command =
            format!("curl -i {url} \\\n{authorization}  -H 'Content-Type: text/xml' -d \"$CALL\"");
        self.command(command, &[&format!("HTTP/1.1 {status} "), in_body]);
        let answer = client::post_xml(&url, token, CALL)?;
        let as_told = answer.status == status && answer.body.contains(in_body);
        self.status(&answer, as_told);
        if let Some(challenge) = &answer.challenge {
            let line = format!("WWW-Authenticate: {challenge}");
            self.terminal.indented(Some(Style::Faint), &line);
        }
        self.terminal.indented(None, answer.body.trim());
        if !as_told {
            let expected = format!("expected: {status} and {in_body:?}");
            self.terminal.indented(Some(Style::Bad), &expected);
        }
        self.terminal.line("");
        Ok(())
    }

    /// Shows the log lines and the counters of the refusals.
    fn operator(&mut self) -> Result<()> {
        let log = self.addresses.log.clone();
        let command = format!("grep 'refused: ' '{}'", log.display());
        self.command(command, &REASONS);
        let read = || -> Result<Vec<String>> {
            let text = fs::read_to_string(&log)
                .with_context(|| format!("cannot read {}", log.display()))?;
            let line = |line: &str| Some(format!("refused: {}", line.split_once("refused: ")?.1));
            Ok(text.lines().filter_map(line).collect())
        };
        self.shows(read)?;

        let url = format!(
            "http://{}/stats?usedonly&filter=validate_jwt.refused",
            self.addresses.admin
        );
        let command = format!("curl -s '{url}'");
        self.command(command, &REASONS);
        self.shows(|| {
            let text = client::get(&url)?.body;
            Ok(text.lines().map(str::to_owned).collect())
        })
    }

    /// Shows lines as soon as all reasons are among them.
    fn shows(&mut self, read: impl Fn() -> Result<Vec<String>>) -> Result<()> {
        let start = Instant::now();
        loop {
            let lines = read()?;
            let is_there = |reason: &str| lines.iter().any(|line| line.contains(reason));
            let complete = REASONS.into_iter().all(is_there);
            if !complete && start.elapsed() < OPERATOR_WAITS {
                std::thread::sleep(PAUSE);
                continue;
            }
            self.all_as_told &= complete;
            for line in &lines {
                self.terminal.indented(Some(Style::Faint), line);
            }
            if !complete {
                let expected = format!("expected: {}", REASONS.join(", "));
                self.terminal.indented(Some(Style::Bad), &expected);
            }
            self.terminal.line("");
            return Ok(());
        }
    }

    fn status(&mut self, answer: &Answer, as_told: bool) {
        self.all_as_told &= as_told;
        let style = if as_told { Style::Good } else { Style::Bad };
        self.terminal
            .indented(Some(style), &answer.status.to_string());
    }
}

fn in_minutes(exp: &Value) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    match exp.as_u64().and_then(|exp| exp.checked_sub(now)) {
        Some(seconds) => format!("{exp}, in {} minutes", seconds / 60),
        None => format!("{exp}, which is past"),
    }
}

/// What [`ALTERATION`] does.
fn altered(token: &str) -> String {
    match token.rsplit_once('.') {
        Some((input, signature)) => {
            let mut characters = signature.chars();
            let other = if characters.next() == Some('A') {
                'B'
            } else {
                'A'
            };
            format!("{input}.{other}{}", characters.as_str())
        }
        None => token.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_altered_token_differs_in_the_first_character_of_its_signature() {
        assert_eq!(altered("h.p.sig"), "h.p.Aig");
        assert_eq!(altered("h.p.Aig"), "h.p.Big");
    }
}
