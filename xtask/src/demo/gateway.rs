//! The demo's Envoy.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::client;

/// Time for Envoy to start; it compiles the module first.
const START: Duration = Duration::from_secs(60);

/// How often is looked whether Envoy is up.
const PAUSE: Duration = Duration::from_millis(50);

/// As many lines of the log as fit on a screen with what comes before.
const LOG_LINES: usize = 12;

/// Ended when dropped.
pub(crate) struct Gateway {
    child: Child,
    address: SocketAddr,
    admin: SocketAddr,
    log: PathBuf,
    configuration: PathBuf,
}

impl Gateway {
    /// Starts Envoy and waits until it takes requests.
    ///
    /// # Errors
    ///
    /// When it does not; the error has the lines of its log that matter.
    pub(crate) fn start(envoy: &Path, bootstrap: &Value, folder: &Path) -> Result<Self> {
        let file = folder.join("envoy.json");
        fs::write(&file, format!("{bootstrap:#}"))
            .with_context(|| format!("cannot write {}", file.display()))?;
        let log = folder.join("envoy.log");
        let output =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let admin_file = folder.join("envoy-admin-address");
        let _was_there = fs::remove_file(&admin_file);
        let child = Command::new(envoy)
            .arg("--config-path")
            .arg(&file)
            .arg("--admin-address-path")
            .arg(&admin_file)
            .args(["--disable-hot-restart", "--concurrency", "2"])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot run {}", envoy.display()))?;
        let unknown = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut gateway = Self {
            child,
            address: unknown,
            admin: unknown,
            log,
            configuration: file,
        };
        let start = Instant::now();
        while start.elapsed() < START {
            gateway.check()?;
            let admin = fs::read_to_string(&admin_file).ok();
            if let Some(admin) = admin.and_then(|text| text.trim().parse().ok())
                && let Some(address) = listens_at(admin)
            {
                gateway.admin = admin;
                gateway.address = address;
                return Ok(gateway);
            }
            std::thread::sleep(PAUSE);
        }
        bail!(
            "Envoy did not start within {START:?}:\n{}",
            gateway.excerpt()
        )
    }

    /// Its configuration, with the filter's in it.
    pub(crate) fn configuration(&self) -> &Path {
        &self.configuration
    }

    /// Where the gateway listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the administration interface listens.
    pub(crate) fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// Where Envoy's log is written.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// # Errors
    ///
    /// When Envoy has ended; the error has the lines of its log that matter.
    pub(crate) fn check(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("Envoy ended ({status}):\n{}", self.excerpt());
        }
        Ok(())
    }

    /// Warnings and errors and what the module wrote, the last ones, and where the rest is.
    fn excerpt(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let mut in_error = false;
        let matters = |line: &&str| {
            // An entry begins with its time; what an error says may go on over several lines.
            if line.starts_with('[') {
                in_error = line.contains("[error]") || line.contains("[critical]");
            }
            in_error || line.contains("[warning]") || line.contains("wasm log")
        };
        let lines: Vec<_> = text.lines().filter(matters).collect();
        let skipped = lines.len().saturating_sub(LOG_LINES);
        let last = lines.into_iter().skip(skipped).collect::<Vec<_>>();
        format!("{}\n(all of it: {})", last.join("\n"), self.log.display())
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Where the first listener of a ready Envoy listens.
fn listens_at(admin: SocketAddr) -> Option<SocketAddr> {
    let ready = client::get(&format!("http://{admin}/ready")).ok()?;
    if ready.status != 200 {
        return None;
    }
    let listeners = client::get(&format!("http://{admin}/listeners?format=json")).ok()?;
    let listeners: Value = serde_json::from_str(&listeners.body).ok()?;
    let socket = listeners.pointer("/listener_statuses/0/local_address/socket_address")?;
    let port = u16::try_from(socket.get("port_value")?.as_u64()?).ok()?;
    let ip = socket.get("address")?.as_str()?.parse().ok()?;
    (port != 0).then_some(SocketAddr::new(ip, port))
}
