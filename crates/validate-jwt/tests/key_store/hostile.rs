//! Shared data that is not there, or that another module in the process has written to.

use proptest::prelude::*;
use validate_jwt::keys::KeyTimes;

use super::support::{SOURCE, Worker, at, process, rsa, set};

const TIMES: KeyTimes = KeyTimes {
    refresh_interval: 3600,
    min_refetch_interval: 300,
    key_ttl: 86_400,
    fetch_timeout: 5,
    wait_timeout: 3,
};

#[test]
fn without_shared_data_every_worker_fetches_for_itself_and_keeps_to_the_times() {
    let mut workers = process(2, TIMES);
    workers[0].shared.memory.borrow_mut().is_broken = true;
    let mut begun = Vec::new();
    for secs in 0..4000 {
        for (number, worker) in workers.iter_mut().enumerate() {
            worker.store.want(SOURCE, at(secs));
            if worker.refresh(at(secs), &set(&[("k1", 1)])) {
                begun.push((secs, number));
            }
        }
    }
    let expected: Vec<(i64, usize)> = (0..14)
        .flat_map(|round| [(round * 300, 0), (round * 300, 1)])
        .collect();
    assert_eq!(begun, expected);
    assert!(workers.iter().all(|worker| worker.kids(at(4000)) == ["k1"]));
}

#[test]
fn shared_data_that_goes_away_takes_no_keys_with_it() {
    let mut workers = process(2, TIMES);
    workers[0].refresh(at(0), &set(&[("k1", 1)]));
    workers[1].tick(at(1));
    workers[0].shared.memory.borrow_mut().is_broken = true;
    for worker in &mut workers {
        assert_eq!(worker.tick(at(2)), 0);
        assert_eq!(worker.kids(at(2)), ["k1"]);
        assert!(worker.refresh(at(3600), &set(&[("k2", 2)])));
        assert_eq!(worker.kids(at(3600)), ["k2", "k1"]);
    }
}

