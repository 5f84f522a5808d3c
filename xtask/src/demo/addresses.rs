//! Ports on this machine.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{Context as _, Result};

/// The address of a chosen port, or of whichever port is free when it is bound.
///
/// # Errors
///
/// When the chosen port is taken; the error names the flag by which another can be chosen.
pub(crate) fn free_or_chosen(port: Option<u16>, flag: &str) -> Result<SocketAddr> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port.unwrap_or(0)));
    TcpListener::bind(address).with_context(|| {
        format!(
            "port {} is taken: choose another with {flag}, or leave {flag} out",
            address.port()
        )
    })?;
    Ok(address)
}

/// The address itself, or with port 0 one that is free now: for a server that has to be told its own port beforehand.
///
/// # Errors
///
/// When nothing can be bound at the IP address.
pub(crate) fn fixed(address: SocketAddr) -> Result<SocketAddr> {
    let listener = TcpListener::bind(address)
        .with_context(|| format!("no port is free at {}", address.ip()))?;
    Ok(listener.local_addr()?)
}

/// The first address of the form `http://IP:PORT` in a line of text.
pub(crate) fn first_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest
        .find(|character: char| !matches!(character, '0'..='9' | 'a'..='f' | '.' | ':' | '[' | ']'))
        .unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_in_what_a_server_says_when_it_is_up() {
        let found = |line| first_in(line).map(|address| address.to_string());
        assert_eq!(
            found("x listens on http://127.0.0.1:81/a.b"),
            Some("127.0.0.1:81".into())
        );
        assert_eq!(
            found("  http://127.0.0.1:8080/"),
            Some("127.0.0.1:8080".into())
        );
        assert_eq!(found("http://[::1]:80"), Some("[::1]:80".into()));
        assert_eq!(found("see http://localhost:80/"), None);
        assert_eq!(found("ready"), None);
    }

    #[test]
    fn an_address_without_a_port_gets_one_that_can_be_bound() {
        let address = fixed(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        assert_ne!(address.port(), 0);
        TcpListener::bind(address).unwrap();
    }

    #[test]
    fn a_port_in_use_is_refused_with_the_flag_that_helps() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = free_or_chosen(Some(port), "--gateway-port").unwrap_err();
        assert!(error.to_string().contains("--gateway-port"), "{error}");
    }
}
