//! `envoy`.

use super::check::for_people;
use super::load::{Loaded, load};
use super::{Failure, Status, colours_stderr, to_stderr, to_stdout};
use crate::args::EnvoyArguments;
use crate::envoy::write;

pub(super) fn run(arguments: &EnvoyArguments) -> Result<Status, Failure> {
    let (config, document, _) = match load(&arguments.file, arguments.document)? {
        Loaded::Good(loaded) => *loaded,
        Loaded::Bad(source, findings) => {
            for one in &findings.diagnostics {
                to_stderr(&for_people(&source, &findings, one, colours_stderr()));
            }
            return Ok(Status::Bad);
        }
    };
    let written = match write(&config, &document, arguments) {
        Ok(written) => written,
        Err(error) => return Err(Failure::of_file(&arguments.file, error)),
    };
    to_stdout(written.text.as_bytes())?;
    for remark in &written.remarks {
        to_stderr(&format!("warning: {remark}\n"));
    }
    Ok(Status::Good)
}
