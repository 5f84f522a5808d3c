//! The service's description, WSDL 1.1.

use quick_xml::escape::escape;

use crate::endpoint::Endpoint;
use crate::http::SERVICE_PATH;

const TEMPLATE: &str = include_str!("wsdl.xml");
const ADDRESS: &str = "{address}";

/// The WSDL with `endpoint` as the address of both ports.
pub(crate) fn document(endpoint: &Endpoint) -> String {
    TEMPLATE.replace(ADDRESS, &escape(endpoint.url(SERVICE_PATH)))
}

/// Whether a query string asks for the WSDL: a parameter `wsdl`, in any case, with or without a value.
pub(crate) fn is_asked_for(query: Option<&str>) -> bool {
    query.unwrap_or_default().split('&').any(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        name.eq_ignore_ascii_case("wsdl")
    })
}
