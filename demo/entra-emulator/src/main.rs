//! The `entra-emulator` command.

use std::{error::Error, io::Write as _, net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use entra_emulator::{BaseAddress, Emulator, Registrations, RunningEmulator, check_health};
use tokio::signal;

/// A development stand-in for Entra ID: app registrations, client credentials, discovery and keys.
/// Never for production.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Command {
    /// Exits with 0 if the emulator at the address answers, with 1 if not.
    Health {
        /// HTTP address of the running emulator; 0.0.0.0 means this machine.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
        http: SocketAddr,
    },
}

#[derive(clap::Args)]
struct Serve {
    /// Listen for HTTP here, such as 127.0.0.1:8080; port 0 takes a free one.
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Listen for HTTPS here, such as 127.0.0.1:8443.
    #[arg(long, value_name = "ADDR")]
    https: Option<SocketAddr>,
    /// Tenants and applications (JSON); without it the built-in set.
    #[arg(long, value_name = "FILE")]
    registrations: Option<PathBuf>,
    /// Another host name or IP address for the server certificate; repeatable.
    #[arg(long, value_name = "NAME", requires = "https")]
    tls_name: Vec<String>,
    /// Write the certificate of the CA here (PEM).
    #[arg(long, value_name = "FILE", requires = "https")]
    ca_file: Option<PathBuf>,
    /// Keep signing keys and CA here; without it they are new on every start.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Start of issuers and links; without it the address a request was sent to.
    #[arg(long, value_name = "URL", value_parser = BaseAddress::parse)]
    issuer_base: Option<BaseAddress>,
    /// Lifetime of tokens, 1 to 86400; without it 3600 to 5399 at random, as Entra does.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=86_400))]
    token_lifetime: Option<u32>,
    /// Refuse POST /emulator/…, by which anybody who reaches the emulator can make it misbehave.
    #[arg(long)]
    no_knobs: bool,
    /// No line per request on standard error.
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Some(Command::Health { http }) => check_health(http)
            .map_err(|error| format!("no healthy emulator at {http}: {error}").into()),
        None => serve(arguments.serve),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("entra-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(options: Serve) -> Result<(), Box<dyn Error>> {
    let registrations = match &options.registrations {
        Some(path) => Registrations::from_file(path)?,
        None => Registrations::built_in()?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // Handlers first: as process 1 of a container nothing else would end it.
    let signals = runtime.block_on(async { Signals::listen() })?;
    let emulator = configure(registrations, options).start()?;
    announce(&emulator);
    runtime.block_on(signals.wait());
    emulator.stop();
    Ok(())
}

fn configure(registrations: Registrations, options: Serve) -> Emulator {
    let mut emulator = Emulator::new(registrations)
        .knobs(!options.no_knobs)
        .log_requests(!options.quiet);
    if let Some(address) = options.http {
        emulator = emulator.http(address);
    }
    if let Some(address) = options.https {
        emulator = emulator.https(address);
    }
    for name in options.tls_name {
        emulator = emulator.tls_name(name);
    }
    if let Some(path) = options.ca_file {
        emulator = emulator.ca_file(path);
    }
    if let Some(path) = options.state_dir {
        emulator = emulator.state_dir(path);
    }
    if let Some(base) = options.issuer_base {
        emulator = emulator.issuer_base(base);
    }
    if let Some(seconds) = options.token_lifetime {
        emulator = emulator.token_lifetime(seconds);
    }
    emulator
}

/// Says where to find it. That nobody reads this is no reason to end, so errors are dropped.
fn announce(emulator: &RunningEmulator) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "entra-emulator is ready (for development only)");
    if let Some(url) = emulator.http_url() {
        let _ = writeln!(out, "  {url}/");
    }
    if let Some(url) = emulator.https_url() {
        let _ = writeln!(out, "  {url}/  (its CA: {url}/ca.pem)");
    }
}

/// What asks a process to end.
struct Signals {
    #[cfg(unix)]
    terminate: signal::unix::Signal,
    #[cfg(unix)]
    interrupt: signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> std::io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    #[cfg(unix)]
    async fn wait(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> std::io::Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn wait(self) {
        let _ = signal::ctrl_c().await;
    }
}
