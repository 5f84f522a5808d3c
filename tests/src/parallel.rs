//! Many clients at once.

use std::thread;

/// Runs `client` with 0, 1, 2 … on as many threads at the same time; what each gave, in that order. A panic of one is passed on.
pub fn in_parallel<T: Send>(clients: usize, client: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let client = &client;
        let threads: Vec<_> = (0..clients)
            .map(|number| scope.spawn(move || client(number)))
            .collect();
        let join = |thread: thread::ScopedJoinHandle<'_, T>| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    })
}
