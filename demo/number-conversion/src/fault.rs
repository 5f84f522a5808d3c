//! SOAP faults of both versions.

use quick_xml::escape::escape;

use crate::soap::SoapVersion;
use crate::xml::Name;

/// What went wrong, by SOAP's own classes. There is no `Server`/`Receiver`: the service keeps no state and
/// calls nobody, so every fault lies in the message.
#[derive(Clone, Debug, PartialEq, Eq)]
enum FaultCode {
    VersionMismatch,
    MustUnderstand(Vec<Name>),
    Sender,
}

/// A fault to answer with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    code: FaultCode,
    reason: String,
}

impl Fault {
    /// The message itself is wrong; `reason` says how to put it right.
    pub(crate) fn sender(reason: impl Into<String>) -> Self {
        Self {
            code: FaultCode::Sender,
            reason: reason.into(),
        }
    }

    /// The document's element is no `Envelope` of a version the service speaks.
    pub(crate) fn version_mismatch() -> Self {
        Self {
            code: FaultCode::VersionMismatch,
            reason: format!(
                "The document must be a SOAP Envelope in namespace {} or {}.",
                SoapVersion::V11.namespace(),
                SoapVersion::V12.namespace()
            ),
        }
    }

    /// Mandatory header blocks for this service that it does not know.
    pub(crate) fn must_understand(headers: Vec<Name>) -> Self {
        Self {
            code: FaultCode::MustUnderstand(headers),
            reason: "The service understands no SOAP header, and one is marked mustUnderstand."
                .into(),
        }
    }

    /// HTTP status (SOAP 1.1, 6.2; SOAP 1.2 Part 2, table 20).
    pub(crate) fn status(&self, version: SoapVersion) -> u16 {
        match (version, &self.code) {
            (SoapVersion::V12, FaultCode::Sender) => 400,
            (SoapVersion::V11 | SoapVersion::V12, _) => 500,
        }
    }

    /// The header blocks, if any, and the `Fault` element, in the prefix `soap`.
    pub(crate) fn to_xml(&self, version: SoapVersion) -> (String, String) {
        let code = self.code_name(version);
        let reason = escape(&self.reason);
        match version {
            SoapVersion::V11 => (
                String::new(),
                format!(
                    "<soap:Fault><faultcode>soap:{code}</faultcode><faultstring xml:lang=\"en\">{reason}</faultstring>\
                     </soap:Fault>"
                ),
            ),
            SoapVersion::V12 => (
                self.headers(),
                format!(
                    "<soap:Fault><soap:Code><soap:Value>soap:{code}</soap:Value></soap:Code>\
                     <soap:Reason><soap:Text xml:lang=\"en\">{reason}</soap:Text></soap:Reason></soap:Fault>"
                ),
            ),
        }
    }

    fn code_name(&self, version: SoapVersion) -> &'static str {
        match (&self.code, version) {
            (FaultCode::VersionMismatch, _) => "VersionMismatch",
            (FaultCode::MustUnderstand(_), _) => "MustUnderstand",
            (FaultCode::Sender, SoapVersion::V11) => "Client",
            (FaultCode::Sender, SoapVersion::V12) => "Sender",
        }
    }

    /// `Upgrade` and `NotUnderstood` of SOAP 1.2 Part 1, 5.4.7 and 5.4.8.
    fn headers(&self) -> String {
        match &self.code {
            FaultCode::VersionMismatch => {
                let supported = SoapVersion::ALL.map(|version| {
                    format!(
                        "<soap:SupportedEnvelope qname=\"v:Envelope\" xmlns:v=\"{}\"/>",
                        version.namespace()
                    )
                });
                format!("<soap:Upgrade>{}</soap:Upgrade>", supported.concat())
            }
            FaultCode::MustUnderstand(headers) => headers.iter().map(not_understood).collect(),
            FaultCode::Sender => String::new(),
        }
    }
}

fn not_understood(header: &Name) -> String {
    let local = escape(&header.local);
    let namespace = escape(header.namespace.as_deref().unwrap_or_default());
    format!("<soap:NotUnderstood qname=\"h:{local}\" xmlns:h=\"{namespace}\"/>")
}
