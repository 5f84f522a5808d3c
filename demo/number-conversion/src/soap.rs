//! The two SOAP versions and what differs between them on the wire.

/// A SOAP version the service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SoapVersion {
    /// SOAP 1.1: `text/xml`, action in the `SOAPAction` header.
    V11,
    /// SOAP 1.2: `application/soap+xml`, action in the media type's `action` parameter.
    V12,
}

impl SoapVersion {
    /// All versions, newest first, as the 1.2 `Upgrade` header wants them.
    pub(crate) const ALL: [Self; 2] = [Self::V12, Self::V11];

    /// Namespace of `Envelope`, `Header`, `Body` and `Fault`.
    pub fn namespace(self) -> &'static str {
        match self {
            Self::V11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::V12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }

    /// Media type of an envelope, with charset.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::V11 => "text/xml; charset=utf-8",
            Self::V12 => "application/soap+xml; charset=utf-8",
        }
    }

    /// The version whose envelope has this namespace.
    pub(crate) fn of_namespace(namespace: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|version| version.namespace() == namespace)
    }

    /// Attribute that says which node a header block is for (SOAP 1.1, 4.2.2; SOAP 1.2 Part 1, 5.2.2).
    pub(crate) fn role_attribute(self) -> &'static str {
        match self {
            Self::V11 => "actor",
            Self::V12 => "role",
        }
    }

    /// Whether a header block for `role` is for this service, which is always the last node of the path.
    pub(crate) fn is_for_us(self, role: Option<&str>) -> bool {
        let Some(role) = role.filter(|role| !role.is_empty()) else {
            return true;
        };
        match self {
            Self::V11 => role == "http://schemas.xmlsoap.org/soap/actor/next",
            Self::V12 => [
                "http://www.w3.org/2003/05/soap-envelope/role/next",
                "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver",
            ]
            .contains(&role),
        }
    }

    /// Reads a `mustUnderstand` value: `0` or `1`; SOAP 1.2 also takes `true` and `false`.
    pub(crate) fn read_must_understand(self, value: &str) -> Option<bool> {
        match (self, value.trim_matches([' ', '\t', '\r', '\n'])) {
            (_, "1") | (Self::V12, "true") => Some(true),
            (_, "0") | (Self::V12, "false") => Some(false),
            _ => None,
        }
    }
}
