//! A wall clock that tests move.
//!
//! Keys die of age after a day and tokens after an hour; a test waits for neither. [`Clock`] gives Envoy a wall clock of its
//! own by a preloaded library (`clock-shim.c`). Timers, which go by the monotonic clock, run on as they are. libfaketime is no
//! alternative: it allocates while Envoy's allocator asks for the time, and hangs.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use crate::envoy::Builder;
use crate::temp::TempDir;
use crate::token::Token;

const SOURCE: &str = include_str!("../clock-shim.c");

/// The wall clock of an Envoy that was started with [`Builder::clock`]; at first the machine's.
pub struct Clock {
    offset: File,
    moved_by: i64,
    folder: TempDir,
}

impl Clock {
    /// A clock that tells the right time.
    #[expect(
        clippy::new_without_default,
        reason = "it makes a file, which no default should"
    )]
    pub fn new() -> Self {
        let folder = TempDir::new();
        let offset = File::create_new(folder.path().join("offset")).expect("a new file");
        let mut clock = Self {
            offset,
            moved_by: 0,
            folder,
        };
        clock.set(0);
        clock
    }

    /// Moves it on at once.
    pub fn advance(&mut self, time: Duration) {
        self.set(self.moved_by + i64::try_from(time.as_secs()).expect("a short time"));
    }

    /// Moves it back at once.
    pub fn set_back(&mut self, time: Duration) {
        self.set(self.moved_by - i64::try_from(time.as_secs()).expect("a short time"));
    }

    /// Seconds since 1970 by this clock.
    pub fn now(&self) -> i64 {
        Token::now() + self.moved_by
    }

    fn set(&mut self, secs: i64) {
        self.moved_by = secs;
        let nanos = (secs * 1_000_000_000).to_ne_bytes();
        self.offset.write_all_at(&nanos, 0).expect("a written file");
    }
}

impl Builder {
    /// Lets Envoy go by this wall clock.
    #[must_use]
    pub fn clock(self, clock: &Clock) -> Self {
        let text = |path: PathBuf| path.into_os_string().into_string().expect("a plain path");
        self.env("LD_PRELOAD", &text(library())).env(
            "VALIDATE_JWT_CLOCK_OFFSET",
            &text(clock.folder.path().join("offset")),
        )
    }
}

/// The preloaded library, compiled once for each process.
fn library() -> PathBuf {
    static LIBRARY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LIBRARY.get_or_init(|| {
        let folder = TempDir::new();
        let source = folder.path().join("clock-shim.c");
        let library = folder.path().join("clock-shim.so");
        fs::write(&source, SOURCE).expect("a written file");
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .args([&library, &source])
            .status()
            .expect("a C compiler, `cc`, for the tests that move the clock");
        assert!(status.success(), "cc: {status}");
        (folder, library)
    });
    path.clone()
}
