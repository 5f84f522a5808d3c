//! Asking a running emulator whether it answers, for containers without curl.

use std::{
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::emulator::reachable;

/// A health check that takes longer has failed.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Asks the emulator that listens for HTTP at `address`.
///
/// # Errors
/// If nothing answers there within three seconds per step, or not with 200.
pub fn check_health(address: SocketAddr) -> io::Result<()> {
    let address = reachable(address);
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let request =
        format!("GET /emulator/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    if &status != b"HTTP/1.1 200" {
        let text = String::from_utf8_lossy(&status).into_owned();
        return Err(io::Error::other(format!(
            "the answer starts with {text:?} instead of \"HTTP/1.1 200\""
        )));
    }
    Ok(())
}
