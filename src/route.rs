//! What the metadata of Envoy's route says under `validate_jwt`.

use validate_jwt::request::{Headers, Route};

use crate::host::{self, Status};
use crate::pairs::HeaderPairs;

/// `filter_metadata.validate_jwt` of the route, by Envoy's attribute names (`xds.*`, since 1.33), segments divided by zero bytes.
const PATH: &str = "xds\0route_metadata\0filter_metadata\0validate_jwt";

/// The metadata of a request's route.
pub(crate) enum RouteMetadata {
    /// There is none for us.
    Unset,
    /// A struct, which Envoy hands over in the form of header maps.
    Members(HeaderPairs),
    /// It cannot be read.
    Unreadable,
}

impl RouteMetadata {
    /// Reads that of the effective context's request.
    pub(crate) fn of_request() -> Self {
        match host::property(PATH) {
            Err(Status::NotFound) => Self::Unset,
            Ok(bytes) => Self::Members(bytes.into()),
            Err(Status::CasMismatch | Status::Failed(_)) => Self::Unreadable,
        }
    }

    /// What it says. A policy's name and `allow_anonymous` together say nothing that can be followed.
    pub(crate) fn as_route(&self) -> Route<'_> {
        match self {
            Self::Unset => Route::Unset,
            Self::Unreadable => Route::Unreadable,
            Self::Members(members) => read(members),
        }
    }
}

#[inline(never)]
fn read(members: &HeaderPairs) -> Route<'_> {
    let mut route = Route::Unreadable;
    for (position, (name, value)) in members.iter().enumerate() {
        route = match (position, name, value) {
            (0, b"policy", name) => Route::Policy(name),
            (0, b"allow_anonymous", [1]) => Route::AllowAnonymous,
            (0, b"allow_anonymous", [0]) => Route::Unset,
            _ => return Route::Unreadable,
        };
    }
    route
}
