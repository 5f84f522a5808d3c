//! The `entra-emulator` command as a process.

// Two attributes, as clippy does not see a test in `all(test, unix)`.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{
        io::{BufRead, BufReader, Read},
        process::{Child, Command, Output, Stdio},
        time::{Duration, Instant},
    };

    const PROGRAM: &str = env!("CARGO_BIN_EXE_entra-emulator");

    struct Running {
        child: Child,
        /// `host:port`
        address: String,
    }

    impl Running {
        fn start() -> Self {
            let mut child = Command::new(PROGRAM)
                .args(["--http", "127.0.0.1:0"])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let url = lines
                .map(|line| line.unwrap())
                .find(|line| line.contains("http://"))
                .expect("an address");
            let address = url
                .trim()
                .trim_start_matches("http://")
                .trim_end_matches('/')
                .to_owned();
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
        let errors = String::from_utf8(output.stderr.clone()).unwrap();
        (output, errors)
    }

    #[test]
    fn it_ends_in_order_when_asked_to() {
        for signal in ["-TERM", "-INT"] {
            let mut running = Running::start();
            let asked = Instant::now();
            assert!(
                Command::new("kill")
                    .args([signal, &running.child.id().to_string()])
                    .status()
                    .unwrap()
                    .success()
            );
            assert_eq!(running.child.wait().unwrap().code(), Some(0), "{signal}");
            assert!(asked.elapsed() < Duration::from_secs(2), "{signal}");
        }
    }

    #[test]
    fn health_tells_a_running_emulator_from_a_missing_one() {
        let mut running = Running::start();
        let (alive, _) = run(&["health", "--http", &running.address]);
        assert_eq!(alive.status.code(), Some(0));
        let port = running.address.rsplit(':').next().unwrap().to_owned();
        assert_eq!(
            run(&["health", "--http", &format!("0.0.0.0:{port}")])
                .0
                .status
                .code(),
            Some(0)
        );
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        let (dead, errors) = run(&["health", "--http", &running.address]);
        assert_eq!(dead.status.code(), Some(1));
        assert!(errors.contains(&running.address), "{errors}");
    }

    #[test]
    fn a_port_in_use_is_a_sentence_that_says_what_to_do() {
        let running = Running::start();
        let (output, errors) = run(&["--http", &running.address]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            errors.contains("in use") && errors.contains("choose another port with --http"),
            "{errors}"
        );
    }

    #[test]
    fn wrong_options_say_what_would_be_right() {
        for (arguments, hint) in [
            (&[][..], "--http"),
            (&["--http", "localhost"], "--http"),
            (
                &[
                    "--http",
                    "127.0.0.1:0",
                    "--registrations",
                    "/nonexistent.json",
                ],
                "/nonexistent.json",
            ),
            (
                &["--http", "127.0.0.1:0", "--issuer-base", "localhost"],
                "https://localhost:8443",
            ),
            (
                &["--http", "127.0.0.1:0", "--token-lifetime", "0"],
                "1..=86400",
            ),
            (&["--http", "127.0.0.1:0", "--tls-name", "a"], "--https"),
        ] {
            let (output, errors) = run(arguments);
            assert!(!output.status.success(), "{arguments:?}");
            assert!(errors.contains(hint), "{arguments:?}: {errors}");
        }
    }

    #[test]
    fn the_log_cannot_be_forged_and_shows_no_secrets() {
        use std::{io::Write, net::TcpStream};
        let mut running = Running::start();
        let mut stream = TcpStream::connect(&running.address).unwrap();
        let body = "grant_type=%1b[2J%0d%0aforged&client_secret=a-secret";
        write!(
            stream,
            "POST /emulated.example/oauth2/v2.0/token?client_secret=a-secret HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
        assert!(
            Command::new("kill")
                .arg(running.child.id().to_string())
                .status()
                .unwrap()
                .success()
        );
        let mut log = String::new();
        running
            .child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        assert_eq!(log.lines().count(), 2, "{log:?}");
        assert!(log.contains("AADSTS70003"), "{log:?}");
        assert!(
            !log.contains("a-secret") && !log.contains('\u{1b}'),
            "{log:?}"
        );
    }
}
