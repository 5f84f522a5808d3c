//! Every call that the filter makes to its host. None of them can panic.
//!
//! The SDK's own wrappers panic on any status that they do not expect, and a panic in the module is a 503 for all requests of
//! the worker. So the calls are made here, and whatever the host answers becomes a [`Status`]. Only HTTP calls go through the
//! SDK, which must know whom to give the answer to.

#![expect(
    unsafe_code,
    reason = "the proxy-wasm ABI passes pointers into this module's memory"
)]

use core::ptr::{null, null_mut};

use crate::pairs::HeaderPairs;

/// What the host answered; the numbers of the ABI (`proxy-wasm` 0.2.1, `proxy_status_t`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// There is no such thing.
    NotFound,
    /// Somebody else has changed the value since.
    CasMismatch,
    /// Anything else, such as a call that the operator withholds from the module.
    Failed(u32),
}

/// A buffer of the ABI (`proxy_buffer_type_t`).
#[derive(Clone, Copy)]
pub(crate) enum Buffer {
    /// Body of the answer to an HTTP call.
    HttpCallResponseBody = 4,
    /// The plugin's configuration.
    PluginConfiguration = 7,
}

/// A header map of the ABI (`proxy_header_map_type_t`).
#[derive(Clone, Copy)]
pub(crate) enum HeaderMap {
    /// Of the request.
    Request = 0,
    /// Of the answer to an HTTP call.
    HttpCallResponse = 6,
}

/// A stream of the ABI (`proxy_stream_type_t`).
const STREAM_REQUEST: u32 = 0;

/// A metric of the ABI (`proxy_metric_type_t`).
const METRIC_COUNTER: u32 = 0;