/// Things that a parser may stumble over.
fn nasty() -> Vec<Vec<u8>> {
    let key = rsa("k1", 1);
    let millis = at(0).as_millis();
    let mut all: Vec<Vec<u8>> = [
        "",
        "{}",
        "[]",
        "null",
        "0",
        "\"\"",
        "{",
        "\u{feff}{}",
        r#"{"attempted_at":9223372036854775807,"leased_until":9223372036854775807,"failures":4294967295,"fetched_at":9223372036854775807}"#,
        r#"{"attempted_at":-9223372036854775808,"leased_until":-9223372036854775808,"failures":0,"fetched_at":-9223372036854775808}"#,
        r#"{"attempted_at":1e400}"#,
        r#"{"attempted_at":"soon"}"#,
        r#"{"issuer":null,"seen":[],"jwks":{"keys":[]}}"#,
        r#"{"issuer":7,"seen":[1],"jwks":{"keys":[{}]}}"#,
        r#"{"issuer":null,"seen":[1,2,3],"jwks":[]}"#,
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    all.extend([
        b"\xff\xfe\x00\x01".to_vec(),
        vec![b'['; 100_000],
        vec![b' '; 3_000_000],
        format!(r#"{{"issuer":null,"seen":[],"jwks":{{"keys":[{key}]}}}}"#).into_bytes(),
        format!(r#"{{"issuer":null,"seen":[{millis},1],"jwks":{{"keys":[{key}]}}}}"#).into_bytes(),
        format!(r#"{{"issuer":null,"seen":[{millis}],"jwks":{{"keys":[{key}]}},"jwks":{{}}}}"#).into_bytes(),
        format!(r#"{{"issuer":null,"seen":["now"],"jwks":{{"keys":[{key}]}}}}"#).into_bytes(),
        // A symmetric key, which no fetched document may have: whoever knows it could sign tokens.
        br#"{"issuer":null,"seen":[1800000000000],"jwks":{"keys":[{"kty":"oct","kid":"evil","k":"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}]}}"#.to_vec(),
        // Forms of other versions.
        format!(r#"{{"version":2,"document":{key:?}}}"#).into_bytes(),
        set(&[("evil", 9)]).into_bytes(),
    ]);
    all
}

/// A process with keys, whose entry with this end is overwritten.
fn poisoned(end: &str, bytes: &[u8]) -> Vec<Worker> {
    let mut workers = process(2, TIMES);
    workers[0].refresh(at(0), &set(&[("k1", 1)]));
    workers[1].tick(at(0));
    let memory = &workers[0].shared.memory;
    let name = memory.borrow().name(end);
    memory.borrow_mut().write(&name, bytes);
    let fresh = Worker::new(TIMES, 0, memory);
    workers.push(fresh);
    workers
}

/// Ticks for ten minutes, now and then, with a provider that answers well; how many fetches began.
fn run(workers: &mut [Worker]) -> usize {
    let mut begun = 0;
    for secs in (1..600).step_by(10) {
        for worker in &mut *workers {
            begun += usize::from(worker.refresh(at(secs), &set(&[("k1", 1)])));
        }
    }
    begun
}

#[test]
fn a_poisoned_note_costs_a_few_fetches_and_no_keys() {
    for bytes in nasty() {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
        let mut workers = poisoned("/note", &bytes);
        for worker in &mut workers[..2] {
            worker.tick(at(1));
            assert_eq!(worker.kids(at(1)), ["k1"], "{shown}");
        }
        let begun = run(&mut workers);
        assert!(begun <= 3, "{begun} fetches: {shown}");
        assert!(
            workers.iter().all(|worker| worker.kids(at(600)) == ["k1"]),
            "{shown}"
        );
    }
}

#[test]
fn a_poisoned_key_entry_is_not_believed_and_is_fetched_anew() {
    for bytes in nasty() {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
        let mut workers = poisoned("/keys", &bytes);
        for worker in &mut workers {
            worker.tick(at(1));
            assert_eq!(worker.count("evil", at(1)), 0, "{shown}");
        }
        // The new worker could not read what there was; it need not wait for the next refresh.
        let begun = run(&mut workers);
        assert!(begun <= 3, "{begun} fetches: {shown}");
        for worker in &workers {
            assert_eq!(worker.kids(at(600)), ["k1"], "{shown}");
            assert!(worker.store.is_loaded(SOURCE), "{shown}");
        }
    }
}

#[test]
fn an_entry_that_dates_a_key_into_the_future_gives_it_no_longer_life_than_a_fetch() {
    let mut workers = process(1, TIMES);
    workers[0].refresh(at(0), &set(&[("k1", 1)]));
    let memory = std::rc::Rc::clone(&workers[0].shared.memory);
    let name = memory.borrow().name("/keys");
    let (bytes, _) = memory.borrow().entries[&name].clone();
    let text = String::from_utf8(bytes).unwrap();
    let dated = text.replace(&at(0).as_millis().to_string(), &i64::MAX.to_string());
    assert_ne!(text, dated);
    memory.borrow_mut().write(&name, dated.as_bytes());
    let mut fresh = Worker::new(TIMES, 0, &memory);
    fresh.tick(at(10));
    assert_eq!(fresh.kids(at(10)), ["k1"]);
    assert!(fresh.refresh(at(3600), &set(&[("k2", 2)])));
    assert_eq!(fresh.count("k1", at(3600 + 86_399)), 1);
    assert_eq!(fresh.count("k1", at(3600 + 86_400)), 0);
}

#[test]
fn entries_of_other_modules_and_versions_beside_ours_do_not_matter() {
    let mut workers = process(1, TIMES);
    {
        let mut memory = workers[0].shared.memory.borrow_mut();
        for name in [
            "",
            "note",
            "validate_jwt/0/abc/keys",
            "validate_jwt/2/abc/note",
        ] {
            memory.write(name, &set(&[("evil", 9)]).into_bytes());
        }
    }
    assert!(workers[0].refresh(at(0), &set(&[("k1", 1)])));
    assert_eq!(workers[0].kids(at(0)), ["k1"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_bytes_stop_a_worker(note in any::<Vec<u8>>(), keys in any::<Vec<u8>>(), at_secs in 0_i64..10_000) {
        let mut workers = poisoned("/note", &note);
        let name = workers[0].shared.memory.borrow().name("/keys");
        workers[0].shared.memory.borrow_mut().write(&name, &keys);
        for worker in &mut workers {
            worker.refresh(at(at_secs), &set(&[("k1", 1)]));
            worker.tick(at(at_secs + 1));
        }
        prop_assert!(workers[..2].iter().all(|worker| worker.kids(at(at_secs + 1)) == ["k1"]));
    }

    #[test]
    fn no_numbers_in_a_note_stop_a_worker_for_longer_than_a_lease_and_a_pause(
        attempted_at in any::<i64>(), leased_until in any::<i64>(), failures in any::<u32>(), fetched_at in any::<i64>()
    ) {
        let note = format!(
            r#"{{"attempted_at":{attempted_at},"leased_until":{leased_until},"failures":{failures},"fetched_at":{fetched_at}}}"#
        );
        let mut workers = poisoned("/note", note.as_bytes());
        run(&mut workers);
        prop_assert!(workers.iter().all(|worker| worker.store.is_loaded(SOURCE)));
        prop_assert!(workers.iter().all(|worker| worker.kids(at(600)) == ["k1"]));
    }
}
