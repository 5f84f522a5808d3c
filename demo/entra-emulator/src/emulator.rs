//! Configuring, starting and stopping an emulator.

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener as StdListener},
    path::PathBuf,
    sync::Arc,
    thread::{self, JoinHandle},
};

use thiserror::Error;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::watch,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    BaseAddress, Registrations,
    app::App,
    connections::{self, Listeners},
    key_set::KeySet,
    state_file::{StateFile, StateFileError},
    tls::{CertificateAuthority, TlsError},
};

/// One for tokens to be signed on, one for everything else to go on meanwhile.
const WORKERS: usize = 2;

/// An emulator to be started. At least one of [`http`](Self::http) and [`https`](Self::https) must be named.
#[derive(Debug)]
pub struct Emulator {
    registrations: Registrations,
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    tls_names: Vec<String>,
    ca_file: Option<PathBuf>,
    state_dir: Option<PathBuf>,
    issuer_base: Option<BaseAddress>,
    token_lifetime: Option<u32>,
    knobs_enabled: bool,
    log_requests: bool,
}

/// A running emulator; dropping it stops it.
#[derive(Debug)]
pub struct RunningEmulator {
    http: Option<SocketAddr>,
    https: Option<SocketAddr>,
    ca_pem: Option<String>,
    end: Option<watch::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// An emulator could not be started.
#[derive(Debug, Error)]
pub enum StartError {
    /// Neither HTTP nor HTTPS was asked for.
    #[error("no address to listen on; name one with --http, --https or both")]
    NoAddress,
    /// An address cannot be listened on.
    #[error("{address}: {}", bind_advice(.source.kind(), *.address, .option).unwrap_or_else(|| .source.to_string()))]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The option that names it.
        option: &'static str,
        /// The system's word.
        source: io::Error,
    },
    /// No keys could be made.
    #[error("{0}")]
    Keys(String),
    /// The keys cannot be kept.
    #[error(transparent)]
    State(#[from] StateFileError),
    /// HTTPS cannot be offered.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The CA's certificate cannot be handed out as a file.
    #[error("{}: {source}; name a writable file with --ca-file", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// The system gives no thread or event queue.
    #[error("the server cannot start: {0}")]
    System(#[from] io::Error),
}

impl Emulator {
    /// An emulator with these registrations, knobs on, keys in memory, and no address yet.
    #[must_use]
    pub fn new(registrations: Registrations) -> Self {
        Self {
            registrations,
            http: None,
            https: None,
            tls_names: Vec::new(),
            ca_file: None,
            state_dir: None,
            issuer_base: None,
            token_lifetime: None,
            knobs_enabled: true,
            log_requests: false,
        }
    }

    /// Listens for HTTP; port 0 takes a free one.
    #[must_use]
    pub fn http(mut self, address: SocketAddr) -> Self {
        self.http = Some(address);
        self
    }

    /// Listens for HTTPS; port 0 takes a free one.
    #[must_use]
    pub fn https(mut self, address: SocketAddr) -> Self {
        self.https = Some(address);
        self
    }

    /// Another name or IP address for the server certificate, besides those of the local machine.
    #[must_use]
    pub fn tls_name(mut self, name: impl Into<String>) -> Self {
        self.tls_names.push(name.into());
        self
    }

    /// Writes the CA's certificate to a file (PEM).
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ca_file = Some(path.into());
        self
    }

    /// Keeps signing keys and CA in this directory, so that they outlive the process.
    #[must_use]
    pub fn state_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_dir = Some(path.into());
        self
    }

    /// The start of issuers and links; without it they start with the address a request was sent to.
    #[must_use]
    pub fn issuer_base(mut self, base: BaseAddress) -> Self {
        self.issuer_base = Some(base);
        self
    }

    /// Lifetime of all tokens in seconds, instead of 60 to 90 minutes at random.
    #[must_use]
    pub fn token_lifetime(mut self, seconds: u32) -> Self {
        self.token_lifetime = Some(seconds);
        self
    }

    /// Whether `POST /emulator/…` is allowed.
    #[must_use]
    pub fn knobs(mut self, enabled: bool) -> Self {
        self.knobs_enabled = enabled;
        self
    }

    /// Whether a line per request goes to standard error: method, path and status, no secrets.
    #[must_use]
    pub fn log_requests(mut self, enabled: bool) -> Self {
        self.log_requests = enabled;
        self
    }

