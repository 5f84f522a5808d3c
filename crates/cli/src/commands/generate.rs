//! `schema`, made from the types that the core reads documents into; `completions` and `man`, made from the command line's own
//! description.

use clap::CommandFactory as _;

use super::{Failure, Status, pretty, to_stdout};
use crate::args::Arguments;

pub(super) fn completions(shell: clap_complete::Shell) -> Result<Status, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "validate-jwt", &mut text);
    to_stdout(&text).map(|()| Status::Good)
}

pub(super) fn schema() -> Result<Status, Failure> {
    let text = pretty(&validate_jwt::config::json_schema())?;
    to_stdout(text.as_bytes()).map(|()| Status::Good)
}

/// One page: the command, then each subcommand with its options.
pub(super) fn man() -> Result<Status, Failure> {
    let mut command = Arguments::command();
    command.build();
    let mut text = Vec::new();
    let failed = |error: std::io::Error| Failure::of_file("manual page", error);
    clap_mangen::Man::new(command.clone())
        .render(&mut text)
        .map_err(failed)?;
    for subcommand in command
        .get_subcommands()
        .filter(|subcommand| !subcommand.is_hide_set())
    {
        let page = clap_mangen::Man::new(subcommand.clone());
        page.render_synopsis_section(&mut text).map_err(failed)?;
        page.render_description_section(&mut text).map_err(failed)?;
        page.render_options_section(&mut text).map_err(failed)?;
    }
    to_stdout(&text).map(|()| Status::Good)
}
