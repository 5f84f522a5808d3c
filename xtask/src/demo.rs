//! `cargo xtask demo`: emulator, service and gateway on this machine, and the story that shows what they do.

mod addresses;
mod bootstrap;
mod client;
mod gateway;
mod program;
mod proof;
mod registrations;
mod story;
mod system;
mod terminal;
mod yaml;

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use registrations::Registrations;
pub(crate) use system::{Ports, System};
use terminal::Terminal;

/// How often is looked whether all programs still run.
const LOOK: Duration = Duration::from_millis(500);

/// What `cargo xtask demo` takes. A port that is not given is one that is free.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// End after the story; the exit status is 0 if everything came out as told
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    ports: Ports,
}

/// Starts all, tells the story, and stays until Ctrl-C unless told otherwise.
///
/// # Errors
///
/// When something cannot be started, ends by itself, or a step of the story does not come out as told.
pub(crate) fn run(options: &Options) -> Result<()> {
    let terminal = Terminal::new();
    let interrupted = interruption()?;
    let mut system = System::start(&options.ports, "demo")?;

    introduce(&terminal, &system);
    let addresses = story::Addresses {
        gateway: system.gateway.address(),
        admin: system.gateway.admin(),
        emulator: system.emulator_http(),
        log: system.gateway.log().to_owned(),
    };
    let told = story::tell(&terminal, &Registrations::read()?, &addresses);
    // A gateway that died explains a step that failed.
    system.gateway.check()?;
    let told = told?;
    let mut all_as_told = told.all_as_told;
    if options.once {
        all_as_told &= proof::holds(&terminal, &told.commands)?;
    } else {
        terminal.line("Which check a token fails, and why, check by check:");
        terminal.line("");
        terminal.line(&format!(
            "  cargo run -q -p validate-jwt-cli -- explain --token \"$WITHOUT_ROLE\" \\\n    --config '{}' --fetch --ca '{}'",
            system.gateway.configuration().display(),
            system.ca_file.display()
        ));
        terminal.line("");
        terminal.line("Everything stays up for the commands above. Ctrl-C ends it.");
        wait(&interrupted, &mut system)?;
    }
    if !all_as_told {
        bail!(
            "not everything came out as told; the logs are in {}",
            system.folder.display()
        );
    }
    Ok(())
}

/// Waits until the user has seen enough, or something ends by itself.
fn wait(interrupted: &Receiver<()>, system: &mut System) -> Result<()> {
    while let Err(RecvTimeoutError::Timeout) = interrupted.recv_timeout(LOOK) {
        // At Ctrl-C a terminal ends all programs at once; that is no failure of theirs.
        if let Err(error) = system.check() {
            return match interrupted.recv_timeout(LOOK) {
                Err(RecvTimeoutError::Timeout) => Err(error),
                Ok(()) | Err(RecvTimeoutError::Disconnected) => Ok(()),
            };
        }
    }
    Ok(())
}

/// Gets something at Ctrl-C or SIGTERM, which from now on do not end this process: first it ends what it started.
fn interruption() -> Result<Receiver<()>> {
    let (sender, receiver) = mpsc::channel();
    ctrlc::set_handler(move || {
        let _nobody_waits_any_more = sender.send(());
    })
    .context("cannot watch for Ctrl-C")?;
    Ok(receiver)
}

fn introduce(terminal: &Terminal, system: &System) {
    let row = |name: &str, address: SocketAddr, what: &str| {
        terminal.line(&format!("  {name:<18} http://{address}  {what}"));
    };
    terminal.line("");
    row("gateway", system.gateway.address(), "Envoy with the filter");
    row(
        "entra-emulator",
        system.emulator_http(),
        "stands in for Entra ID",
    );
    terminal.line(&format!(
        "  {:<18} {}  the same by HTTPS; its CA is in {}",
        "",
        system.emulator_https,
        system.ca_file.display()
    ));
    row(
        "number-conversion",
        system.backend.address(),
        "the SOAP service behind the gateway",
    );
    row(
        "administration",
        system.gateway.admin(),
        "Envoy's own: /stats, /config_dump",
    );
    let configuration = system.gateway.configuration();
    terminal.line(&format!(
        "  {:<18} {}",
        "configuration",
        configuration.display()
    ));
    terminal.line(&format!("  {:<18} {}", "logs", system.folder.display()));
    terminal.line("");
}
