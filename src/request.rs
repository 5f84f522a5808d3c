//! The HTTP context: one request.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

#[cfg(feature = "trap-for-tests")]
use validate_jwt::request::Headers as _;

#[cfg(feature = "trap-for-tests")]
use crate::host::{self, HeaderMap};
use crate::worker::{Next, Worker};

/// One request.
pub(crate) struct HttpRequest {
    context_id: u32,
    worker: Rc<RefCell<Worker>>,
    gate: Gate,
}

/// Whether a request may go on. Body and trailers are held like the headers: where the operator has set Envoy's
/// `allow_on_headers_stop_iteration`, a paused request would go on with the first byte of its body.
enum Gate {
    /// It has not been decided on, or was refused.
    Shut,
    /// It passes.
    Open,
    /// It waits; the worker opens the gate when it may pass.
    Waiting(Rc<Cell<bool>>),
}

impl HttpRequest {
    pub(crate) fn new(context_id: u32, worker: Rc<RefCell<Worker>>) -> Self {
        Self {
            context_id,
            worker,
            gate: Gate::Shut,
        }
    }

    fn let_through(&self) -> Action {
        let is_open = match &self.gate {
            Gate::Shut => false,
            Gate::Open => true,
            Gate::Waiting(opened) => opened.get(),
        };
        if is_open {
            Action::Continue
        } else {
            Action::Pause
        }
    }
}

impl Context for HttpRequest {}

impl HttpContext for HttpRequest {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        #[cfg(feature = "trap-for-tests")]
        if host::headers(HeaderMap::Request).is_ok_and(|headers| headers.first("x-trap").is_some())
        {
            core::arch::wasm32::unreachable();
        }
        // A worker that is busy with another context cannot be; if it were, the request must not pass.
        let Ok(mut worker) = self.worker.try_borrow_mut() else {
            return Action::Pause;
        };
        self.gate = match worker.on_request(self.context_id) {
            Next::Continue => Gate::Open,
            Next::Answered => Gate::Shut,
            Next::Parked(opened) => Gate::Waiting(opened),
        };
        self.let_through()
    }

    fn on_http_request_body(&mut self, _: usize, _: bool) -> Action {
        self.let_through()
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        self.let_through()
    }
}

impl Drop for HttpRequest {
    fn drop(&mut self) {
        if let Gate::Waiting(_) = self.gate
            && let Ok(mut worker) = self.worker.try_borrow_mut()
        {
            worker.forget(self.context_id);
        }
    }
}
