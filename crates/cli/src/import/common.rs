//! What the two policies have in common: where the token is, audiences, claims and the answer to a refusal.

use super::draft::{Claim, Draft, TokenPlace};
use super::element::Element;
use super::reading::{Reading, quoted};

/// The most clock skew that our documents take, in seconds.
const MAX_CLOCK_SKEW: u64 = 600;

/// Attributes without effect on who passes, each with what to say about it.
const WITHOUT_EFFECT: [(&str, &str); 1] = [(
    "output-token-variable-name",
    "there is no context variable in Envoy; use output_headers, output_payload_header or output_property",
)];

/// Where the token is. `may_be_absent` says whether API Management has a default for the header's name.
pub(super) fn token_place(
    reading: &mut Reading<'_>,
    element: &Element,
    may_be_absent: bool,
) -> TokenPlace {
    if let Some(attribute) = element.attribute("token-value") {
        let message = format!(
            "{} computes the token on every request; name the header or query parameter that holds it",
            quoted(&attribute.value)
        );
        reading.refuse(attribute.at, "token-value", &message);
        return TokenPlace::default();
    }
    let places = ["header-name", "query-parameter-name"];
    let given: Vec<&str> = places
        .into_iter()
        .filter(|name| element.attribute(name).is_some())
        .collect();
    let scheme = reading.attribute(element, "require-scheme");
    match given.as_slice() {
        [] => {
            if !may_be_absent {
                let message = "neither header-name nor query-parameter-name nor token-value is given; read as header-name=\"Authorization\"";
                reading.warning(element.at, &element.name, message);
            }
            TokenPlace {
                require_scheme: authorization_scheme(reading, element, scheme),
                ..TokenPlace::default()
            }
        }
        ["header-name"] => {
            let Some(name) = reading.required_attribute(element, "header-name") else {
                return TokenPlace::default();
            };
            if name.eq_ignore_ascii_case("Authorization") {
                return TokenPlace {
                    require_scheme: authorization_scheme(reading, element, scheme),
                    ..TokenPlace::default()
                };
            }
            // RFC 9110 §5.1; the core takes no other.
            let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if !name.chars().all(is_name) {
                let message = format!("{name:?} is no header name");
                reading.refuse(element.at, "header-name", &message);
                return TokenPlace::default();
            }
            scheme_without_effect(reading, element);
            TokenPlace {
                header_name: Some(name),
                ..TokenPlace::default()
            }
        }
        ["query-parameter-name"] => {
            scheme_without_effect(reading, element);
            let query_parameter_name = reading.required_attribute(element, "query-parameter-name");
            TokenPlace {
                query_parameter_name,
                ..TokenPlace::default()
            }
        }
        _ => {
            reading.refuse(
                element.at,
                &element.name,
                "header-name and query-parameter-name exclude each other; keep one",
            );
            TokenPlace::default()
        }
    }
}

/// The scheme for the `Authorization` header, when it is not our default.
fn authorization_scheme(
    reading: &mut Reading<'_>,
    element: &Element,
    scheme: Option<String>,
) -> Option<String> {
    match scheme {
        Some(scheme) if scheme.eq_ignore_ascii_case("Bearer") => None,
        Some(scheme) if !scheme.is_empty() => Some(scheme),
        _ => {
            if element.attribute("require-scheme").is_none() {
                let message = "not given: whether API Management then takes a token without a scheme is not documented; \
                               only \"Bearer\" is taken (write \"require_scheme\": \"\" to take a bare token too)";
                reading.warning(element.at, "require-scheme", message);
            }
            None
        }
    }
}

fn scheme_without_effect(reading: &mut Reading<'_>, element: &Element) {
    if let Some(attribute) = element.attribute("require-scheme") {
        reading.warning(
            attribute.at,
            "require-scheme",
            "has no effect in API Management but with the Authorization header; left out",
        );
    }
}

/// The answer to a refusal, and what has no effect on who passes.
pub(super) fn answer(reading: &mut Reading<'_>, element: &Element, draft: &mut Draft) {
    if let Some(status) = reading.attribute(element, "failed-validation-httpcode") {
        match status
            .parse::<u16>()
            .ok()
            .filter(|status| (400..=599).contains(status))
        {
            Some(status) => draft.status = Some(status),
            None => {
                let at = element
                    .attribute("failed-validation-httpcode")
                    .map_or(element.at, |attribute| attribute.at);
                reading.error(
                    at,
                    "failed-validation-httpcode",
                    &format!("\"{status}\" is no status from 400 to 599; 401 is used"),
                );
            }
        }
    }
    draft.message = reading.attribute(element, "failed-validation-error-message");
    for (name, message) in WITHOUT_EFFECT {
        if let Some(attribute) = element.attribute(name) {
            reading.warning(attribute.at, name, message);
        }
    }
}

