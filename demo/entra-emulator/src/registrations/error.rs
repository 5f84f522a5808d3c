//! What is wrong with a registrations document, and where.

use std::fmt;

/// A fault in a registrations document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationsError {
    place: String,
    problem: String,
}

impl RegistrationsError {
    pub(crate) fn new(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
        }
    }

    /// Puts the name of the file before the place.
    pub(super) fn within(self, file: &str) -> Self {
        Self {
            place: format!("{file}: {}", self.place),
            problem: self.problem,
        }
    }
}

impl fmt::Display for RegistrationsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl std::error::Error for RegistrationsError {}
