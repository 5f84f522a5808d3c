//! A filter that makes the host calls it is told to and nothing else: the floor under every filter that needs them.
//!
//! The configuration is one of the words `nothing`, `look` (header fields, route metadata and clock, as for a remembered token),
//! `verify` (a signature besides) and `refuse` (an answer of 401 besides).

#![cfg(target_arch = "wasm32")]
#![expect(
    missing_docs,
    reason = "the entry point that `main!` makes is no interface for people"
)]
#![expect(
    unsafe_code,
    reason = "the SDK's own wrappers parse what they get, which would be measured too"
)]

use std::cell::Cell;
use std::ptr::null_mut;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use validate_jwt_jws::known_answer::RS256;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| -> Box<dyn RootContext> { Box::new(Root { calls: Cell::new(Calls::Nothing) }) });
}}

#[derive(Clone, Copy, PartialEq)]
enum Calls {
    Nothing,
    Look,
    Verify,
    Refuse,
}

struct Root {
    calls: Cell<Calls>,
}

impl Context for Root {}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        let document = self.get_plugin_configuration().unwrap_or_default();
        let says = |word: &[u8]| document.windows(word.len()).any(|window| window == word);
        self.calls.set(match () {
            () if says(b"refuse") => Calls::Refuse,
            () if says(b"verify") => Calls::Verify,
            () if says(b"look") => Calls::Look,
            () => Calls::Nothing,
        });
        true
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Request {
            calls: self.calls.get(),
        }))
    }
}

struct Request {
    calls: Calls,
}

impl Context for Request {}

impl HttpContext for Request {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        if self.calls == Calls::Nothing {
            return Action::Continue;
        }
        drop(receive(|data, size| unsafe {
            proxy_get_header_map_pairs(0, data, size)
        }));
        let path = "xds\0route_metadata\0filter_metadata\0validate_jwt";
        drop(receive(|data, size| unsafe {
            proxy_get_property(path.as_ptr(), path.len(), data, size)
        }));
        let mut now = 0;
        unsafe { proxy_get_current_time_nanoseconds(&raw mut now) };
        match self.calls {
            Calls::Nothing | Calls::Look => Action::Continue,
            Calls::Verify => {
                let (name, arguments) = ("verify_signature", verification());
                drop(receive(|data, size| unsafe {
                    proxy_call_foreign_function(
                        name.as_ptr(),
                        name.len(),
                        arguments.as_ptr(),
                        arguments.len(),
                        data,
                        size,
                    )
                }));
                Action::Continue
            }
            Calls::Refuse => {
                let body = b"{\"statusCode\":401,\"message\":\"Unauthorized. Access token is missing or invalid.\"}";
                let headers = [
                    ("content-type", "application/json"),
                    ("cache-control", "no-store"),
                    ("www-authenticate", "Bearer realm=\"api\""),
                ];
                self.send_http_response(401, headers.to_vec(), Some(body));
                Action::Pause
            }
        }
    }
}

/// `VerifySignatureArguments` for a signature that is known to be valid.
fn verification() -> Vec<u8> {
    let mut message = Vec::with_capacity(1024);
    for (number, bytes) in [
        (1_u8, RS256.hash.name().as_bytes()),
        (2, RS256.spki_der),
        (3, RS256.signature),
        (4, RS256.message),
    ] {
        message.push(number << 3 | 2);
        // Lengths of two bytes, whether needed or not, as protobuf allows.
        message.push((bytes.len() & 0x7f) as u8 | 0x80);
        message.push((bytes.len() >> 7) as u8);
        message.extend_from_slice(bytes);
    }
    message
}

/// Takes over bytes that the host has put into this module's memory.
fn receive(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Vec<u8> {
    let (mut data, mut size) = (null_mut(), 0);
    if call(&raw mut data, &raw mut size) != 0 || data.is_null() {
        return Vec::new();
    }
    // SAFETY: the host got this memory from the SDK's allocator, which makes it as a `Vec<u8>` of this capacity.
    unsafe { Vec::from_raw_parts(data, size, size) }
}

#[link(wasm_import_module = "env")]
unsafe extern "C" {
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_get_property(
        path: *const u8,
        path_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_get_current_time_nanoseconds(time: *mut u64) -> u32;
    fn proxy_call_foreign_function(
        name: *const u8,
        name_size: usize,
        arguments: *const u8,
        arguments_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
}
