//! Envoy's process.

use std::collections::HashMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::bootstrap::{Listener, bootstrap};
use crate::system::Thread;

/// Twenty modules are compiled before Envoy takes requests.
const START_TIMEOUT: Duration = Duration::from_secs(120);

const LOOK: Duration = Duration::from_millis(50);

/// The only thread that handles requests.
const WORKER: &str = "wrk:worker_0";

/// A running Envoy; ends with this value.
pub(crate) struct Envoy {
    process: Process,
    addresses: HashMap<String, SocketAddr>,
    worker: Thread,
}

impl Envoy {
    /// Starts it with one worker and waits until it takes requests.
    pub(crate) fn start(binary: &Path, folder: &Path, listeners: &[Listener]) -> Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let config = folder.join("envoy.json");
        let log = folder.join("envoy.log");
        let admin = folder.join("admin");
        fs::write(&config, bootstrap(listeners).to_string())
            .with_context(|| format!("cannot write {}", config.display()))?;
        let _from_an_earlier_run = (fs::remove_file(&admin), fs::remove_file(&log));
        let child = Command::new(binary)
            .arg("--config-path")
            .arg(&config)
            .args(["--concurrency", "1", "--disable-hot-restart", "--log-path"])
            .arg(&log)
            .arg("--admin-address-path")
            .arg(&admin)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let mut process = Process(child);
        let addresses = process.wait(&admin, listeners.len(), &log)?;
        Ok(Self {
            worker: Thread::find(process.0.id(), WORKER)?,
            process,
            addresses,
        })
    }

    /// Where a listener listens.
    pub(crate) fn address(&self, listener: &str) -> Result<SocketAddr> {
        self.addresses
            .get(listener)
            .copied()
            .with_context(|| format!("Envoy has no listener {listener}"))
    }

    /// The thread that handles requests.
    pub(crate) fn worker(&self) -> &Thread {
        &self.worker
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.0.id()
    }
}

/// Ends with this value.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _already_gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

impl Process {
    fn wait(
        &mut self,
        admin: &Path,
        count: usize,
        log: &Path,
    ) -> Result<HashMap<String, SocketAddr>> {
        let start = Instant::now();
        while start.elapsed() < START_TIMEOUT {
            if let Some(status) = self.0.try_wait()? {
                let lines = fs::read_to_string(log).unwrap_or_default();
                let last: Vec<&str> = lines.lines().rev().take(10).collect();
                bail!(
                    "Envoy ended ({status}):\n{}",
                    last.into_iter().rev().collect::<Vec<_>>().join("\n")
                );
            }
            if let Some(addresses) = listening(admin)
                && addresses.len() == count
            {
                return Ok(addresses);
            }
            thread::sleep(LOOK);
        }
        bail!("Envoy does not start; its log is {}", log.display())
    }
}

fn listening(admin: &Path) -> Option<HashMap<String, SocketAddr>> {
    let admin: SocketAddr = fs::read_to_string(admin).ok()?.trim().parse().ok()?;
    if !get(admin, "/ready")?.starts_with("HTTP/1.1 200") {
        return None;
    }
    let answer = get(admin, "/listeners?format=json")?;
    // Behind the head, and within a chunk of its own.
    let json = answer.get(answer.find('{')?..=answer.rfind('}')?)?;
    let document: Value = serde_json::from_str(json).ok()?;
    let mut addresses = HashMap::new();
    for listener in document.get("listener_statuses")?.as_array()? {
        let address = listener.pointer("/local_address/socket_address")?;
        let port = u16::try_from(address.get("port_value")?.as_u64()?).ok()?;
        addresses.insert(
            listener.get("name")?.as_str()?.to_owned(),
            SocketAddr::new(address.get("address")?.as_str()?.parse().ok()?, port),
        );
    }
    Some(addresses)
}

fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}
