//! Binding, serving and stopping.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::http::{CallLog, SERVICE_PATH, router};

/// Time for calls that run when the service is told to stop; each takes well under a second.
const GRACE: Duration = Duration::from_secs(3);

/// The service on a thread of its own; dropping it stops it and waits until it has stopped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Server {
    /// Starts on `listen`, as `127.0.0.1:0`. Connections are accepted from the moment this returns.
    ///
    /// # Errors
    ///
    /// [`BindError`] when the address cannot be used.
    pub fn start(listen: &str, log: CallLog) -> Result<Self, BindError> {
        let listener = bind(listen)?;
        let failed = |error| BindError {
            listen: listen.to_owned(),
            error,
        };
        let address = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let (stop, stopped) = oneshot::channel();
        let run = move || {
            runtime.block_on(serve(listener, log, async {
                // A sender dropped means the same as a sender used.
                let _ = stopped.await;
            }))
        };
        let thread = std::thread::Builder::new()
            .name("number-conversion".into())
            .spawn(run)
            .map_err(failed)?;
        Ok(Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address it listens on, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// URL of the SOAP endpoint.
    pub fn url(&self) -> String {
        format!("http://{}{SERVICE_PATH}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // It ends within the grace time; how it ended is of no use to whoever drops the server.
            let _ = thread.join();
        }
    }
}

/// Serves on `listener` until `stop` is ready, then lets running calls end, but not longer than a few seconds.
///
/// # Errors
///
/// When the listener cannot be handed to the runtime.
pub async fn serve(
    listener: TcpListener,
    log: CallLog,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (stopping, has_stopped) = oneshot::channel::<()>();
    let server = axum::serve(listener, router(log)).with_graceful_shutdown(async {
        stop.await;
        drop(stopping);
    });
    tokio::select! {
        served = server => served,
        () = async { let _ = has_stopped.await; tokio::time::sleep(GRACE).await } => Ok(()),
    }
}

/// Binds to `listen`, `ADDRESS:PORT`; port 0 takes a free one.
///
/// # Errors
///
/// [`BindError`], whose message says what to do.
pub fn bind(listen: &str) -> Result<TcpListener, BindError> {
    TcpListener::bind(listen).map_err(|error| BindError {
        listen: listen.to_owned(),
        error,
    })
}

/// The address to listen on cannot be used.
#[derive(Debug)]
pub struct BindError {
    listen: String,
    error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { listen, error } = self;
        match error.kind() {
            io::ErrorKind::AddrInUse => write!(
                out,
                "{listen} is in use by another program; stop that one, or choose another port with --listen ADDRESS:PORT."
            ),
            io::ErrorKind::PermissionDenied => {
                write!(
                    out,
                    "no permission to listen on {listen}; choose a port above 1023 with --listen ADDRESS:PORT."
                )
            }
            io::ErrorKind::AddrNotAvailable => {
                write!(
                    out,
                    "{listen} is no address of this machine; use 127.0.0.1 or 0.0.0.0 with --listen ADDRESS:PORT."
                )
            }
            _ => write!(
                out,
                "cannot listen on {listen} ({error}); give --listen ADDRESS:PORT, as 127.0.0.1:8081."
            ),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}
