//! The binary as a person or a container runs it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};

use number_conversion::SERVICE_PATH;

use crate::client::{SOAP11, agent, envelope, start, words};

const PROGRAM: &str = env!("CARGO_BIN_EXE_number-conversion");

/// A running program, killed when a test ends early.
struct Running {
    child: Child,
    address: String,
}

impl Running {
    fn start() -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .trim_end()
            .strip_prefix("number-conversion listens on http://")
            .unwrap();
        let address = url.strip_suffix(SERVICE_PATH).unwrap().to_owned();
        Self { child, address }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> (Output, String) {
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, stderr)
}

#[test]
fn prints_its_address_answers_logs_without_values_and_stops_at_sigterm() {
    let mut running = Running::start();
    let url = format!("http://{}{SERVICE_PATH}", running.address);
    let call = |message: String| {
        agent()
            .post(&url)
            .header("content-type", "text/xml")
            .header("authorization", "Bearer s3cr3t")
            .send(message)
            .unwrap()
    };
    assert_eq!(call(envelope(SOAP11, &words("5"))).status(), 200);
    assert_eq!(call(envelope(SOAP11, &words("s3cr3t"))).status(), 500);
    assert_eq!(call("s3cr3t".into()).status(), 500);

    let killed = Command::new("kill")
        .args(["-TERM", &running.child.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert_eq!(running.child.wait().unwrap().code(), Some(0));
    let mut log = String::new();
    running
        .child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    assert_eq!(log, "NumberToWords 200\nNumberToWords 500\n- 500\n");
}

#[test]
fn checks_the_health_of_a_running_service() {
    let server = start();
    let address = server.address().to_string();
    assert!(run(&["health", "--listen", &address]).0.status.success());
    assert!(
        run(&["health", "--url", &format!("http://{address}/healthz")])
            .0
            .status
            .success()
    );
    let (output, stderr) = run(&["health", "--url", &format!("http://{address}/nowhere")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("it answered 404"), "{stderr}");
    drop(server);
    let (output, stderr) = run(&["health", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains("is not healthy"), "{stderr}");
}

#[test]
fn says_what_to_do_when_its_port_is_in_use() {
    let server = start();
    let (output, stderr) = run(&["--listen", &server.address().to_string()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains(
            "is in use by another program; stop that one, or choose another port with --listen"
        ),
        "{stderr}"
    );
}

#[test]
fn serves_on_though_nobody_reads_its_output() {
    let mut running = Running::start();
    drop(running.child.stderr.take());
    let url = format!("http://{}{SERVICE_PATH}", running.address);
    for _ in 0..3 {
        let answer = agent()
            .post(&url)
            .header("content-type", "text/xml")
            .send(envelope(SOAP11, &words("5")))
            .unwrap();
        assert_eq!(answer.status(), 200);
    }
}
