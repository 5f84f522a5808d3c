//! The project's one entry point: `cargo xtask COMMAND`.

mod bench;
mod build;
mod ci;
mod clients;
mod compose;
mod demo;
mod envoy;
mod slim;
mod test;
mod toolchain;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, test and show the filter")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the filter into dist/validate_jwt.wasm
    Build,
    /// Build the filter and run every test of the workspace, those in a real Envoy included
    Test(test::Options),
    /// Start emulator, service and gateway on this machine and show what the filter does
    Demo(demo::Options),
    /// Measure the filter in Envoy beside Envoy's own
    Bench(bench::Options),
    /// Run the libraries that people use, MSAL and zeep, against emulator and gateway
    Clients,
    /// Run docker-compose.yml and docs/walkthrough.md, where a Docker engine answers
    ComposeTest,
    /// Run what has to pass before a change is taken
    Ci,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Command::Build => build::run(),
        Command::Test(options) => test::run(&options),
        Command::Demo(options) => demo::run(&options),
        Command::Bench(options) => bench::run(&options),
        Command::Clients => clients::run(),
        Command::ComposeTest => compose::run(),
        Command::Ci => ci::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
