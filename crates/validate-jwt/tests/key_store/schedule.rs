//! When a fetch begins.

use validate_jwt::keys::KeyTimes;

use super::support::{SOURCE, Worker, at, process, set};

const TIMES: KeyTimes = KeyTimes {
    refresh_interval: 3600,
    min_refetch_interval: 300,
    key_ttl: 86_400,
    fetch_timeout: 5,
    wait_timeout: 3,
};

/// Ticks all workers every second from one time to the other; when fetches began.
fn fetches(workers: &mut [Worker], from: i64, to: i64, set: &str) -> Vec<i64> {
    let mut begun = Vec::new();
    for secs in from..to {
        for worker in &mut *workers {
            if worker.refresh(at(secs), set) {
                begun.push(secs);
            }
        }
    }
    begun
}

#[test]
fn three_workers_fetch_once_in_every_interval_together() {
    let mut workers = process(3, TIMES);
    let begun = fetches(&mut workers, 0, 4 * 3600, &set(&[("k1", 1)]));
    assert_eq!(begun, [0, 3600, 7200, 10_800]);
}

#[test]
fn jitter_brings_a_refresh_forward_by_a_tenth_at_most_and_spreads_processes() {
    let mut times = Vec::new();
    for jitter in 0..=u8::MAX {
        let memory = std::rc::Rc::default();
        let mut worker = [Worker::new(TIMES, jitter, &memory)];
        let begun = fetches(&mut worker, 0, 3601, &set(&[("k1", 1)]));
        assert_eq!(begun.len(), 2, "{jitter}: {begun:?}");
        times.push(begun[1]);
    }
    assert!(times.iter().all(|time| (3240..=3600).contains(time)));
    times.sort_unstable();
    times.dedup();
    assert!(times.len() > 10, "{times:?}");
}

#[test]
fn a_source_that_was_never_reached_is_tried_less_and_less_often_by_all_workers_together() {
    let mut workers = process(3, TIMES);
    let mut begun = Vec::new();
    for secs in 0..1200 {
        for worker in &mut workers {
            if worker.tick(at(secs)) == 1 {
                begun.push(secs);
                worker.failed(at(secs));
            }
        }
    }
    assert_eq!(begun, [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111]);
    assert!(workers.iter().all(|worker| !worker.store.is_loaded(SOURCE)));
}

#[test]
fn retry_after_names_the_seconds_until_the_next_attempt() {
    let mut worker = process(1, TIMES).remove(0);
    for (begun, next) in [(0, 1), (1, 2), (3, 4), (7, 8)] {
        assert_eq!(worker.tick(at(begun)), 1);
        worker.failed(at(begun));
        assert_eq!(worker.store.retry_after(at(begun)), next);
    }
    assert_eq!(worker.store.retry_after(at(9)), 6);
    assert_eq!(worker.store.retry_after(at(9000)), 1);
}

#[test]
fn unknown_kids_cause_one_fetch_in_an_interval_however_many_workers_ask() {
    let mut workers = process(4, TIMES);
    let begun = fetches(&mut workers, 0, 2, &set(&[("k1", 1)]));
    assert_eq!(begun, [0]);
    let mut begun = Vec::new();
    for secs in 2..1000 {
        for worker in &mut workers {
            // A flood: every worker has such a token at every moment.
            worker.store.want(SOURCE, at(secs));
            if worker.refresh(at(secs), &set(&[("k1", 1)])) {
                begun.push(secs);
            }
        }
    }
    assert_eq!(begun, [300, 600, 900]);
}

#[test]
fn a_kid_nobody_may_ask_for_yet_is_not_waited_for() {
    let mut workers = process(2, TIMES);
    fetches(&mut workers, 0, 2, &set(&[("k1", 1)]));
    for worker in &mut workers {
        assert!(!worker.store.want(SOURCE, at(299)));
        assert_eq!(worker.tick(at(299)), 0);
    }
}

#[test]
fn a_request_that_waits_is_told_when_another_worker_had_its_turn_just_now() {
    let mut workers = process(2, TIMES);
    fetches(&mut workers, 0, 2, &set(&[("k1", 1)]));
    // The second has not seen yet that the first fetches again, and lets a request wait.
    workers[0].store.want(SOURCE, at(300));
    assert!(workers[0].refresh(at(300), &set(&[("k1", 1)])));
    workers[1].store.take_changed();
    assert!(workers[1].store.want(SOURCE, at(300)));
    assert_eq!(workers[1].tick(at(301)), 0);
    assert!(workers[1].store.take_changed(), "it is decided again");
    assert!(!workers[1].store.want(SOURCE, at(301)), "and not let wait");
}

#[test]
fn a_failed_refresh_is_repeated_after_the_refetch_interval_and_the_keys_go_on() {
    let mut workers = process(2, TIMES);
    fetches(&mut workers, 0, 2, &set(&[("k1", 1)]));
    let mut begun = Vec::new();
    for secs in 3500..4600 {
        for worker in &mut workers {
            if worker.tick(at(secs)) == 1 {
                begun.push(secs);
                worker.failed(at(secs));
            }
            assert_eq!(worker.kids(at(secs)), ["k1"]);
        }
    }
    assert_eq!(begun, [3600, 3900, 4200, 4500]);
}

#[test]
fn a_clock_set_back_by_a_day_causes_one_fetch_and_then_the_usual_rhythm() {
    const DAY: i64 = 86_400;
    let mut workers = process(3, TIMES);
    fetches(&mut workers, 0, 100, &set(&[("k1", 1)]));
    let begun = fetches(&mut workers, 100 - DAY, 8000 - DAY, &set(&[("k1", 1)]));
    assert_eq!(begun, [100 - DAY, 3700 - DAY, 7300 - DAY]);
    assert!(
        workers
            .iter()
            .all(|worker| worker.kids(at(8000 - DAY)) == ["k1"])
    );
}

#[test]
fn a_clock_that_is_wrong_for_a_while_costs_a_fetch_and_not_the_keys() {
    let mut workers = process(2, TIMES);
    fetches(&mut workers, 0, 100, &set(&[("k1", 1)]));
    // 1970 for a moment, as after a battery's end.
    let begun = fetches(
        &mut workers,
        -1_799_999_000,
        -1_799_998_995,
        &set(&[("k1", 1)]),
    );
    assert_eq!(begun.len(), 1);
    let begun = fetches(&mut workers, 105, 110, &set(&[("k1", 1)]));
    assert_eq!(begun.len(), 1);
    assert!(workers.iter().all(|worker| worker.kids(at(110)) == ["k1"]));
}
