//! Accepting connections and ending them in order.

use std::{pin::pin, sync::Arc, time::Duration};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use crate::{app::App, base_address::Scheme};

/// More than a load test on one machine opens; further ones wait in the system's queue.
const MAX_CONNECTIONS: u32 = 1024;

/// Head of a request in bytes; a real client sends less than one KiB.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// Header fields of a request.
const MAX_HEADERS: usize = 64;

/// Time for a request head, and so for a connection to be idle. Longer than the idle time of common
/// clients (Go: 90 s), so that it is they who close.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// Time for a TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Time that requests under way have left after the end was asked for.
const GRACE: Duration = Duration::from_secs(3);

/// Pause after a failed accept, as when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The bound sockets.
pub(crate) struct Listeners {
    pub(crate) http: Option<TcpListener>,
    pub(crate) https: Option<(TcpListener, TlsAcceptor)>,
}

/// Serves until `end` changes or its sender goes, then lets requests under way finish.
pub(crate) async fn serve(app: Arc<App>, listeners: Listeners, mut end: watch::Receiver<()>) {
    let slots = Arc::new(Semaphore::new(
        usize::try_from(MAX_CONNECTIONS).unwrap_or(Semaphore::MAX_PERMITS),
    ));
    let server = Server {
        app,
        end: end.clone(),
        slots: Arc::clone(&slots),
    };
    let mut accepting = JoinSet::new();
    if let Some(listener) = listeners.http {
        accepting.spawn(server.clone().accept(listener, None));
    }
    if let Some((listener, acceptor)) = listeners.https {
        accepting.spawn(server.clone().accept(listener, Some(acceptor)));
    }
    drop(server);
    let _ = end.changed().await;
    // When this returns, the ports are free.
    while accepting.join_next().await.is_some() {}
    // All slots are free again when the last connection is gone.
    let _ = timeout(GRACE, slots.acquire_many(MAX_CONNECTIONS)).await;
}

#[derive(Clone)]
struct Server {
    app: Arc<App>,
    end: watch::Receiver<()>,
    slots: Arc<Semaphore>,
}

impl Server {
    async fn accept(mut self, listener: TcpListener, tls: Option<TlsAcceptor>) {
        loop {
            let next = async {
                let slot = Arc::clone(&self.slots).acquire_owned().await;
                (slot, listener.accept().await)
            };
            let (slot, accepted) = tokio::select! {
                next = next => next,
                _ = self.end.changed() => return,
            };
            let Ok(slot) = slot else { return };
            match accepted {
                Ok((stream, _)) => {
                    tokio::spawn(self.clone().connection(stream, tls.clone(), slot));
                }
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    async fn connection(
        self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        slot: OwnedSemaphorePermit,
    ) {
        let _ = stream.set_nodelay(true);
        match tls {
            None => self.exchange(stream, Scheme::Http).await,
            Some(tls) => match timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
                Ok(Ok(stream)) => self.exchange(stream, Scheme::Https).await,
                Ok(Err(error)) => self.app.log(format_args!("TLS handshake failed: {error}")),
                Err(_) => {}
            },
        }
        drop(slot);
    }

    async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(mut self, stream: S, scheme: Scheme) {
        let app = Arc::clone(&self.app);
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = Arc::clone(&app).answer(scheme, request);
            async move { Ok::<_, std::convert::Infallible>(answer.await) }
        });
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .max_buf_size(MAX_HEAD_BYTES)
                .max_headers(MAX_HEADERS)
                .serve_connection(TokioIo::new(stream), service)
        );
        tokio::select! {
            _ = connection.as_mut() => return,
            _ = self.end.changed() => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}
