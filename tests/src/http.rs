//! A client that sends exactly the bytes that it is told.

use std::fmt;
use std::io::{self, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

use crate::wire::{Head, Headers, Kind, Reader};

/// Longer than any time-out of the filter or of Envoy that a test waits for.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A request whose header values are bytes. Nothing is checked or put in order.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without headers and body; `host` and `content-length` are added when it is sent.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// `GET`.
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// `POST` with a body.
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut request = Self::new("POST", path);
        request.body = body.into();
        request
    }

    /// Adds a header after those that are there, also when its name is among them.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers
            .push((name.as_ref().to_vec(), value.as_ref().to_vec()));
        self
    }

    /// Adds `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: impl AsRef<[u8]>) -> Self {
        let value = [b"Bearer ".as_slice(), token.as_ref()].concat();
        self.header("Authorization", value)
    }

    /// Sends it over a connection of its own.
    pub fn send(&self, address: SocketAddr) -> Response {
        Connection::open(address).send(self)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        let has = |name: &[u8]| {
            let mut all = self.headers.iter();
            all.any(|(found, _)| found.eq_ignore_ascii_case(name))
        };
        if !has(b"host") {
            bytes.extend_from_slice(b"Host: localhost\r\n");
        }
        if !self.body.is_empty() && !has(b"content-length") && !has(b"transfer-encoding") {
            let length = format!("Content-Length: {}\r\n", self.body.len());
            bytes.extend_from_slice(length.as_bytes());
        }
        for (name, value) in &self.headers {
            for part in [name.as_slice(), b": ", value, b"\r\n"] {
                bytes.extend_from_slice(part);
            }
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// `GET path` over a connection of its own.
pub fn get(address: SocketAddr, path: &str, headers: &[(&str, &[u8])]) -> Response {
    let request = Request::get(path);
    let add = |request: Request, (name, value): &(&str, &[u8])| request.header(name, value);
    headers.iter().fold(request, add).send(address)
}

/// Sends `request` once over each of `count` connections that are all open at the same time. With Envoy's exact
/// balancing, that reaches every worker if `count` is no smaller than their number.
pub fn over_connections(count: usize, address: SocketAddr, request: &Request) -> Vec<Response> {
    let mut connections: Vec<_> = (0..count).map(|_| Connection::open(address)).collect();
    let send = |connection: &mut Connection| connection.send(request);
    connections.iter_mut().map(send).collect()
}

/// A kept-alive connection.
pub struct Connection {
    stream: TcpStream,
    reader: Reader<TcpStream>,
}

impl Connection {
    /// Connects.
    pub fn open(address: SocketAddr) -> Self {
        Self::try_open(address)
            .unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"))
    }

    /// Connects, if somebody listens there.
    pub fn try_open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        stream.set_nodelay(true)?;
        let reader = Reader::new(stream.try_clone()?);
        Ok(Self { stream, reader })
    }

    /// Sends a request and waits for its answer.
    pub fn send(&mut self, request: &Request) -> Response {
        self.try_send(request)
            .unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Sends a request and waits for its answer; an error when the connection ends before or the time is over.
    pub fn try_send(&mut self, request: &Request) -> io::Result<Response> {
        self.write(&request.bytes());
        self.read_after(&request.method)
    }

    /// Sends a request and does not wait; [`read`](Self::read) takes the answer.
    pub fn start(&mut self, request: &Request) {
        self.write(&request.bytes());
    }

    /// Sends bytes as they are.
    pub fn write(&mut self, bytes: &[u8]) {
        // A server that has already refused the request may have closed; its answer is still there to be read.
        let _refused_early = self.stream.write_all(bytes);
    }

    /// Waits for the answer to a request that was not `HEAD`.
    pub fn read(&mut self) -> Response {
        self.try_read()
            .unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// As [`read`](Self::read); an error when the connection ends before or the time is over.
    pub fn try_read(&mut self) -> io::Result<Response> {
        self.read_after("GET")
    }

    /// Waits for the answer to a request that was not `HEAD`, or the end of the connection.
    ///
    /// # Panics
    ///
    /// When neither comes before the time-out.
    pub fn read_if_any(&mut self) -> Option<Response> {
        match self.read_after("GET") {
            Ok(response) => Some(response),
            Err(error) => {
                let timed_out = [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut];
                assert!(!timed_out.contains(&error.kind()), "neither answer nor end");
                None
            }
        }
    }

    /// Whether the server has closed the connection or does so before the time-out.
    pub fn is_closed(&mut self) -> bool {
        !matches!(self.reader.head(Kind::Response), Ok(Some(_)))
    }

    fn read_after(&mut self, method: &str) -> io::Result<Response> {
        let Some(head) = self.reader.head(Kind::Response)? else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        let body = match method {
            "HEAD" => Vec::new(),
            _ => self.reader.body(&head)?,
        };
        match head {
            Head::Response { status, headers } => Ok(Response {
                status,
                headers,
                body,
            }),
            Head::Request { .. } => unreachable!("a response was asked for"),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _already_closed = self.stream.shutdown(Shutdown::Both);
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// In the order in which they came, names as they came.
    pub headers: Headers,
    /// All of it.
    pub body: Vec<u8>,
}

impl Response {
    /// The value of a header.
    ///
    /// # Panics
    ///
    /// When the header is there more than once or is not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let all = self.headers_named(name);
        assert!(all.len() < 2, "{name} is there {} times", all.len());
        all.first()
            .map(|value| std::str::from_utf8(value).expect("a header of text"))
    }

    /// All values of a header.
    pub fn headers_named(&self, name: &str) -> Vec<&[u8]> {
        let same = |(found, _): &&(String, Vec<u8>)| found.eq_ignore_ascii_case(name);
        self.headers
            .iter()
            .filter(same)
            .map(|(_, value)| value.as_slice())
            .collect()
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a body of text")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// Bytes as text, so that a failed assertion can be read.
impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(formatter, "{name}: {}", value.escape_ascii())?;
        }
        write!(formatter, "\n{}", String::from_utf8_lossy(&self.body))
    }
}
