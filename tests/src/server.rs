//! A blocking HTTP/1.1 server on a port of the kernel's choice, a thread for each connection.

use std::io::Write as _;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::wire::{Head, Headers, Kind, Reader};

/// A request that has been read to its end.
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

/// What a handler wants done.
pub(crate) enum Answer {
    /// These bytes, and the connection stays.
    Bytes(Vec<u8>),
    /// These bytes, and the connection ends.
    Last(Vec<u8>),
    /// Nothing until the server is stopped or the client gives up.
    Silence,
}

/// Stops accepting and ends all connections when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    acceptor: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(handle: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("an address");
        let stopping = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Mutex::new(Vec::new()));
        let handle = Arc::new(handle);
        let acceptor = thread::spawn({
            let (stopping, connections) = (Arc::clone(&stopping), Arc::clone(&connections));
            move || {
                for stream in listener.incoming() {
                    if stopping.load(Ordering::SeqCst) {
                        return;
                    }
                    let Ok(stream) = stream else { continue };
                    let Ok(other) = stream.try_clone() else {
                        continue;
                    };
                    connections.lock().unwrap().push(other);
                    let handle = Arc::clone(&handle);
                    thread::spawn(move || serve(stream, handle.as_ref()));
                }
            }
        });
        Self {
            address,
            stopping,
            connections,
            acceptor: Some(acceptor),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // The acceptor waits in accept(): one more connection lets it look at `stopping`.
        let _wakes_acceptor = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ended = acceptor.join();
        }
        for stream in self.connections.lock().unwrap().drain(..) {
            let _already_closed = stream.shutdown(Shutdown::Both);
        }
    }
}

fn serve(mut stream: TcpStream, handle: &impl Fn(&Received) -> Answer) {
    let Ok(source) = stream.try_clone() else {
        return;
    };
    let mut reader = Reader::new(source);
    while let Ok(Some(head)) = reader.head(Kind::Request) {
        let Ok(body) = reader.body(&head) else { break };
        let Head::Request {
            method,
            path,
            headers,
        } = head
        else {
            break;
        };
        let received = Received {
            method,
            path,
            headers,
            body,
        };
        let written = match handle(&received) {
            Answer::Bytes(bytes) => stream.write_all(&bytes).is_ok(),
            Answer::Last(bytes) => {
                let _client_gone = stream.write_all(&bytes);
                false
            }
            // Reads on, which ends when either side closes.
            Answer::Silence => true,
        };
        if !written {
            break;
        }
    }
    let _already_closed = stream.shutdown(Shutdown::Both);
}

/// A complete response message.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} -\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        bytes.push_str(&format!("{name}: {value}\r\n"));
    }
    bytes.push_str("\r\n");
    [bytes.as_bytes(), body].concat()
}
