//! Reading HTTP/1.1 messages from a socket, as little as Envoy needs on either side of it.

use std::io::{self, Read};

use httparse::Status;

/// More headers than any test sends.
const MAX_HEADERS: usize = 256;

/// Header names as they came, values as bytes.
pub(crate) type Headers = Vec<(String, Vec<u8>)>;

/// First line and headers.
pub(crate) enum Head {
    Request {
        method: String,
        path: String,
        headers: Headers,
    },
    Response {
        status: u16,
        headers: Headers,
    },
}

impl Head {
    pub(crate) fn headers(&self) -> &Headers {
        match self {
            Head::Request { headers, .. } | Head::Response { headers, .. } => headers,
        }
    }
}

/// What is expected from the other side.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Request,
    Response,
}

/// Reads messages one after another; keeps what came after the end of one.
pub(crate) struct Reader<R> {
    source: R,
    buffer: Vec<u8>,
}

impl<R: Read> Reader<R> {
    pub(crate) fn new(source: R) -> Self {
        Self {
            source,
            buffer: Vec::new(),
        }
    }

    /// The next head; `None` when the other side closed before it sent one.
    pub(crate) fn head(&mut self, kind: Kind) -> io::Result<Option<Head>> {
        loop {
            if let Some((length, head)) = parse(&self.buffer, kind)? {
                self.buffer.drain(..length);
                return Ok(Some(head));
            }
            if self.fill()? == 0 {
                return if self.buffer.is_empty() {
                    Ok(None)
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
        }
    }

    /// The body that belongs to a head.
    pub(crate) fn body(&mut self, head: &Head) -> io::Result<Vec<u8>> {
        let named = |name: &str| {
            let mut all = head.headers().iter();
            all.find(|(found, _)| found.eq_ignore_ascii_case(name))
                .map(|(_, value)| String::from_utf8_lossy(value).into_owned())
        };
        if named("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
            return self.chunks();
        }
        match (named("content-length"), head) {
            (Some(length), _) => {
                let length = length.trim().parse().map_err(io::Error::other)?;
                self.exactly(length)
            }
            (None, Head::Request { .. }) => Ok(Vec::new()),
            (
                None,
                Head::Response {
                    status: 100..=199 | 204 | 304,
                    ..
                },
            ) => Ok(Vec::new()),
            (None, Head::Response { .. }) => {
                while self.fill()? > 0 {}
                Ok(std::mem::take(&mut self.buffer))
            }
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default();
            let size = usize::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            body.append(&mut self.exactly(size)?);
            self.line()?;
        }
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.exactly(end)?;
                self.exactly(2)?;
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            self.fill_or_fail()?;
        }
    }

    fn exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.fill_or_fail()?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn fill_or_fail(&mut self) -> io::Result<()> {
        match self.fill()? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut bytes = [0; 16 * 1024];
        let count = self.source.read(&mut bytes)?;
        self.buffer.extend_from_slice(&bytes[..count]);
        Ok(count)
    }
}

fn parse(bytes: &[u8], kind: Kind) -> io::Result<Option<(usize, Head)>> {
    let mut space = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let parsed = match kind {
        Kind::Request => {
            let mut request = httparse::Request::new(&mut space);
            let status = request.parse(bytes).map_err(io::Error::other)?;
            complete(status).map(|length| {
                let head = Head::Request {
                    method: request.method.unwrap_or_default().to_owned(),
                    path: request.path.unwrap_or_default().to_owned(),
                    headers: owned(request.headers),
                };
                (length, head)
            })
        }
        Kind::Response => {
            let mut response = httparse::Response::new(&mut space);
            let status = response.parse(bytes).map_err(io::Error::other)?;
            complete(status).map(|length| {
                let head = Head::Response {
                    status: response.code.unwrap_or_default(),
                    headers: owned(response.headers),
                };
                (length, head)
            })
        }
    };
    Ok(parsed)
}

fn complete(status: Status<usize>) -> Option<usize> {
    match status {
        Status::Complete(length) => Some(length),
        Status::Partial => None,
    }
}

fn owned(headers: &[httparse::Header<'_>]) -> Headers {
    let pair = |header: &httparse::Header<'_>| (header.name.to_owned(), header.value.to_vec());
    headers.iter().map(pair).collect()
}
