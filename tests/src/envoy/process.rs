//! The running Envoy.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::builder::{Builder, FIRST_LISTENER};
use super::log::Log;
use crate::http::{self, Connection, Request};
use crate::temp::TempDir;
use crate::wait::{eventually, within};

/// Time in which Envoy starts or gives up. It compiles the module first; two cores may be busy with other tests.
const START: Duration = Duration::from_secs(60);

/// Ended when dropped.
pub struct Envoy {
    child: Child,
    admin: SocketAddr,
    listeners: BTreeMap<String, SocketAddr>,
    log: Log,
    access_log: PathBuf,
    builder: Builder,
    folder: TempDir,
}

impl Envoy {
    /// One with the filter from `VALIDATE_JWT_WASM`, one worker and no clusters yet.
    pub fn builder() -> Builder {
        Builder::new()
    }

    /// Where the gateway listens.
    pub fn address(&self) -> SocketAddr {
        self.listener(FIRST_LISTENER)
    }

    /// Where a further listener listens.
    pub fn listener(&self, name: &str) -> SocketAddr {
        match self.listeners.get(name) {
            Some(address) => *address,
            None => panic!("no listener {name:?} among {:?}", self.listeners),
        }
    }

    /// Where the administration interface listens.
    pub fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// All that Envoy has written so far.
    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Whether a text has been written.
    pub fn log_contains(&self, text: &str) -> bool {
        self.log().contains(text)
    }

    /// Waits until a text is written.
    pub fn wait_for_log(&self, text: &str) {
        eventually(&format!("the log has {text:?}"), || self.log_contains(text));
    }

    /// The lines of the access log so far. Envoy writes them late; [`eventually`] is of use.
    pub fn access_log(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.access_log).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Whether the process has not ended.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Resident memory of the process in KiB; Linux only.
    pub fn resident_kib(&self) -> u64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("/proc");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number
            .and_then(|number| number.parse().ok())
            .expect("VmRSS")
    }

    /// Gives it another configuration for the filter of the first listener, as a control plane would. It must have been built
    /// as [`updatable`](Builder::updatable). Envoy takes it in later, or refuses it; [`updates`](Self::updates) tells.
    pub fn update(&mut self, document: &Value) {
        self.builder = self.builder.clone().config(document);
        let module = required("VALIDATE_JWT_WASM");
        self.builder.write_listeners(&module, self.folder.path());
    }

    /// How many versions of the listeners it has accepted, the first included, and how many it has refused.
    pub fn updates(&self) -> (u64, u64) {
        let count = |what: &str| self.stat(&format!("listener_manager.lds.update_{what}"));
        (count("success"), count("rejected"))
    }

    /// Ends it as a crash would, without a chance to finish anything.
    pub fn kill(mut self) {
        self.child.kill().expect("a running process");
    }

    pub(super) fn start(builder: &Builder) -> Self {
        let folder = TempDir::new();
        let (mut child, log, _) = spawn(builder, folder.path());
        let start = Instant::now();
        let admin_file = folder.path().join(ADMIN_FILE);
        let admin = loop {
            if let Some(address) = read_address(&admin_file) {
                break address;
            }
            let ended = child.try_wait().expect("a child");
            if ended.is_some() || start.elapsed() > START {
                let _already_ended = child.kill();
                panic!("Envoy did not start:\n{}", log.text());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let mut envoy = Self {
            child,
            admin,
            listeners: BTreeMap::new(),
            log,
            access_log: folder.path().join(super::builder::ACCESS_LOG_FILE),
            builder: builder.clone(),
            folder,
        };
        within(START, "Envoy is ready", || {
            assert!(envoy.is_running(), "Envoy ended:\n{}", envoy.log());
            is_ready(admin).then_some(())
        });
        // The administration interface is there before the listeners are.
        let names = builder.listener_names();
        envoy.listeners = within(START, "all listeners are there", || {
            let all = listeners(admin);
            names
                .iter()
                .all(|name| all.contains_key(name))
                .then_some(all)
        });
        envoy
    }

    /// The log of an Envoy that must refuse to start.
    pub(super) fn expect_failure(builder: &Builder) -> String {
        let folder = TempDir::new();
        let (mut child, log, reader) = spawn(builder, folder.path());
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("a child") {
                reader.join().expect("a log");
                assert!(!status.success(), "Envoy ended with 0:\n{}", log.text());
                return log.text();
            }
            let ready = read_address(&folder.path().join(ADMIN_FILE)).is_some_and(is_ready);
            if ready || start.elapsed() > START {
                let _ended_meanwhile = child.kill();
                let _status = child.wait();
                panic!("Envoy should refuse this, and starts:\n{}", log.text());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Envoy {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
        if std::thread::panicking() {
            eprintln!("Envoy's log:\n{}", self.log());
        }
    }
}

const ADMIN_FILE: &str = "admin-address";

fn spawn(builder: &Builder, folder: &Path) -> (Child, Log, JoinHandle<()>) {
    let bootstrap = folder.join("envoy.json");
    let module = required("VALIDATE_JWT_WASM");
    let document = builder.bootstrap(&module, folder);
    builder.write_listeners(&module, folder);
    fs::write(&bootstrap, document.to_string()).expect("a bootstrap file");
    let mut command = Command::new(required("ENVOY_BIN"));
    command
        .arg("--config-path")
        .arg(&bootstrap)
        .arg("--admin-address-path")
        .arg(folder.join(ADMIN_FILE))
        // Several run at once and none takes over from another.
        .arg("--disable-hot-restart")
        .args(["--concurrency", &builder.workers.to_string()])
        // Milliseconds; the access log would be ten seconds late otherwise.
        .args(["--file-flush-interval-msec", "100"])
        .args(["--log-level", "info", "--component-log-level"])
        .arg(format!("wasm:{}", builder.wasm_log_level))
        .envs(
            builder
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("ENVOY_BIN can be run");
    let log = Log::default();
    let reader = log.follow(child.stderr.take().expect("a pipe"));
    (child, log, reader)
}

pub(super) fn required(variable: &str) -> PathBuf {
    match env::var_os(variable) {
        Some(value) => PathBuf::from(value),
        None => panic!(
            "{variable} is not set: run `cargo xtask test`, which builds the module and fetches Envoy"
        ),
    }
}

fn read_address(file: &Path) -> Option<SocketAddr> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn is_ready(admin: SocketAddr) -> bool {
    let ready = || Connection::try_open(admin)?.try_send(&Request::get("/ready"));
    ready().is_ok_and(|response| response.status == 200)
}

fn listeners(admin: SocketAddr) -> BTreeMap<String, SocketAddr> {
    let all = http::get(admin, "/listeners?format=json", &[]).json();
    let address = |status: &Value| {
        let socket = &status["local_address"]["socket_address"];
        let port = u16::try_from(socket["port_value"].as_u64()?).ok()?;
        let ip = socket["address"].as_str()?.parse().ok()?;
        let name = status["name"].as_str()?.to_owned();
        (port != 0).then_some((name, SocketAddr::new(ip, port)))
    };
    let statuses = all["listener_statuses"].as_array();
    statuses.into_iter().flatten().filter_map(address).collect()
}