    /// Binds the addresses, makes or takes up the keys, and serves on threads of its own. When this
    /// returns, requests are answered. It can be called from synchronous and asynchronous code; it takes
    /// some tenths of a second when keys are made.
    ///
    /// # Errors
    /// Says what to change; see [`StartError`].
    pub fn start(self) -> Result<RunningEmulator, StartError> {
        if self.http.is_none() && self.https.is_none() {
            return Err(StartError::NoAddress);
        }
        let http = self
            .http
            .map(|address| bind(address, "--http"))
            .transpose()?;
        let https = self
            .https
            .map(|address| bind(address, "--https"))
            .transpose()?;
        let state = self.state_dir.as_deref().map(StateFile::open).transpose()?;
        let keys = signing_keys(state.as_ref())?;
        let tls = match https {
            Some(listener) => {
                let ca = CertificateAuthority::open(state.as_ref())?;
                let config = ca.server_config(&self.tls_names)?;
                Some((listener, ca.pem().to_owned(), TlsAcceptor::from(config)))
            }
            None => None,
        };
        let ca_pem = tls.as_ref().map(|(_, pem, _)| pem.clone());
        if let (Some(path), Some(pem)) = (&self.ca_file, &ca_pem) {
            fs::write(path, pem).map_err(|source| StartError::CaFile {
                path: path.clone(),
                source,
            })?;
        }
        let mut app = App::new(self.registrations, keys);
        app.issuer_base = self.issuer_base;
        app.token_lifetime = self.token_lifetime;
        app.knobs_enabled = self.knobs_enabled;
        app.log_requests = self.log_requests;
        app.ca_pem = ca_pem.clone();
        app.state_file = state;

        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .enable_all()
            .build()?;
        let http_address = http.as_ref().map(StdListener::local_addr).transpose()?;
        let https_address = tls
            .as_ref()
            .map(|(listener, ..)| listener.local_addr())
            .transpose()?;
        let listeners = {
            let _entered = runtime.enter();
            Listeners {
                http: http.map(TcpListener::from_std).transpose()?,
                https: tls
                    .map(|(listener, _, acceptor)| {
                        Ok::<_, io::Error>((TcpListener::from_std(listener)?, acceptor))
                    })
                    .transpose()?,
            }
        };
        let (end, ended) = watch::channel(());
        let thread = thread::Builder::new()
            .name("entra-emulator".to_owned())
            .spawn(move || run(runtime, Arc::new(app), listeners, ended))?;
        Ok(RunningEmulator {
            http: http_address,
            https: https_address,
            ca_pem,
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl RunningEmulator {
    /// Where it listens for HTTP.
    #[must_use]
    pub fn http_address(&self) -> Option<SocketAddr> {
        self.http
    }

    /// Where it listens for HTTPS.
    #[must_use]
    pub fn https_address(&self) -> Option<SocketAddr> {
        self.https
    }

    /// A base address for this machine, such as `http://127.0.0.1:8080`.
    #[must_use]
    pub fn http_url(&self) -> Option<String> {
        self.http
            .map(|address| format!("http://{}", reachable(address)))
    }

    /// A base address for this machine, such as `https://localhost:8443`.
    #[must_use]
    pub fn https_url(&self) -> Option<String> {
        self.https.map(|address| match reachable(address) {
            SocketAddr::V4(local) if local.ip().is_loopback() => {
                format!("https://localhost:{}", local.port())
            }
            other => format!("https://{other}"),
        })
    }

    /// The certificate (PEM) that clients of the HTTPS address must trust.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Stops listening, lets requests under way finish for at most three seconds, and waits for that.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for RunningEmulator {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // It fails only if the server panicked, and a destructor has nobody to tell.
            let _ = thread.join();
        }
    }
}

fn run(runtime: Runtime, app: Arc<App>, listeners: Listeners, ended: watch::Receiver<()>) {
    runtime.block_on(connections::serve(app, listeners, ended));
    runtime.shutdown_background();
}

fn bind(address: SocketAddr, option: &'static str) -> Result<StdListener, StartError> {
    let bound = StdListener::bind(address)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    bound.map_err(|source| StartError::Bind {
        address,
        option,
        source,
    })
}

fn bind_advice(kind: io::ErrorKind, address: SocketAddr, option: &str) -> Option<String> {
    let other = SocketAddr::new(address.ip(), 0);
    match kind {
        io::ErrorKind::AddrInUse => Some(format!(
            "the port is in use by another program; end that program or choose another port with {option} \
             ({option} {other} takes a free one)"
        )),
        io::ErrorKind::PermissionDenied => Some(format!(
            "this user may not listen there; choose a port above 1023 with {option}"
        )),
        io::ErrorKind::AddrNotAvailable => Some(format!(
            "this machine has no such address; use {option} 127.0.0.1:{0}, or {option} 0.0.0.0:{0} for all addresses",
            address.port()
        )),
        _ => None,
    }
}

fn signing_keys(state: Option<&StateFile>) -> Result<KeySet, StartError> {
    if let Some(keys) = state.map(StateFile::keys).transpose()?.flatten() {
        return Ok(keys);
    }
    let keys = KeySet::generate().map_err(|error| StartError::Keys(error.to_string()))?;
    if let Some(state) = state {
        state.store_keys(&keys.all())?;
    }
    Ok(keys)
}

/// The address to connect to: that of all interfaces is reached through the loopback one.
pub(crate) fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}
