//! `validate-jwt`: check, explain and import configurations of the filter.

use clap::Parser as _;
use validate_jwt_cli::args::Arguments;
use validate_jwt_cli::commands;

fn main() -> std::process::ExitCode {
    commands::run(Arguments::parse()).into()
}
