//! The knobs under `/emulator/`, as a test of a gateway would turn them.

#[cfg(test)]
#[expect(dead_code, reason = "every test file uses a part of it")]
mod support;

#[cfg(test)]
mod tests {
    use std::{
        thread::sleep,
        time::{Duration, Instant},
    };

    use entra_emulator::{Emulator, Registrations};

    use super::support::{get, kids, knob, local, part, post, start, token_for, verifies};

    const KEYS: &str = "/common/discovery/v2.0/keys";
    const DISCOVERY: &str = "/common/v2.0/.well-known/openid-configuration";

    #[test]
    fn a_rotation_signs_with_an_unseen_key_and_keeps_or_drops_the_old_one() {
        let emulator = start();
        let before = get(&emulator, KEYS).json();
        let old = token_for(&emulator, "api://number-conversion").token();

        knob(&emulator, "rotate", "{}");
        let new = token_for(&emulator, "api://number-conversion").token();
        assert!(!verifies(&new, &before), "the key was not published before");
        let after = get(&emulator, KEYS).json();
        assert!(verifies(&new, &after) && verifies(&old, &after));

        knob(&emulator, "rotate", r#"{"key": "new", "keep_old": false}"#);
        let after = get(&emulator, KEYS).json();
        assert!(!verifies(&new, &after), "the key before was dropped");
        assert!(verifies(&old, &after), "the one before that was not");
    }

    #[test]
    fn a_planned_rotation_signs_with_a_key_published_long_before() {
        let emulator = start();
        let before = get(&emulator, KEYS).json();
        knob(&emulator, "rotate", r#"{"key": "published"}"#);
        let token = token_for(&emulator, "api://number-conversion").token();
        assert!(verifies(&token, &before));
        assert_eq!(part(&token, 0)["kid"], kids(&before)[1]);
        knob(
            &emulator,
            "rotate",
            r#"{"key": "published", "keep_old": false}"#,
        );
        let last = post(
            &emulator,
            "/emulator/rotate",
            &[("Content-Type", "application/json")],
            r#"{"key":"published"}"#,
        );
        assert_eq!(last.status, 400, "{}", last.body);
        assert_eq!(kids(&get(&emulator, KEYS).json()).len(), 1);
    }

    #[test]
    fn the_key_list_does_not_grow_without_end() {
        let emulator = start();
        for _ in 0..14 {
            knob(&emulator, "rotate", "{}");
        }
        assert_eq!(kids(&get(&emulator, KEYS).json()).len(), 14);
        let token = token_for(&emulator, "api://number-conversion").token();
        assert!(verifies(&token, &get(&emulator, KEYS).json()));
    }

    #[test]
    fn a_hidden_key_vanishes_from_all_sets_signs_on_and_returns() {
        let emulator = start();
        let all = kids(&get(&emulator, KEYS).json());
        let state = knob(&emulator, "hide", r#"{"seconds": 1}"#);
        assert_eq!(state["keys"][0]["hidden_for_seconds"], 1);
        let token = token_for(&emulator, "api://number-conversion").token();
        for path in [KEYS, "/emulated.example/discovery/keys"] {
            assert!(!verifies(&token, &get(&emulator, path).json()), "{path}");
        }
        sleep(Duration::from_millis(1100));
        assert!(verifies(&token, &get(&emulator, KEYS).json()));

        knob(
            &emulator,
            "hide",
            &format!(r#"{{"kid": "{}", "seconds": 3600}}"#, all[1]),
        );
        assert_eq!(kids(&get(&emulator, KEYS).json()), [all[0].clone()]);
        knob(&emulator, "reset", "{}");
        assert_eq!(kids(&get(&emulator, KEYS).json()), all);
    }

    #[test]
    fn failures_end_after_their_requests_or_seconds_and_are_counted() {
        let emulator = start();
        knob(&emulator, "fail", r#"{"status": 503, "requests": 2}"#);
        assert_eq!(
            token_for(&emulator, "api://number-conversion").status,
            200,
            "tokens only if asked for"
        );
        let statuses = [KEYS, DISCOVERY, KEYS].map(|path| get(&emulator, path).status);
        assert_eq!(statuses, [503, 503, 200]);

        knob(
            &emulator,
            "fail",
            r#"{"status": 500, "seconds": 1, "endpoints": ["token"]}"#,
        );
        assert_eq!(token_for(&emulator, "api://number-conversion").status, 500);
        assert_eq!(get(&emulator, KEYS).status, 200);
        sleep(Duration::from_millis(1100));
        assert_eq!(token_for(&emulator, "api://number-conversion").status, 200);

        let state = get(&emulator, "/emulator/state").json();
        assert_eq!(state["requests"]["keys_v2"], 3);
        assert_eq!(state["requests"]["discovery_v2"], 1);
        assert_eq!(state["requests"]["token_v2"], 3);
        assert_eq!(state["requests"]["keys_v1"], 0);
        assert!(state["knobs"]["failure"].is_null(), "{state}");
    }

    #[test]
    fn a_delay_holds_documents_up_and_nothing_else() {
        let emulator = start();
        knob(&emulator, "delay", r#"{"milliseconds": 300}"#);
        let timed = |action: &dyn Fn()| {
            let start = Instant::now();
            action();
            start.elapsed()
        };
        assert!(
            timed(&|| assert_eq!(get(&emulator, KEYS).status, 200)) >= Duration::from_millis(300)
        );
        assert!(
            timed(&|| assert_eq!(get(&emulator, DISCOVERY).status, 200))
                >= Duration::from_millis(300)
        );
        assert!(
            timed(&|| assert_eq!(get(&emulator, "/emulator/health").status, 200))
                < Duration::from_millis(300)
        );
        knob(&emulator, "delay", r#"{"milliseconds": 0}"#);
        assert!(
            timed(&|| assert_eq!(get(&emulator, KEYS).status, 200)) < Duration::from_millis(300)
        );
    }

    #[test]
    fn expired_tokens_can_be_had() {
        let emulator = start();
        knob(&emulator, "token-lifetime", r#"{"seconds": -60}"#);
        let answer = token_for(&emulator, "api://number-conversion");
        assert_eq!(answer.json()["expires_in"], 0);
        let claims = part(&answer.token(), 1);
        assert_eq!(
            claims["exp"]
                .as_i64()
                .unwrap()
                .abs_diff(claims["iat"].as_i64().unwrap()),
            240
        );
        knob(&emulator, "token-lifetime", r#"{"seconds": null}"#);
        assert!(
            token_for(&emulator, "api://number-conversion").json()["expires_in"].as_u64()
                >= Some(3600)
        );
    }

    #[test]
    fn knobs_refuse_what_they_do_not_understand() {
        let emulator = start();
        for (name, body) in [
            ("rotate", ""),
            ("rotate", "[]"),
            ("rotate", r#"{"keepOld": true}"#),
            ("rotate", r#"{"key": "newest"}"#),
            ("hide", "{}"),
            ("hide", r#"{"seconds": -1}"#),
            ("hide", r#"{"seconds": 86401}"#),
            ("hide", r#"{"seconds": 1, "kid": "none"}"#),
            ("delay", r#"{"milliseconds": 60001}"#),
            ("fail", r#"{"status": 503}"#),
            ("fail", r#"{"status": 503, "requests": 1, "seconds": 1}"#),
            ("fail", r#"{"status": 200, "requests": 1}"#),
            ("fail", r#"{"status": 99, "requests": 1}"#),
            ("fail", r#"{"status": 503, "seconds": 99999999999}"#),
            (
                "fail",
                r#"{"status": 503, "requests": 1, "endpoints": ["page"]}"#,
            ),
            ("token-lifetime", r#"{"seconds": -9223372036854775808}"#),
            ("reset", r#"{"all": true}"#),
        ] {
            let answer = post(
                &emulator,
                &format!("/emulator/{name}"),
                &[("Content-Type", "application/json")],
                body,
            );
            assert_eq!(answer.status, 400, "{name} {body}: {}", answer.body);
        }
        let unknown = post(
            &emulator,
            "/emulator/explode",
            &[("Content-Type", "application/json")],
            "{}",
        );
        assert_eq!(unknown.status, 404);
        let simple = post(
            &emulator,
            "/emulator/rotate",
            &[("Content-Type", "text/plain")],
            "{}",
        );
        assert_eq!(
            simple.status, 415,
            "a web page could send this from a browser"
        );
        assert_eq!(get(&emulator, "/emulator/rotate").status, 405);
    }

    #[test]
    fn without_knobs_nothing_can_be_turned_and_the_state_is_still_shown() {
        let emulator = Emulator::new(Registrations::built_in().unwrap())
            .http(local())
            .knobs(false)
            .start()
            .unwrap();
        let kept = kids(&get(&emulator, KEYS).json());
        for name in ["rotate", "hide", "delay", "fail", "token-lifetime", "reset"] {
            let answer = post(
                &emulator,
                &format!("/emulator/{name}"),
                &[("Content-Type", "application/json")],
                "{}",
            );
            assert_eq!(answer.status, 403, "{name}");
        }
        assert_eq!(kids(&get(&emulator, KEYS).json()), kept);
        assert_eq!(
            get(&emulator, "/emulator/state").json()["knobs_enabled"],
            false
        );
    }
}
