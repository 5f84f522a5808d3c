//! Workers of one process.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use validate_jwt::keys::address::Address;
use validate_jwt::keys::{
    Endpoint, FetchRequest, FetchResult, KeyStore, KeyTimes, SharedData, SharedDataError, Source,
    SourceId,
};
use validate_jwt::time::Timestamp;

/// The only source of these tests.
pub const SOURCE: SourceId = SourceId(0);

/// Shared data as Envoy has it: every write gives the entry a new number, and an entry that does not exist may be written
/// with any number expected.
#[derive(Default)]
pub struct Memory {
    pub entries: BTreeMap<String, (Vec<u8>, u32)>,
    numbers: u32,
    pub is_broken: bool,
}

impl Memory {
    pub fn write(&mut self, name: &str, value: &[u8]) {
        self.numbers += 1;
        let entry = (value.to_vec(), self.numbers);
        self.entries.insert(name.to_owned(), entry);
    }

    /// The entry whose name ends so; the test knows no more of it.
    pub fn name(&self, end: &str) -> String {
        let mut names = self.entries.keys().filter(|name| name.ends_with(end));
        names.next().expect("an entry").clone()
    }
}

/// Something that happens once.
type Event = Box<dyn FnOnce()>;

/// One worker's way to the memory.
#[derive(Clone, Default)]
pub struct Shared {
    pub memory: Rc<RefCell<Memory>>,
    /// Happens between this worker's reading and its writing, once.
    pub before_set: Rc<RefCell<Option<Event>>>,
}

impl SharedData for Shared {
    fn get(&mut self, name: &str) -> Option<(Vec<u8>, u32)> {
        let memory = self.memory.borrow();
        if memory.is_broken {
            return None;
        }
        memory.entries.get(name).cloned()
    }

    fn set(
        &mut self,
        name: &str,
        value: &[u8],
        expected: Option<u32>,
    ) -> Result<(), SharedDataError> {
        let between = self.before_set.borrow_mut().take();
        if let Some(between) = between {
            between();
        }
        let mut memory = self.memory.borrow_mut();
        if memory.is_broken {
            return Err(SharedDataError::Unavailable);
        }
        let number = memory.entries.get(name).map(|(_, number)| *number);
        if let (Some(expected), Some(number)) = (expected, number)
            && expected != number
        {
            return Err(SharedDataError::Changed);
        }
        memory.write(name, value);
        Ok(())
    }
}

/// A worker with a key set as its source.
pub struct Worker {
    pub store: KeyStore,
    pub shared: Shared,
    /// Fetches it has begun.
    pub open: Vec<FetchRequest>,
}

impl Worker {
    /// One of a process that has this memory.
    pub fn new(times: KeyTimes, jitter: u8, memory: &Rc<RefCell<Memory>>) -> Self {
        let address = Address::parse("https://provider.example/keys").expect("an address");
        let source = Source::KeySet {
            endpoint: Endpoint {
                address,
                cluster: "provider".into(),
            },
            issuer: None,
        };
        Self {
            store: KeyStore::new(vec![source], times, jitter),
            shared: Shared {
                memory: Rc::clone(memory),
                before_set: Rc::default(),
            },
            open: Vec::new(),
        }
    }

    /// Ticks; how many fetches it begins.
    pub fn tick(&mut self, now: Timestamp) -> usize {
        let begun = self.store.tick(now, &mut self.shared);
        let count = begun.len();
        self.open.extend(begun);
        count
    }

    /// The provider answers its fetch with this set.
    pub fn answered(&mut self, now: Timestamp, set: &str) {
        let body = set.as_bytes().to_vec();
        let size = body.len();
        let answer = FetchResult::Answer {
            status: 200,
            body,
            size,
        };
        self.result(now, answer);
    }

    /// Its fetch fails.
    pub fn failed(&mut self, now: Timestamp) {
        self.result(now, FetchResult::Failure("no route".into()));
    }

    fn result(&mut self, now: Timestamp, result: FetchResult) {
        let request = self.open.pop().expect("a fetch under way");
        let next = self.store.fetched(&request, result, now, &mut self.shared);
        assert!(next.is_none(), "a key set leads nowhere else");
    }

    /// Ticks, and the provider answers with this set if that begins a fetch; whether it did.
    pub fn refresh(&mut self, now: Timestamp, set: &str) -> bool {
        let begun = self.tick(now) == 1;
        if begun {
            self.answered(now, set);
        }
        begun
    }

    /// How many keys of this `kid` are good.
    pub fn count(&self, kid: &str, now: Timestamp) -> usize {
        self.store.candidates(SOURCE, Some(kid), now).count()
    }

    /// The `kid` of every good key.
    pub fn kids(&self, now: Timestamp) -> Vec<String> {
        let all = self.store.candidates(SOURCE, None, now);
        all.filter_map(|(key, _)| key.kid.clone()).collect()
    }

    pub fn generation(&self) -> u32 {
        self.store.generation(SOURCE)
    }
}

/// Workers of one process.
pub fn process(workers: usize, times: KeyTimes) -> Vec<Worker> {
    let memory = Rc::default();
    (0..workers)
        .map(|_| Worker::new(times, 0, &memory))
        .collect()
}

/// Seconds after the tests begin.
pub fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(1_800_000_000 + secs)
}

/// A set of keys, each with the `kid` given and material made from the number.
pub fn set(keys: &[(&str, u8)]) -> String {
    let keys: Vec<String> = keys.iter().map(|(kid, fill)| rsa(kid, *fill)).collect();
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

/// An RSA key of 2048 bits; nobody has its other half.
pub fn rsa(kid: &str, fill: u8) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // 342 characters are 256 bytes: the first gives the highest bit, the last an odd number.
    let middle = char::from(LETTERS[usize::from(fill) % 64]).to_string();
    let modulus = format!("v{}w", middle.repeat(340));
    format!(r#"{{"kty":"RSA","kid":"{kid}","e":"AQAB","n":"{modulus}"}}"#)
}
