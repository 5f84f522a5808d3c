//! Which keys are good.

use validate_jwt::keys::KeyTimes;

use super::support::{SOURCE, Worker, at, process, rsa, set};

const TIMES: KeyTimes = KeyTimes {
    refresh_interval: 600,
    min_refetch_interval: 60,
    key_ttl: 3600,
    fetch_timeout: 5,
    wait_timeout: 3,
};

fn worker(key_ttl: u64) -> Worker {
    process(1, KeyTimes { key_ttl, ..TIMES }).remove(0)
}

#[test]
fn a_key_that_vanished_is_good_until_its_time_is_over_and_not_a_moment_longer() {
    let mut worker = worker(3600);
    assert!(worker.refresh(at(0), &set(&[("old", 1), ("new", 2)])));
    assert!(worker.refresh(at(600), &set(&[("new", 2)])));
    let generation = worker.generation();
    assert_eq!(worker.count("old", at(3599)), 1);
    let (_, until) = worker
        .store
        .candidates(SOURCE, Some("old"), at(700))
        .next()
        .unwrap();
    assert_eq!(until, at(3600), "seen at 0 for the last time");
    assert_eq!(worker.count("old", at(3600)), 0);
    assert_eq!(worker.count("new", at(3600)), 1);
    worker.tick(at(3600));
    assert_ne!(worker.generation(), generation, "its tokens are void");
}

#[test]
fn a_key_that_is_listed_again_lives_on_from_then() {
    let mut worker = worker(3600);
    worker.refresh(at(0), &set(&[("k1", 1)]));
    worker.refresh(at(600), &set(&[("k2", 2)]));
    worker.refresh(at(1200), &set(&[("k1", 1), ("k2", 2)]));
    worker.refresh(at(1800), &set(&[("k2", 2)]));
    assert_eq!(worker.count("k1", at(4799)), 1);
    assert_eq!(worker.count("k1", at(4800)), 0);
}

#[test]
fn with_a_key_ttl_of_zero_only_what_the_newest_document_lists_is_good() {
    let mut workers = process(
        2,
        KeyTimes {
            key_ttl: 0,
            ..TIMES
        },
    );
    workers[0].refresh(at(0), &set(&[("k1", 1), ("k2", 2)]));
    workers[1].tick(at(1));
    let before = workers[1].generation();
    // However long ago that was.
    assert_eq!(workers[1].kids(at(1_000_000)), ["k1", "k2"]);
    workers[0].refresh(at(600), &set(&[("k2", 2)]));
    workers[1].tick(at(601));
    for worker in &workers {
        assert_eq!(worker.kids(at(601)), ["k2"]);
    }
    assert_ne!(workers[1].generation(), before);
}

#[test]
fn another_key_under_a_known_kid_replaces_it_at_once() {
    let mut worker = worker(3600);
    worker.refresh(at(0), &set(&[("k1", 1)]));
    let before = worker.generation();
    worker.refresh(at(600), &set(&[("k1", 2)]));
    assert_eq!(worker.count("k1", at(600)), 1);
    assert_ne!(worker.generation(), before, "tokens of the first are void");
}

#[test]
fn two_keys_with_one_kid_in_one_document_are_both_good_until_one_goes() {
    let mut worker = worker(3600);
    worker.refresh(at(0), &set(&[("k1", 1), ("k1", 2)]));
    assert_eq!(worker.count("k1", at(0)), 2);
    worker.refresh(at(600), &set(&[("k1", 2)]));
    assert_eq!(worker.count("k1", at(600)), 1);
}

#[test]
fn keys_without_a_kid_are_told_apart_by_what_they_are() {
    let nameless = |fill| rsa("x", fill).replace(r#""kid":"x","#, "");
    let document = |keys: &[String]| format!(r#"{{"keys":[{}]}}"#, keys.join(","));
    let mut worker = worker(3600);
    worker.refresh(at(0), &document(&[nameless(1), nameless(2)]));
    worker.refresh(at(600), &document(&[nameless(2), nameless(3)]));
    assert_eq!(worker.store.candidates(SOURCE, None, at(600)).count(), 3);
    assert_eq!(worker.store.candidates(SOURCE, None, at(3600)).count(), 2);
}

#[test]
fn the_same_document_again_voids_nothing_on_any_worker() {
    let mut workers = process(3, TIMES);
    for round in 0..10 {
        let now = at(round * 600);
        workers[0].refresh(now, &set(&[("k1", 1), ("k2", 2)]));
        for worker in &mut workers {
            worker.tick(now);
        }
    }
    assert!(workers.iter().all(|worker| worker.generation() == 0));
    assert!(
        workers
            .iter()
            .all(|worker| worker.kids(at(5400)).len() == 2)
    );
}

#[test]
fn no_more_than_five_hundred_keys_are_kept_and_the_listed_ones_are_among_them() {
    let mut worker = worker(3600);
    let many = |letter: char| {
        let keys: Vec<String> = (0..400)
            .map(|number| rsa(&format!("{letter}{number}"), 1))
            .collect();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    };
    worker.refresh(at(0), &many('a'));
    worker.refresh(at(600), &many('b'));
    let kids = worker.kids(at(600));
    assert_eq!(kids.len(), 500);
    assert!((0..400).all(|number| kids.contains(&format!("b{number}"))));
}

#[test]
fn a_merged_set_stays_short_enough_for_the_other_workers_to_read() {
    let mut workers = process(2, TIMES);
    // Each document is below the limit of one MiB; both together are not.
    let long = |letter: &str| {
        let keys: Vec<String> = (0..240)
            .map(|number| rsa(&format!("{}-{number}", letter.repeat(1000)), 1))
            .collect();
        let members = r#","issuer":""#.to_owned() + &"i".repeat(2000) + r#""}"#;
        let keys: Vec<String> = keys.iter().map(|key| key.replace('}', &members)).collect();
        format!(r#"{{"keys":[{}]}}"#, keys.join(","))
    };
    assert!(long("a").len() < 1024 * 1024 && long("a").len() > 600 * 1024);
    workers[0].refresh(at(0), &long("a"));
    workers[0].refresh(at(600), &long("b"));
    workers[1].tick(at(601));
    for worker in &workers {
        let kids = worker.kids(at(601));
        let listed = kids.iter().filter(|kid| kid.starts_with('b')).count();
        assert_eq!(listed, 240);
    }
}

#[test]
fn keys_of_a_clock_that_was_ahead_do_not_outlive_those_seen_since() {
    const DAY: i64 = 86_400;
    let mut worker = worker(3600);
    worker.refresh(at(DAY), &set(&[("old", 1)]));
    // The clock is put right, and the key is gone by then.
    assert!(worker.refresh(at(0), &set(&[("new", 2)])));
    assert_eq!(worker.count("old", at(3599)), 1);
    assert_eq!(worker.count("old", at(3600)), 0);
}
