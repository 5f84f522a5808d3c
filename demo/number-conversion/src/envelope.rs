//! The SOAP envelope: what is in the Body of a request, and the envelope around an answer.

use crate::fault::Fault;
use crate::soap::SoapVersion;
use crate::xml::{Element, Name};

/// Opens an envelope; returns its version, or the fault to be sent in the version of the media type.
pub(crate) fn version_of(envelope: &Element) -> Result<SoapVersion, Fault> {
    envelope
        .name
        .namespace
        .as_deref()
        .filter(|_| envelope.name.local == "Envelope")
        .and_then(SoapVersion::of_namespace)
        .ok_or_else(Fault::version_mismatch)
}

/// The one element in the Body, after the header blocks were checked.
pub(crate) fn request_in(envelope: &Element, version: SoapVersion) -> Result<&Element, Fault> {
    let is = |element: &Element, local| element.name.is(version.namespace(), local);
    let (header, body) = match envelope.children.as_slice() {
        [body] if is(body, "Body") => (None, body),
        [header, body] if is(header, "Header") && is(body, "Body") => (Some(header), body),
        _ => {
            return Err(Fault::sender(
                "An Envelope holds at most one Header, then exactly one Body, in its own namespace.",
            ));
        }
    };
    if [Some(envelope), header, Some(body)]
        .into_iter()
        .flatten()
        .any(|element| !element.value().is_empty())
    {
        return Err(Fault::sender(
            "Envelope, Header and Body must hold elements only, no text.",
        ));
    }
    check_headers(header.map_or(&[], |header| &header.children), version)?;
    match body.children.as_slice() {
        [request] => Ok(request),
        [] => Err(Fault::sender(
            "The Body is empty; it must hold one operation.",
        )),
        [_, _, ..] => Err(Fault::sender("The Body must hold one operation only.")),
    }
}

fn check_headers(blocks: &[Element], version: SoapVersion) -> Result<(), Fault> {
    let mut unknown = Vec::new();
    for block in blocks {
        let Some(namespace) = &block.name.namespace else {
            return Err(Fault::sender(
                "Every element in the Header must be in a namespace.",
            ));
        };
        let mandatory = match block.attribute(version.namespace(), "mustUnderstand") {
            None => false,
            Some(value) => version.read_must_understand(value).ok_or_else(|| {
                Fault::sender("mustUnderstand must be 1 or 0 (SOAP 1.2 also takes true and false).")
            })?,
        };
        if mandatory
            && version.is_for_us(block.attribute(version.namespace(), version.role_attribute()))
        {
            unknown.push(Name {
                namespace: Some(namespace.clone()),
                local: block.name.local.clone(),
            });
        }
    }
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Fault::must_understand(unknown))
    }
}

/// An envelope around `header` blocks and the `body`, which may use the prefix `soap`.
pub(crate) fn write(version: SoapVersion, header: &str, body: &str) -> String {
    let header = if header.is_empty() {
        String::new()
    } else {
        format!("<soap:Header>{header}</soap:Header>")
    };
    let namespace = version.namespace();
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <soap:Envelope xmlns:soap=\"{namespace}\">{header}<soap:Body>{body}</soap:Body></soap:Envelope>\n"
    )
}
