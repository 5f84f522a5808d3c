//! A host that is none: runs the compiled module in an interpreter and counts the calls that it makes.
//!
//! It tells what Envoy does not: how many host calls a request costs, and how much memory the module has. Nothing is proved by it
//! about behaviour; Envoy is the judge of that.

use std::collections::BTreeMap;

use wasmi::{Caller, Engine, Extern, Func, Instance, Linker, Memory, Module, Store, Val};

const OK: i32 = 0;
const NOT_FOUND: i32 = 1;
const ROOT_CONTEXT: i32 = 1;

#[derive(Default)]
struct State {
    configuration: Vec<u8>,
    headers: Vec<(String, String)>,
    now_nanos: u64,
    calls: BTreeMap<String, usize>,
    response_status: Option<i32>,
    log: Vec<String>,
}

/// The module that the tests are about.
///
/// # Panics
/// When `VALIDATE_JWT_WASM` does not name it.
pub fn module_bytes() -> Vec<u8> {
    let path = std::env::var_os("VALIDATE_JWT_WASM")
        .expect("VALIDATE_JWT_WASM is not set: run `cargo xtask test`");
    std::fs::read(path).expect("the module of VALIDATE_JWT_WASM")
}

/// The module in its interpreter.
pub struct StubHost {
    store: Store<State>,
    instance: Instance,
    next_context: i32,
}

/// What a request cost.
pub struct Cost {
    /// Status of the local answer, if there was one.
    pub answered: Option<i32>,
    /// Host calls by name.
    pub calls: BTreeMap<String, usize>,
}

impl StubHost {
    /// Loads the module and configures it, at the time `now` in seconds.
    ///
    /// # Panics
    /// When the module does not load or refuses the configuration.
    pub fn start(module: &[u8], configuration: &str, now: i64) -> Self {
        let engine = Engine::default();
        let module = Module::new(&engine, module).expect("the module is valid");
        let state = State {
            configuration: configuration.into(),
            now_nanos: u64::try_from(now).expect("a time after 1970") * 1_000_000_000,
            ..State::default()
        };
        let mut store = Store::new(&engine, state);
        let mut linker = Linker::new(&engine);
        for import in module.imports() {
            let name = import.name().to_owned();
            let kind = import
                .ty()
                .func()
                .expect("only functions are imported")
                .clone();
            let function = Func::new(&mut store, kind, move |mut caller, arguments, results| {
                let status = host_call(&mut caller, &name, arguments);
                if let Some(result) = results.first_mut() {
                    *result = Val::I32(status);
                }
                Ok(())
            });
            linker
                .define(import.module(), import.name(), function)
                .expect("no import twice");
        }
        let instance = linker
            .instantiate_and_start(&mut store, &module)
            .expect("the module starts");
        let mut host = Self {
            store,
            instance,
            next_context: ROOT_CONTEXT + 1,
        };
        host.call("_initialize", &[]);
        host.call("proxy_on_context_create", &[ROOT_CONTEXT, 0]);
        host.call("proxy_on_vm_start", &[ROOT_CONTEXT, 0]);
        let size = i32::try_from(configuration.len()).expect("a short document");
        let accepted = host.call("proxy_on_configure", &[ROOT_CONTEXT, size]);
        assert_eq!(
            accepted,
            Some(1),
            "the configuration is refused: {:?}",
            host.store.data().log
        );
        host.call("proxy_on_tick", &[ROOT_CONTEXT]);
        host
    }

    /// Makes a request and says what it cost.
    pub fn request(&mut self, headers: &[(&str, &str)]) -> Cost {
        let state = self.store.data_mut();
        state.headers = headers
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect();
        state.response_status = None;
        let context = self.next_context;
        self.next_context += 1;
        self.call("proxy_on_context_create", &[context, ROOT_CONTEXT]);
        self.store.data_mut().calls.clear();
        let count = i32::try_from(headers.len()).expect("few headers");
        self.call("proxy_on_request_headers", &[context, count, 1]);
        let state = self.store.data();
        let cost = Cost {
            answered: state.response_status,
            calls: state.calls.clone(),
        };
        self.call("proxy_on_delete", &[context]);
        cost
    }

