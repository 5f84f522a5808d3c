//! The least that a filter in WebAssembly can cost: modules of a few instructions, written here, that make host calls and use
//! nothing of what they get.
//!
//! Each is what remains of a filter when all of its own work takes no time. So whatever a filter of this kind costs above it is the
//! filter's own doing, and whatever it costs below cannot be had.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A host call that a module makes on each request, or an event that it is told of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The host tells of each request's beginning and end, as the SDK needs it.
    Contexts,
    /// All header fields: the only call that shows whether one of them was sent twice.
    HeaderFields,
    /// The first `authorization` alone.
    HeaderField,
    /// All `authorization` joined with commas.
    JoinedHeaderFields,
    /// The wall clock.
    Clock,
    /// What the route's metadata says under `validate_jwt`.
    RouteMetadata,
    /// The verification of a signature.
    VerifySignature,
    /// An answer of 401.
    Refuse,
}

/// Where the modules keep things in their memory. The host writes two words (address and length, or the time) at `RESULT`.
const RESULT: usize = 16;

/// First address of the data.
const DATA: usize = 64;

/// Where the memory begins that the host asks for; taken anew for each request.
const FREE: usize = 64 * 1024;

/// Pages of 64 KiB.
const PAGES: usize = 4;

/// What the modules send for a 401: what `jwt_authn` sends and what RFC 6750 wants, shorter than this project's own.
const BODY: &[u8] = b"Unauthorized";

/// `content-type: text/plain` and `www-authenticate: Bearer` as the ABI passes header fields.
const HEADERS: &[u8] = b"\x02\0\0\0\x0c\0\0\0\x0a\0\0\0\x10\0\0\0\x06\0\0\0\
    content-type\0text/plain\0www-authenticate\0Bearer\0";

/// Writes the module that makes these steps to a file in `folder`. `verification` are the arguments of `verify_signature`.
pub(crate) fn module(folder: &Path, steps: &[Step], verification: &[u8]) -> Result<PathBuf> {
    let name: String = steps.iter().map(|step| step.letter()).collect();
    let path = folder.join(format!("floor_{name}.wasm"));
    let module = wat::parse_str(text(steps, verification)).context("a floor module is wrong")?;
    fs::write(&path, module).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

impl Step {
    const fn letter(self) -> char {
        match self {
            Self::Contexts => 'c',
            Self::HeaderFields => 'h',
            Self::HeaderField => 'f',
            Self::JoinedHeaderFields => 'j',
            Self::Clock => 't',
            Self::RouteMetadata => 'm',
            Self::VerifySignature => 'v',
            Self::Refuse => 'r',
        }
    }
}

/// Data of a module, each piece behind the one before.
struct Data {
    text: String,
    next: usize,
}

impl Data {
    /// Adds bytes. What WebAssembly's text has for their address and length.
    fn add(&mut self, bytes: &[u8]) -> String {
        let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let at = self.next;
        let _never_fails = writeln!(self.text, "  (data (i32.const {at}) \"{escaped}\")");
        self.next += bytes.len();
        format!("(i32.const {at}) (i32.const {})", bytes.len())
    }
}

/// The module in WebAssembly's text format.
fn text(steps: &[Step], verification: &[u8]) -> String {
    let result = format!("(i32.const {RESULT}) (i32.const {})", RESULT + 4);
    let mut data = Data {
        text: String::new(),
        next: DATA,
    };
    let mut calls = String::new();
    let mut contexts = "";
    let mut action = 0;
    for step in steps {
        let call = match step {
            Step::Contexts => {
                contexts = "\
  (func (export \"proxy_on_context_create\") (param i32 i32))
  (func (export \"proxy_on_delete\") (param i32))";
                continue;
            }
            Step::HeaderFields => format!("$header_map_pairs (i32.const 0) {result}"),
            Step::HeaderField => {
                let name = data.add(b"authorization");
                format!("$header_map_value (i32.const 0) {name} {result}")
            }
            Step::JoinedHeaderFields => {
                let path = data.add(b"request\0headers\0authorization");
                format!("$property {path} {result}")
            }
            Step::Clock => format!("$clock (i32.const {RESULT})"),
            Step::RouteMetadata => {
                let path = data.add(b"xds\0route_metadata\0filter_metadata\0validate_jwt");
                format!("$property {path} {result}")
            }
            Step::VerifySignature => {
                let (name, arguments) = (data.add(b"verify_signature"), data.add(verification));
                format!("$foreign_function {name} {arguments} {result}")
            }
            Step::Refuse => {
                action = 1;
                let (details, body, headers) =
                    (data.add(b"floor"), data.add(BODY), data.add(HEADERS));
                format!(
                    "$send_local_response (i32.const 401) {details} {body} {headers} (i32.const -1)"
                )
            }
        };
        let _never_fails = writeln!(calls, "    (drop (call {call}))");
    }
    let data = data.text;
    format!(
        r#"(module
  (import "env" "proxy_get_header_map_pairs" (func $header_map_pairs (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $header_map_value (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds" (func $clock (param i32) (result i32)))
  (import "env" "proxy_get_property" (func $property (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_call_foreign_function" (func $foreign_function (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response" (func $send_local_response (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") {PAGES})
  (global $free (mut i32) (i32.const {FREE}))
{data}
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "_initialize"))
  (func (export "proxy_on_memory_allocate") (param $size i32) (result i32) (local $at i32)
    (local.set $at (global.get $free))
    (global.set $free (i32.add (global.get $free) (local.get $size)))
    (local.get $at))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32) (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32) (i32.const 1))
{contexts}
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (global.set $free (i32.const {FREE}))
{calls}
    (i32.const {action})))
"#
    )
}
