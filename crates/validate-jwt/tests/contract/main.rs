//! The configuration contract, row by row: what a document may say, what is decided by it, and what is answered.
//!
//! Everything goes through the public interface, natively, with a clock and a network of the test's own.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    reason = "an overflow or a slice out of place is a failed test"
)]

#[cfg(test)]
mod algorithms;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod audiences;
#[cfg(test)]
mod claims;
#[cfg(test)]
mod config_contradictions;
#[cfg(test)]
mod config_documents;
#[cfg(test)]
mod config_extends;
#[cfg(test)]
mod config_fields;
#[cfg(test)]
mod config_names;
#[cfg(test)]
mod config_warnings;
#[cfg(test)]
mod docs_examples;
#[cfg(test)]
mod docs_reasons;
#[cfg(test)]
mod docs_schema;
#[cfg(test)]
mod entra;
#[cfg(test)]
mod issuers;
#[cfg(test)]
mod json;
#[cfg(test)]
mod paths;
#[cfg(test)]
mod places;
#[cfg(test)]
mod remembered;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod signers;
#[cfg(test)]
mod struct_form;
#[cfg(test)]
mod support;
#[cfg(test)]
mod times;
#[cfg(test)]
mod token_form;
#[cfg(test)]
mod token_location;
#[cfg(test)]
mod upstream;