    /// Size of the module's memory in bytes.
    pub fn memory_bytes(&self) -> usize {
        memory(&self.instance.get_export(&self.store, "memory")).data_size(&self.store)
    }

    fn call(&mut self, name: &str, arguments: &[i32]) -> Option<i32> {
        let function = self
            .instance
            .get_func(&self.store, name)
            .unwrap_or_else(|| panic!("no export {name}"));
        let arguments: Vec<Val> = arguments.iter().copied().map(Val::I32).collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        function
            .call(&mut self.store, &arguments, &mut results)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        results.first().and_then(Val::i32)
    }
}

fn memory(export: &Option<Extern>) -> Memory {
    export
        .and_then(Extern::into_memory)
        .expect("the module exports its memory")
}

fn host_call(caller: &mut Caller<'_, State>, name: &str, arguments: &[Val]) -> i32 {
    let numbers: Vec<usize> = arguments
        .iter()
        .map(|value| {
            value
                .i32()
                .and_then(|value| usize::try_from(value).ok())
                .unwrap_or(0)
        })
        .collect();
    *caller.data_mut().calls.entry(name.to_owned()).or_default() += 1;
    match name {
        "proxy_get_buffer_bytes" => {
            let bytes = caller.data().configuration.clone();
            give(caller, &bytes, numbers[3], numbers[4]);
            OK
        }
        "proxy_get_header_map_pairs" => {
            let bytes = pairs(&caller.data().headers);
            give(caller, &bytes, numbers[1], numbers[2]);
            OK
        }
        "proxy_get_current_time_nanoseconds" => {
            let time = caller.data().now_nanos.to_le_bytes();
            write(caller, numbers[0], &time);
            OK
        }
        "proxy_get_log_level" => {
            write(caller, numbers[0], &2_u32.to_le_bytes());
            OK
        }
        "proxy_log" => {
            let memory = memory(&caller.get_export("memory"));
            let text = memory.data(&*caller)[numbers[1]..numbers[1] + numbers[2]].to_vec();
            caller
                .data_mut()
                .log
                .push(String::from_utf8_lossy(&text).into_owned());
            OK
        }
        "proxy_send_local_response" => {
            caller.data_mut().response_status = arguments[0].i32();
            OK
        }
        "proxy_get_property" | "proxy_get_shared_data" | "proxy_call_foreign_function" => NOT_FOUND,
        _ => OK,
    }
}

/// Puts bytes into memory that the module allocates, and where they are into its variables.
fn give(caller: &mut Caller<'_, State>, bytes: &[u8], pointer_at: usize, size_at: usize) {
    let allocate = caller
        .get_export("proxy_on_memory_allocate")
        .and_then(Extern::into_func)
        .expect("an allocator");
    let size = i32::try_from(bytes.len()).expect("small");
    let mut result = [Val::I32(0)];
    allocate
        .call(&mut *caller, &[Val::I32(size)], &mut result)
        .expect("memory");
    *caller
        .data_mut()
        .calls
        .entry("proxy_on_memory_allocate".into())
        .or_default() += 1;
    let pointer = result[0].i32().expect("a pointer");
    write(caller, usize::try_from(pointer).expect("a pointer"), bytes);
    write(caller, pointer_at, &pointer.to_le_bytes());
    write(caller, size_at, &size.to_le_bytes());
}

fn write(caller: &mut Caller<'_, State>, at: usize, bytes: &[u8]) {
    let memory = memory(&caller.get_export("memory"));
    memory
        .write(&mut *caller, at, bytes)
        .expect("within memory");
}

fn pairs(headers: &[(String, String)]) -> Vec<u8> {
    let number = |value: usize| u32::try_from(value).expect("small").to_le_bytes();
    let mut bytes = number(headers.len()).to_vec();
    for (name, value) in headers {
        bytes.extend(number(name.len()));
        bytes.extend(number(value.len()));
    }
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend(text.as_bytes());
        bytes.push(0);
    }
    bytes
}