/// `clock-skew`, in whole seconds.
pub(super) fn clock_skew(reading: &mut Reading<'_>, element: &Element) -> u16 {
    let Some(text) = reading.attribute(element, "clock-skew") else {
        return 0;
    };
    let at = element
        .attribute("clock-skew")
        .map_or(element.at, |attribute| attribute.at);
    match text.parse::<u64>() {
        Ok(seconds) if seconds > MAX_CLOCK_SKEW => {
            reading.warning(at, "clock-skew", &format!("{seconds} s is more than the {MAX_CLOCK_SKEW} s that the filter allows; {MAX_CLOCK_SKEW} is written"));
            u16::try_from(MAX_CLOCK_SKEW).unwrap_or(0)
        }
        Ok(seconds) => u16::try_from(seconds).unwrap_or(0),
        Err(_) => {
            reading.error(
                at,
                "clock-skew",
                &format!("\"{text}\" is no number of seconds; 0 is used"),
            );
            0
        }
    }
}

/// `required-claims`: every entry must hold, so none may be left out.
pub(super) fn required_claims(reading: &mut Reading<'_>, list: &Element) -> Vec<Claim> {
    reading.only_attributes(list, &[]);
    reading.only_elements(list);
    let mut claims = Vec::new();
    for child in &list.children {
        if child.name == "claim" {
            claims.extend(claim(reading, child));
        } else {
            reading.unknown_element(list, child);
        }
    }
    claims
}

fn claim(reading: &mut Reading<'_>, element: &Element) -> Option<Claim> {
    reading.only_attributes(element, &["name", "match", "separator"]);
    reading.only_elements(element);
    let name = reading.required_attribute(element, "name")?;
    let any = match_any(reading, element);
    let separator = separator(reading, element);
    let mut values: Vec<String> = Vec::new();
    let mut empty = None;
    for child in &element.children {
        if child.name != "value" || !child.children.is_empty() {
            reading.unknown_element(element, child.children.first().unwrap_or(child));
            continue;
        }
        reading.only_attributes(child, &[]);
        match reading.text("value", &child.text, child.at) {
            Some(text) if text.is_empty() => empty = Some(child.at),
            Some(text) if values.contains(&text) => {}
            Some(text) => values.push(text),
            // One of several that would do may go; one of those that all must be there may not.
            None => reading.refused |= !any,
        }
    }
    if let Some(at) = empty {
        empty_value(reading, at, any, &mut values);
    }
    if values.is_empty() && !element.children.is_empty() && !reading.refused {
        reading.refuse(
            element.at,
            "claim",
            &format!(
                "no usable value is left for claim \"{name}\"; without one any value would do"
            ),
        );
    }
    Some(Claim {
        name: our_name(&name),
        any,
        separator,
        values,
    })
}

/// What an empty `<value/>` means is not documented. Compared as the empty string it is strict in every reading;
/// as one alternative of several it can be left out.
fn empty_value(reading: &mut Reading<'_>, at: usize, any: bool, values: &mut Vec<String>) {
    if any && !values.is_empty() {
        reading.warning(
            at,
            "value",
            "an empty value is left out of those of which any will do",
        );
    } else {
        reading.warning(at, "value", "what an empty value means is not documented; it is compared as the empty string (remove it to ask only that the claim is there)");
        values.push(String::new());
    }
}

fn match_any(reading: &mut Reading<'_>, element: &Element) -> bool {
    match reading.attribute(element, "match").as_deref() {
        None | Some("all") => false,
        Some("any") => true,
        Some(other) => {
            let at = element
                .attribute("match")
                .map_or(element.at, |attribute| attribute.at);
            reading.error(
                at,
                "match",
                &format!("\"{other}\" is neither \"all\" nor \"any\"; \"all\" is used"),
            );
            false
        }
    }
}

/// The separator keeps its white space: it mostly is a space.
fn separator(reading: &mut Reading<'_>, element: &Element) -> Option<String> {
    let attribute = element.attribute("separator")?;
    if attribute.value.contains("@(") || attribute.value.contains("@{") {
        reading.refuse(
            attribute.at,
            "separator",
            "an expression is evaluated per request by API Management; write the separator",
        );
        return None;
    }
    match reading.values.resolve(&attribute.value) {
        Ok(separator) if separator.is_empty() => {
            reading.warning(
                attribute.at,
                "separator",
                "is empty and left out; the claim is not split",
            );
            None
        }
        Ok(separator) => Some(separator),
        Err(missing) => {
            reading.refuse(
                attribute.at,
                "separator",
                &format!("no value for {}; give one with --set", missing.join(", ")),
            );
            None
        }
    }
}

/// A claim's name is a name in API Management, also when it begins with `/`, which with us is a JSON pointer
/// (RFC 6901).
fn our_name(name: &str) -> String {
    if name.starts_with('/') {
        format!("/{}", name.replace('~', "~0").replace('/', "~1"))
    } else {
        name.to_owned()
    }
}
