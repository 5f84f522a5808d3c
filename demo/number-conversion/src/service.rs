//! One SOAP call, from bytes to bytes, without HTTP.

use quick_xml::escape::escape;

use crate::envelope;
use crate::fault::Fault;
use crate::operation::{NAMESPACE, Operation};
use crate::soap::SoapVersion;
use crate::xml::Element;

/// The answer to a call, a result or a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status that goes with the envelope: 200, 400 or 500.
    pub status: u16,
    /// Version of `envelope`, which is the caller's, or the media type's where that could not be read.
    pub version: SoapVersion,
    /// The operation asked for, as far as it was recognised.
    pub operation: Option<Operation>,
    /// A whole XML document in UTF-8.
    pub envelope: String,
}

/// Answers the SOAP message in `body`.
///
/// `media_version` is the version that the media type stands for; it is used for faults of messages whose
/// own version cannot be told. `action` is the value of `SOAPAction` or of the `action` parameter: it may
/// be missing, empty or unknown, but must not name another operation than the Body does, since a gateway
/// may have decided by it. Size is the caller's to limit.
pub fn handle(body: &[u8], media_version: SoapVersion, action: Option<&str>) -> Reply {
    let mut version = media_version;
    let mut operation = None;
    match answer(body, action, &mut version, &mut operation) {
        Ok(response) => Reply {
            status: 200,
            version,
            operation,
            envelope: envelope::write(version, "", &response),
        },
        Err(fault) => Reply {
            operation,
            ..Reply::refusal(&fault, version)
        },
    }
}

/// Answers a message whose media type declares another charset than UTF-8, whatever is in it: a reader
/// that obeys the declaration would see another message.
pub fn refuse_charset(media_version: SoapVersion) -> Reply {
    Reply::refusal(
        &Fault::sender("The charset of the Content-Type must be utf-8."),
        media_version,
    )
}

impl Reply {
    fn refusal(fault: &Fault, version: SoapVersion) -> Self {
        let (header, body) = fault.to_xml(version);
        let envelope = envelope::write(version, &header, &body);
        Self {
            status: fault.status(version),
            version,
            operation: None,
            envelope,
        }
    }
}

fn answer(
    body: &[u8],
    action: Option<&str>,
    version: &mut SoapVersion,
    operation: &mut Option<Operation>,
) -> Result<String, Fault> {
    let document = Element::read(body).map_err(|error| Fault::sender(error.to_string()))?;
    *version = envelope::version_of(&document)?;
    let request = envelope::request_in(&document, *version)?;
    let asked = Operation::of(request)?;
    *operation = Some(asked);
    check_action(action, asked)?;
    let result = asked.run(request)?;
    let (name, result) = (asked.name(), escape(&result));
    Ok(format!(
        "<m:{name}Response xmlns:m=\"{NAMESPACE}\"><m:{name}Result>{result}</m:{name}Result></m:{name}Response>"
    ))
}

fn check_action(action: Option<&str>, asked: Operation) -> Result<(), Fault> {
    let action = action.unwrap_or_default().trim().trim_matches('"');
    let last_segment = action.rsplit(['/', '#', ':']).next().unwrap_or_default();
    let named = Operation::ALL
        .into_iter()
        .find(|operation| operation.name() == last_segment);
    match named {
        Some(named) if named != asked => Err(Fault::sender(format!(
            "The SOAP action names {}, but the Body asks for {}; make them agree or send an empty action.",
            named.name(),
            asked.name()
        ))),
        Some(_) | None => Ok(()),
    }
}
