//! `cargo xtask demo`: emulator, service and gateway on this machine, and the story that shows what they do.

mod addresses;
mod bootstrap;
mod client;
mod gateway;
mod program;
mod registrations;
mod story;
mod terminal;
mod yaml;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::{build, envoy, workspace};
use addresses::free_or_chosen;
use gateway::Gateway;
use program::Program;
use registrations::Registrations;
use terminal::Terminal;

/// How often is looked whether all programs still run.
const LOOK: Duration = Duration::from_millis(500);

/// What `cargo xtask demo` takes. A port that is not given is one that is free.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// End after the story; the exit status is 0 if everything came out as told
    #[arg(long)]
    once: bool,
    /// Port of the gateway
    #[arg(long, value_name = "PORT")]
    gateway_port: Option<u16>,
    /// Port of the Entra emulator
    #[arg(long, value_name = "PORT")]
    emulator_port: Option<u16>,
    /// Port of the NumberConversion service
    #[arg(long, value_name = "PORT")]
    backend_port: Option<u16>,
    /// Port of Envoy's administration interface
    #[arg(long, value_name = "PORT")]
    admin_port: Option<u16>,
}

/// Starts all, tells the story, and stays until Ctrl-C unless told otherwise.
///
/// # Errors
///
/// When something cannot be started, ends by itself, or a step of the story does not come out as told.
pub(crate) fn run(options: &Options) -> Result<()> {
    let gateway_address = free_or_chosen(options.gateway_port, "--gateway-port")?;
    let emulator_address = free_or_chosen(options.emulator_port, "--emulator-port")?;
    let backend_address = free_or_chosen(options.backend_port, "--backend-port")?;
    let admin_address = free_or_chosen(options.admin_port, "--admin-port")?;

    let terminal = Terminal::new();
    let interrupted = interruption()?;
    let envoy = envoy::ensure()?;
    let module = build::module()?;
    let programs = program::build(&["entra-emulator", "number-conversion"])?;
    let folder = workspace::target_dir()?.join("demo");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;

    let bootstrap = bootstrap::Bootstrap::read(&workspace::root().join("envoy/envoy.yaml"))?;
    let emulator = Program::start(
        programs.get("entra-emulator")?,
        &[
            "--http",
            &emulator_address.to_string(),
            // The gateway's policy knows the emulator by this name, whatever its address is.
            "--issuer-base",
            bootstrap.authentication_endpoint()?,
        ],
        &folder,
    )?;
    let backend = Program::start(
        programs.get("number-conversion")?,
        &["--listen", &backend_address.to_string()],
        &folder,
    )?;
    let document = bootstrap.at(&bootstrap::Addresses {
        gateway: gateway_address,
        admin: admin_address,
        entra: emulator.address(),
        backend: backend.address(),
        module,
    })?;
    let mut gateway = Gateway::start(&envoy, &document, &folder)?;

    introduce(&terminal, &gateway, &emulator, &backend, &folder);
    let addresses = story::Addresses {
        gateway: gateway.address(),
        emulator: emulator.address(),
    };
    let all_as_told = story::tell(&terminal, &Registrations::read()?, &addresses);
    // A gateway that died explains a step that failed.
    gateway.check()?;
    let all_as_told = all_as_told?;
    if !options.once {
        terminal.line("Everything stays up for the commands above. Ctrl-C ends it.");
        wait(&interrupted, &mut gateway, &mut [emulator, backend])?;
    }
    if !all_as_told {
        bail!(
            "not everything came out as told; the logs are in {}",
            folder.display()
        );
    }
    Ok(())
}

/// Waits until the user has seen enough, or something ends by itself.
fn wait(interrupted: &Receiver<()>, gateway: &mut Gateway, programs: &mut [Program]) -> Result<()> {
    while let Err(RecvTimeoutError::Timeout) = interrupted.recv_timeout(LOOK) {
        // At Ctrl-C a terminal ends all programs at once; that is no failure of theirs.
        let outcome = gateway
            .check()
            .and_then(|()| programs.iter_mut().try_for_each(Program::check));
        if let Err(error) = outcome {
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

fn introduce(
    terminal: &Terminal,
    gateway: &Gateway,
    emulator: &Program,
    backend: &Program,
    folder: &Path,
) {
    let row = |name: &str, address: SocketAddr, what: &str| {
        terminal.line(&format!("  {name:<18} http://{address}  {what}"));
    };
    terminal.line("");
    row("gateway", gateway.address(), "Envoy with the filter");
    row(
        "entra-emulator",
        emulator.address(),
        "stands in for Entra ID",
    );
    row(
        "number-conversion",
        backend.address(),
        "the SOAP service behind the gateway",
    );
    row(
        "administration",
        gateway.admin(),
        "Envoy's own: /stats, /config_dump",
    );
    terminal.line(&format!("  {:<18} {}", "logs", folder.display()));
    terminal.line("");
}
