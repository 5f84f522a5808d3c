//! One worker fetches for all.

use std::cell::RefCell;
use std::rc::Rc;

use validate_jwt::keys::KeyTimes;

use super::support::{Worker, at, process, set};

const TIMES: KeyTimes = KeyTimes {
    refresh_interval: 3600,
    min_refetch_interval: 300,
    key_ttl: 86_400,
    fetch_timeout: 5,
    wait_timeout: 3,
};

#[test]
fn one_of_four_workers_fetches_and_the_others_pick_up_what_it_found() {
    let mut workers = process(4, TIMES);
    let begun: usize = workers.iter_mut().map(|worker| worker.tick(at(0))).sum();
    assert_eq!(begun, 1);
    assert!(workers.iter().all(|worker| worker.kids(at(0)).is_empty()));
    workers[0].answered(at(1), &set(&[("k1", 1)]));
    for worker in &mut workers {
        assert_eq!(worker.tick(at(1)), 0);
        assert_eq!(worker.kids(at(1)), ["k1"]);
        assert!(worker.store.take_changed(), "those that wait are told");
    }
}

#[test]
fn a_lease_lasts_for_two_fetches_and_a_worker_that_died_with_it_loses_it() {
    let mut workers = process(2, TIMES);
    assert_eq!(workers[0].tick(at(0)), 1);
    for secs in 1..11 {
        assert_eq!(workers[1].tick(at(secs)), 0, "{secs}");
    }
    assert_eq!(workers[1].tick(at(11)), 1);
    workers[1].answered(at(12), &set(&[("k1", 1)]));
    assert_eq!(workers[1].kids(at(12)), ["k1"]);
}

#[test]
fn an_answer_that_comes_after_the_lease_was_lost_changes_nothing() {
    let mut workers = process(2, TIMES);
    assert_eq!(workers[0].tick(at(0)), 1);
    assert_eq!(workers[1].tick(at(11)), 1);
    workers[1].answered(at(12), &set(&[("new", 2)]));
    assert_eq!(workers[0].tick(at(12)), 0);
    workers[0].answered(at(13), &set(&[("old", 1)]));
    for worker in &mut workers {
        worker.tick(at(14));
        assert_eq!(worker.kids(at(14)), ["new"]);
    }
}

/// The second worker does all that it does between the first one's reading and its writing.
fn race(times: KeyTimes, memory: Option<&Worker>, now: i64) -> (usize, usize) {
    let memory = memory.map_or_else(Rc::default, |worker| Rc::clone(&worker.shared.memory));
    let mut first = Worker::new(times, 0, &memory);
    let second = Rc::new(RefCell::new((Worker::new(times, 0, &memory), 0)));
    *first.shared.before_set.borrow_mut() = Some(Box::new({
        let second = Rc::clone(&second);
        move || {
            let (worker, begun) = &mut *second.borrow_mut();
            *begun = worker.tick(at(now));
        }
    }));
    let begun = first.tick(at(now));
    let (_, second) = &*second.borrow();
    (begun, *second)
}

#[test]
fn of_two_workers_that_find_nothing_at_the_same_time_one_fetches() {
    assert_eq!(race(TIMES, None, 0), (0, 1));
}

#[test]
fn of_two_workers_that_find_the_same_old_note_one_fetches() {
    let mut before = process(1, TIMES);
    assert!(before[0].refresh(at(0), &set(&[("k1", 1)])));
    assert_eq!(race(TIMES, Some(&before[0]), 3600), (0, 1));
}

#[test]
fn of_two_workers_that_find_a_dead_workers_lease_one_fetches() {
    let mut before = process(1, TIMES);
    assert_eq!(before[0].tick(at(0)), 1);
    assert_eq!(race(TIMES, Some(&before[0]), 11), (0, 1));
}

#[test]
fn a_worker_that_lost_a_race_for_an_unknown_kid_still_gets_the_key() {
    let mut workers = process(2, TIMES);
    assert!(workers[0].refresh(at(0), &set(&[("k1", 1)])));
    workers[1].tick(at(0));
    workers[1].store.take_changed();
    assert!(workers[1].store.want(super::support::SOURCE, at(300)));
    // The other one is quicker, for a request of its own.
    let (first, second) = workers.split_at_mut(1);
    assert!(first[0].store.want(super::support::SOURCE, at(300)));
    assert_eq!(first[0].tick(at(300)), 1);
    assert_eq!(second[0].tick(at(300)), 0);
    assert!(second[0].store.want(super::support::SOURCE, at(300)));
    first[0].answered(at(301), &set(&[("k1", 1), ("k2", 2)]));
    assert_eq!(second[0].tick(at(301)), 0);
    assert!(second[0].store.take_changed());
    assert_eq!(second[0].count("k2", at(301)), 1);
}

#[test]
fn a_new_worker_of_a_process_that_has_keys_fetches_nothing() {
    let mut workers = process(1, TIMES);
    assert!(workers[0].refresh(at(0), &set(&[("k1", 1)])));
    let mut reloaded = Worker::new(TIMES, 77, &workers[0].shared.memory);
    assert_eq!(reloaded.tick(at(20)), 0);
    assert_eq!(reloaded.kids(at(20)), ["k1"]);
}
