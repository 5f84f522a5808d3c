//! `number-conversion`: the sample SOAP service as a program.

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use number_conversion::{CallLog, SERVICE_PATH, check_health, health_url, server};

/// The NumberConversion sample SOAP service.
#[derive(Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    listen: Listen,
}

#[derive(Args)]
struct Listen {
    /// Address and port of the service; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8081")]
    listen: String,
}

#[derive(Subcommand)]
enum Command {
    /// Ask a running service whether it is well; the exit status is 0 or 1
    Health {
        /// URL to ask, instead of the one that follows from --listen
        #[arg(long, conflicts_with = "listen")]
        url: Option<String>,
        #[command(flatten)]
        listen: Listen,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        None => run(&arguments.listen.listen),
        Some(Command::Health { url, listen }) => {
            check_health(&url.unwrap_or_else(|| health_url(&listen.listen))).map_err(Into::into)
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // With stderr closed, the exit status alone has to tell.
            let _ = writeln!(std::io::stderr(), "number-conversion: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(listen: &str) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before the address is printed, so that whoever waits for it can stop the program at once.
        let stop = stop_signal()?;
        let listener = server::bind(listen)?;
        let address = listener.local_addr()?;
        // The service is of use without anybody reading its standard output.
        let _ = writeln!(
            std::io::stdout(),
            "number-conversion listens on http://{address}{SERVICE_PATH}"
        );
        server::serve(listener, CallLog::Stderr, stop).await?;
        Ok(())
    })
}

/// Ready at SIGTERM or Ctrl-C.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ready at Ctrl-C.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
    Ok(async {
        // Without a handler the program ends the hard way, which loses nothing.
        let _ = tokio::signal::ctrl_c().await;
    })
}
