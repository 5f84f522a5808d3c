//! The health check, for containers that have no HTTP client.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::http::HEALTH_PATH;

/// Time for the whole check; a container's own limit is usually 30 seconds.
const CHECK_TIME: Duration = Duration::from_secs(3);

/// URL of the health check of a service that was started with `--listen LISTEN`.
///
/// A service that listens on all addresses (`0.0.0.0`, `[::]`) is asked on the loopback address.
pub fn health_url(listen: &str) -> String {
    let address = match listen.parse::<SocketAddr>() {
        Ok(mut address) if address.ip().is_unspecified() => {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
            address.to_string()
        }
        Ok(_) | Err(_) => listen.to_owned(),
    };
    format!("http://{address}{HEALTH_PATH}")
}

/// Asks `url` and is content with status 200 only. No proxy is used and no redirect followed.
///
/// # Errors
///
/// [`HealthError`] with the status or the reason why there is none.
pub fn check_health(url: &str) -> Result<(), HealthError> {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(CHECK_TIME))
        .max_redirects(0)
        .http_status_as_error(false)
        .proxy(None)
        .build();
    let problem = match ureq::Agent::new_with_config(config).get(url).call() {
        Ok(response) if response.status() == 200 => return Ok(()),
        Ok(response) => format!("it answered {}", response.status().as_u16()),
        Err(error) => error.to_string(),
    };
    Err(HealthError {
        url: url.to_owned(),
        problem,
    })
}

/// The service does not answer as it should.
#[derive(Debug)]
pub struct HealthError {
    url: String,
    problem: String,
}

impl fmt::Display for HealthError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} is not healthy: {}", self.url, self.problem)
    }
}

impl std::error::Error for HealthError {}

#[cfg(test)]
mod tests {
    use super::health_url;

    #[test]
    fn asks_the_loopback_of_a_service_that_listens_everywhere() {
        for (listen, url) in [
            ("127.0.0.1:8081", "http://127.0.0.1:8081/healthz"),
            ("0.0.0.0:8081", "http://127.0.0.1:8081/healthz"),
            ("[::]:8081", "http://[::1]:8081/healthz"),
            ("localhost:8081", "http://localhost:8081/healthz"),
        ] {
            assert_eq!(health_url(listen), url);
        }
    }
}