mod abi {
    #[link(wasm_import_module = "env")]
    unsafe extern "C" {
        pub(super) fn proxy_log(level: u32, message: *const u8, size: usize) -> u32;
        pub(super) fn proxy_get_log_level(level: *mut u32) -> u32;
        pub(super) fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
        pub(super) fn proxy_set_tick_period_milliseconds(period: u32) -> u32;
        pub(super) fn proxy_get_buffer_bytes(
            buffer: u32,
            start: usize,
            max_size: usize,
            data: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub(super) fn proxy_get_header_map_pairs(
            map: u32,
            data: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub(super) fn proxy_remove_header_map_value(
            map: u32,
            name: *const u8,
            name_size: usize,
        ) -> u32;
        pub(super) fn proxy_add_header_map_value(
            map: u32,
            name: *const u8,
            name_size: usize,
            value: *const u8,
            value_size: usize,
        ) -> u32;
        pub(super) fn proxy_replace_header_map_value(
            map: u32,
            name: *const u8,
            name_size: usize,
            value: *const u8,
            value_size: usize,
        ) -> u32;
        pub(super) fn proxy_get_property(
            path: *const u8,
            path_size: usize,
            data: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub(super) fn proxy_set_property(
            path: *const u8,
            path_size: usize,
            data: *const u8,
            size: usize,
        ) -> u32;
        pub(super) fn proxy_get_shared_data(
            name: *const u8,
            name_size: usize,
            data: *mut *mut u8,
            size: *mut usize,
            cas: *mut u32,
        ) -> u32;
        pub(super) fn proxy_set_shared_data(
            name: *const u8,
            name_size: usize,
            data: *const u8,
            size: usize,
            cas: u32,
        ) -> u32;
        pub(super) fn proxy_continue_stream(stream: u32) -> u32;
        pub(super) fn proxy_send_local_response(
            status: u32,
            details: *const u8,
            details_size: usize,
            body: *const u8,
            body_size: usize,
            headers: *const u8,
            headers_size: usize,
            grpc_status: i32,
        ) -> u32;
        pub(super) fn proxy_set_effective_context(context_id: u32) -> u32;
        pub(super) fn proxy_call_foreign_function(
            name: *const u8,
            name_size: usize,
            arguments: *const u8,
            arguments_size: usize,
            data: *mut *mut u8,
            size: *mut usize,
        ) -> u32;
        pub(super) fn proxy_define_metric(
            kind: u32,
            name: *const u8,
            name_size: usize,
            id: *mut u32,
        ) -> u32;
        pub(super) fn proxy_increment_metric(id: u32, offset: i64) -> u32;
    }

    #[link(wasm_import_module = "wasi_snapshot_preview1")]
    unsafe extern "C" {
        pub(super) fn random_get(buffer: *mut u8, size: usize) -> u32;
    }
}

fn check(status: u32) -> Result<(), Status> {
    match status {
        0 => Ok(()),
        1 => Err(Status::NotFound),
        8 => Err(Status::CasMismatch),
        other => Err(Status::Failed(other)),
    }
}

/// Takes over bytes that the host has put into memory of ours (it allocates by `proxy_on_memory_allocate`).
fn receive(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>, Status> {
    let mut data: *mut u8 = null_mut();
    let mut size = 0_usize;
    check(call(&raw mut data, &raw mut size))?;
    if data.is_null() {
        return Ok(Vec::new());
    }
    // SAFETY: the host got this memory from the SDK's allocator, which makes it as a `Vec<u8>` with a capacity of `size`, has
    // filled it, and leaves it to us.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

/// Writes to Envoy's log; `log` in the rest of the filter comes here.
struct HostLogger;

impl log::Log for HostLogger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let level = match record.level() {
            log::Level::Trace => 0,
            log::Level::Debug => 1,
            log::Level::Info => 2,
            log::Level::Warn => 3,
            log::Level::Error => 4,
        };
        let message = record.args().to_string();
        // SAFETY: pointer and length are those of a live string. A log that fails cannot be reported anywhere.
        let _lost = unsafe { abi::proxy_log(level, message.as_ptr(), message.len()) };
    }

    fn flush(&self) {}
}

/// Makes `log` write to Envoy's log.
pub(crate) fn install_logger() {
    // Fails only when it is installed already, and then it is this one.
    let _installed = log::set_logger(&HostLogger);
    log::set_max_level(log::LevelFilter::Info);
}

/// Makes `log` leave out what Envoy would not write, so that lines nobody reads are never composed.
pub(crate) fn follow_log_level() {
    let mut level = 0;
    // SAFETY: the host writes one number to a live variable.
    if check(unsafe { abi::proxy_get_log_level(&raw mut level) }).is_ok() {
        log::set_max_level(match level {
            0 => log::LevelFilter::Trace,
            1 => log::LevelFilter::Debug,
            2 => log::LevelFilter::Info,
            3 => log::LevelFilter::Warn,
            _ => log::LevelFilter::Error,
        });
    }
}

/// Nanoseconds since the Unix epoch.
pub(crate) fn now() -> Result<u64, Status> {
    let mut time = 0;
    // SAFETY: the host writes one number to a live variable.
    check(unsafe { abi::proxy_get_current_time_nanoseconds(&raw mut time) })?;
    Ok(time)
}

/// A random number; zero when the host gives none.
pub(crate) fn random() -> u64 {
    let mut bytes = [0_u8; 8];
    // SAFETY: the host writes eight bytes to a live array of eight.
    let _zero = unsafe { abi::random_get(bytes.as_mut_ptr(), bytes.len()) };
    u64::from_le_bytes(bytes)
}

/// Sets how often `on_tick` comes, in milliseconds.
pub(crate) fn set_tick_period(millis: u32) -> Result<(), Status> {
    // SAFETY: no pointers.
    check(unsafe { abi::proxy_set_tick_period_milliseconds(millis) })
}

/// The first `max_size` bytes of a buffer.
pub(crate) fn buffer(buffer: Buffer, max_size: usize) -> Result<Vec<u8>, Status> {
    // SAFETY: `receive` gives two live variables to write to.
    receive(|data, size| unsafe {
        abi::proxy_get_buffer_bytes(buffer as u32, 0, max_size, data, size)
    })
}

/// All header fields of a map.
pub(crate) fn headers(map: HeaderMap) -> Result<HeaderPairs, Status> {
    // SAFETY: `receive` gives two live variables to write to.
    receive(|data, size| unsafe { abi::proxy_get_header_map_pairs(map as u32, data, size) })
        .map(HeaderPairs::from)
}

/// Removes all request header fields of a name.
pub(crate) fn remove_request_header(name: &str) -> Result<(), Status> {
    // SAFETY: pointer and length are those of a live string.
    check(unsafe {
        abi::proxy_remove_header_map_value(HeaderMap::Request as u32, name.as_ptr(), name.len())
    })
}

/// Adds a request header field.
pub(crate) fn add_request_header(name: &str, value: &str) -> Result<(), Status> {
    // SAFETY: pointers and lengths are those of live strings.
    check(unsafe {
        abi::proxy_add_header_map_value(
            HeaderMap::Request as u32,
            name.as_ptr(),
            name.len(),
            value.as_ptr(),
            value.len(),
        )
    })
}

/// Replaces the value of a request header field.
pub(crate) fn replace_request_header(name: &str, value: &[u8]) -> Result<(), Status> {
    // SAFETY: pointers and lengths are those of live strings.
    check(unsafe {
        abi::proxy_replace_header_map_value(
            HeaderMap::Request as u32,
            name.as_ptr(),
            name.len(),
            value.as_ptr(),
            value.len(),
        )
    })
}

/// A property, by its path with zero bytes between the segments.
pub(crate) fn property(path: &str) -> Result<Vec<u8>, Status> {
    // SAFETY: pointer and length are those of a live string; `receive` gives two live variables to write to.
    receive(|data, size| unsafe { abi::proxy_get_property(path.as_ptr(), path.len(), data, size) })
}

/// Sets a property: filter state `wasm.<name>` in Envoy.
pub(crate) fn set_property(name: &str, value: &[u8]) -> Result<(), Status> {
    // SAFETY: pointers and lengths are those of live slices.
    check(unsafe {
        abi::proxy_set_property(name.as_ptr(), name.len(), value.as_ptr(), value.len())
    })
}

/// An entry of the shared data, and its number.
pub(crate) fn shared_data(name: &str) -> Result<(Vec<u8>, u32), Status> {
    let mut cas = 0;
    // SAFETY: pointer and length are those of a live string; the host writes to live variables.
    let bytes = receive(|data, size| unsafe {
        abi::proxy_get_shared_data(name.as_ptr(), name.len(), data, size, &raw mut cas)
    })?;
    Ok((bytes, cas))
}

/// Writes an entry of the shared data, with a `cas` other than 0 only if its number is that.
pub(crate) fn set_shared_data(name: &str, value: &[u8], cas: u32) -> Result<(), Status> {
    // SAFETY: pointers and lengths are those of live slices.
    check(unsafe {
        abi::proxy_set_shared_data(name.as_ptr(), name.len(), value.as_ptr(), value.len(), cas)
    })
}

/// Lets the paused request of the effective context go on.
pub(crate) fn resume_request() -> Result<(), Status> {
    // SAFETY: no pointers.
    check(unsafe { abi::proxy_continue_stream(STREAM_REQUEST) })
}

/// Answers the request of the effective context. `details` appears in access logs as `%RESPONSE_CODE_DETAILS%`, `headers` are
/// [serialized](crate::pairs::serialize).
pub(crate) fn send_response(
    status: u16,
    details: &str,
    headers: &[u8],
    body: &str,
) -> Result<(), Status> {
    // SAFETY: pointers and lengths are those of live slices. A gRPC status of -1 leaves it to the host.
    check(unsafe {
        abi::proxy_send_local_response(
            u32::from(status),
            details.as_ptr(),
            details.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            -1,
        )
    })
}

/// Makes the calls that follow act on another context. Fails when it is gone.
pub(crate) fn set_effective_context(context_id: u32) -> Result<(), Status> {
    // SAFETY: no pointers.
    check(unsafe { abi::proxy_set_effective_context(context_id) })
}

/// Calls a function that the host offers beyond the ABI.
pub(crate) fn call_foreign_function(name: &str, arguments: &[u8]) -> Result<Vec<u8>, Status> {
    // SAFETY: pointers and lengths are those of live slices; `receive` gives two live variables to write to.
    receive(|data, size| unsafe {
        abi::proxy_call_foreign_function(
            name.as_ptr(),
            name.len(),
            if arguments.is_empty() {
                null()
            } else {
                arguments.as_ptr()
            },
            arguments.len(),
            data,
            size,
        )
    })
}

/// Defines a counter; its number.
pub(crate) fn define_counter(name: &str) -> Result<u32, Status> {
    let mut id = 0;
    // SAFETY: pointer and length are those of a live string; the host writes one number to a live variable.
    check(unsafe {
        abi::proxy_define_metric(METRIC_COUNTER, name.as_ptr(), name.len(), &raw mut id)
    })?;
    Ok(id)
}

/// Adds to a counter.
pub(crate) fn increment(counter: u32, by: i64) -> Result<(), Status> {
    // SAFETY: no pointers.
    check(unsafe { abi::proxy_increment_metric(counter, by) })
}
