//! The load generator: keep-alive connections in one thread, one request under way on each.
//!
//! It goes round the connections: read the answer, send the next request. Envoy always has requests of all other connections
//! waiting, so its worker is never idle, and the client costs two system calls per request.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Connections to each listener. Envoy's worker finds several requests at each turn of its loop, as under real load.
const CONNECTIONS: usize = 16;

/// No answer takes this long.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Longest answer: head and body.
const MAX_ANSWER: usize = 8192;

/// What is sent again and again: ready-made requests, one after the other.
pub(crate) struct Requests {
    all: Vec<Vec<u8>>,
}

impl Requests {
    /// The same request with each of these tokens, or without one.
    pub(crate) fn with_tokens<'t>(tokens: impl IntoIterator<Item = Option<&'t str>>) -> Self {
        let request = |token: Option<&str>| {
            let authorization = token.map_or_else(String::new, |token| {
                format!("authorization: Bearer {token}\r\n")
            });
            format!(
                "GET /orders/v1/customers/4711?page=2 HTTP/1.1\r\n\
                 host: api.example.com\r\n\
                 user-agent: bench/1.0\r\n\
                 accept: application/json\r\n\
                 accept-encoding: gzip, br\r\n\
                 traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\
                 {authorization}\r\n"
            )
            .into_bytes()
        };
        Self {
            all: tokens.into_iter().map(request).collect(),
        }
    }

    /// How many there are before the first comes again.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The `number`th in an order without pattern, so that no cache of the processor can foresee the next.
    fn get(&self, number: usize) -> &[u8] {
        /// A prime: every request comes once before any comes again.
        const STRIDE: usize = 7_368_787;
        let at = number.wrapping_mul(STRIDE).checked_rem(self.all.len());
        at.and_then(|at| self.all.get(at))
            .map_or(&[], Vec::as_slice)
    }
}

/// What a run of requests was like for the client.
pub(crate) struct Seen {
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
    /// Nanoseconds from request to answer, sorted.
    pub(crate) latencies: Vec<u64>,
}

struct Connection {
    stream: TcpStream,
    sent: Instant,
}

/// Connections to one listener, kept from run to run.
pub(crate) struct Client {
    connections: Vec<Connection>,
    /// Where the next run goes on among the requests.
    next: usize,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects.
    pub(crate) fn new(address: SocketAddr) -> Result<Self> {
        let connect = |_| -> Result<Connection> {
            let stream = TcpStream::connect(address)
                .with_context(|| format!("cannot connect to {address}"))?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(TIMEOUT))?;
            Ok(Connection {
                stream,
                sent: Instant::now(),
            })
        };
        Ok(Self {
            connections: (0..CONNECTIONS).map(connect).collect::<Result<_>>()?,
            next: 0,
            buffer: vec![0; MAX_ANSWER],
        })
    }

    /// Sends `count` requests, each of which must be answered with `status`.
    pub(crate) fn run(&mut self, requests: &Requests, count: usize, status: u16) -> Result<Seen> {
        let expected = format!("HTTP/1.1 {status} ");
        let mut latencies = Vec::with_capacity(count);
        let mut unsent = count;
        let mut unanswered = 0;
        let start = Instant::now();
        let mut first_round = true;
        while first_round || unanswered > 0 {
            for connection in &mut self.connections {
                if !first_round {
                    if unanswered == 0 {
                        break;
                    }
                    read_answer(
                        &mut connection.stream,
                        &mut self.buffer,
                        expected.as_bytes(),
                    )?;
                    latencies.push(nanos(connection.sent.elapsed()));
                    unanswered -= 1;
                }
                if unsent > 0 {
                    connection.sent = Instant::now();
                    connection.stream.write_all(requests.get(self.next))?;
                    self.next = self.next.wrapping_add(1);
                    unsent -= 1;
                    unanswered += 1;
                }
            }
            first_round = false;
        }
        let elapsed = start.elapsed();
        latencies.sort_unstable();
        Ok(Seen { elapsed, latencies })
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn read_answer(stream: &mut TcpStream, buffer: &mut [u8], expected: &[u8]) -> Result<()> {
    let mut length = 0;
    loop {
        let free = buffer.get_mut(length..).unwrap_or_default();
        let read = stream.read(free).context("no answer")?;
        length += read;
        let answer = buffer.get(..length).unwrap_or_default();
        if read == 0 {
            bail!("the connection ended within an answer: {}", shown(answer));
        }
        if !answer.starts_with(expected) {
            bail!(
                "the answer is not {:?} but {}",
                shown(expected).trim(),
                shown(answer)
            );
        }
        if length_of(answer).is_some_and(|whole| whole <= length) {
            return Ok(());
        }
    }
}

/// The length of an answer, once its head is complete. A connection that is to be closed is a failure, seen at the next request.
fn length_of(answer: &[u8]) -> Option<usize> {
    let head = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let length = answer
        .get(..head)?
        .split(|&byte| byte == b'\n')
        .find_map(|line| {
            let (name, value) = line.split_at_checked(15)?;
            name.eq_ignore_ascii_case(b"content-length:").then(|| {
                core::str::from_utf8(value)
                    .ok()?
                    .trim()
                    .parse::<usize>()
                    .ok()
            })?
        });
    Some(head + length.unwrap_or(0))
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
