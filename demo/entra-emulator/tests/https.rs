//! HTTPS with the emulator's own CA, and keys that outlive the process.

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses a part of it")]
mod support;

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::Write as _,
        path::PathBuf,
        process,
        time::{Duration, Instant},
    };

    use entra_emulator::{Emulator, Registrations, RunningEmulator, StartError};

    use super::support::{connect, get, get_https, kids, knob, local, start};

    const DISCOVERY: &str = "/common/v2.0/.well-known/openid-configuration";
    const KEYS: &str = "/common/discovery/v2.0/keys";

    fn emulator() -> Emulator {
        Emulator::new(Registrations::built_in().unwrap())
            .http(local())
            .https(local())
    }

    /// A directory of one test, removed when it ends well.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path =
                std::env::temp_dir().join(format!("entra-emulator-{name}-{}", process::id()));
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn https(
        running: &RunningEmulator,
        name: &str,
        ca: Option<&str>,
        path: &str,
    ) -> Result<super::support::Answer, String> {
        get_https(running.https_address().unwrap(), name, ca, path)
    }

    #[test]
    fn the_downloaded_ca_is_what_makes_the_server_trusted() {
        let running = emulator()
            .tls_name("entra.emulated.example")
            .tls_name("192.0.2.1")
            .start()
            .unwrap();
        let ca = get(&running, "/ca.pem").body;
        assert_eq!(Some(ca.as_str()), running.ca_pem());
        for name in [
            "localhost",
            "127.0.0.1",
            "::1",
            "entra.emulated.example",
            "192.0.2.1",
        ] {
            let document = https(&running, name, Some(&ca), DISCOVERY).unwrap().json();
            let host = if name.contains(':') {
                format!("[{name}]")
            } else {
                name.to_owned()
            };
            let port = running.https_address().unwrap().port();
            assert_eq!(
                document["issuer"],
                format!("https://{host}:{port}/{{tenantid}}/v2.0")
            );
        }
        assert!(
            https(&running, "other.example", Some(&ca), DISCOVERY)
                .unwrap_err()
                .contains("certificate")
        );
        assert!(
            https(&running, "localhost", None, DISCOVERY)
                .unwrap_err()
                .contains("UnknownIssuer")
        );
        let another = emulator().start().unwrap();
        let foreign = another.ca_pem().unwrap();
        assert!(
            https(&running, "localhost", Some(foreign), DISCOVERY).is_err(),
            "the same name, another key"
        );
        assert!(!ca.contains("PRIVATE"));
    }

    #[test]
    fn names_that_cannot_stand_in_a_certificate_are_refused() {
        for name in [
            "",
            "a b",
            "https://a",
            "a:443",
            "*",
            "*.",
            "a..b",
            "é.example",
            "a.*.b",
        ] {
            let error = emulator().tls_name(name).start().unwrap_err();
            assert!(matches!(error, StartError::Tls(_)), "{name}: {error}");
            assert!(error.to_string().contains("--tls-name"), "{error}");
        }
        emulator()
            .tls_name("*.emulated.example")
            .tls_name("entra_emulator")
            .start()
            .unwrap();
    }

    #[test]
    fn keys_and_ca_outlive_the_process_in_a_state_directory_and_only_there() {
        let scratch = Scratch::new("state");
        let first = emulator().state_dir(&scratch.0).start().unwrap();
        knob(&first, "rotate", "{}");
        let (ca, keys) = (
            first.ca_pem().unwrap().to_owned(),
            kids(&get(&first, KEYS).json()),
        );
        assert_eq!(keys.len(), 3);
        first.stop();

        let second = emulator()
            .state_dir(&scratch.0)
            .tls_name("new.emulated.example")
            .start()
            .unwrap();
        assert_eq!(kids(&get(&second, KEYS).json()), keys);
        assert_eq!(
            https(&second, "new.emulated.example", Some(&ca), KEYS)
                .unwrap()
                .status,
            200,
            "the CA of before"
        );
        assert_ne!(kids(&get(&start(), KEYS).json()), keys);

        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(&scratch.0) & 0o077, 0);
            for file in fs::read_dir(&scratch.0).unwrap() {
                assert_eq!(mode(&file.unwrap().path()) & 0o777, 0o600);
            }
        }
    }

    #[test]
    fn a_damaged_state_file_is_named_and_left_alone() {
        let scratch = Scratch::new("damaged");
        emulator().state_dir(&scratch.0).start().unwrap().stop();
        let file = scratch.0.join("entra-emulator-state.json");
        let good = fs::read_to_string(&file).unwrap();
        for bad in [
            String::new(),
            "{}".into(),
            good.replacen("pkcs8", "pkcs9", 1),
            good.replacen("MII", "AAA", 1),
        ] {
            fs::write(&file, &bad).unwrap();
            let error = emulator()
                .state_dir(&scratch.0)
                .start()
                .unwrap_err()
                .to_string();
            assert!(
                error.contains("entra-emulator-state.json") && error.contains("delete it"),
                "{error}"
            );
            assert_eq!(fs::read_to_string(&file).unwrap(), bad);
        }
    }

    #[test]
    fn dropping_an_emulator_frees_its_port() {
        let running = start();
        let address = running.http_address().unwrap();
        let taken = Emulator::new(Registrations::built_in().unwrap())
            .http(address)
            .start()
            .unwrap_err()
            .to_string();
        assert!(
            taken.contains("in use") && taken.contains("--http"),
            "{taken}"
        );
        drop(running);
        Emulator::new(Registrations::built_in().unwrap())
            .http(address)
            .start()
            .unwrap();
    }

    #[test]
    fn an_answer_held_up_does_not_hold_up_the_end() {
        let running = start();
        knob(&running, "delay", r#"{"milliseconds": 60000}"#);
        let mut waiting = connect(running.http_address().unwrap());
        waiting
            .write_all(format!("GET {KEYS} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes())
            .unwrap();
        let idle = connect(running.http_address().unwrap());
        let asked = Instant::now();
        drop(running);
        assert!(
            asked.elapsed() < Duration::from_secs(5),
            "{:?}",
            asked.elapsed()
        );
        drop(idle);
    }

    #[test]
    fn an_emulator_can_start_and_stop_in_an_asynchronous_test() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let running = start();
            assert_eq!(get(&running, KEYS).status, 200);
            drop(running);
        });
    }

    #[test]
    fn an_emulator_without_an_address_does_not_start() {
        let error = Emulator::new(Registrations::built_in().unwrap())
            .start()
            .unwrap_err();
        assert!(matches!(error, StartError::NoAddress));
    }
}
