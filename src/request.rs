//! The HTTP context: one request.

use std::cell::RefCell;
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
    /// Whether the worker may hold it among those that wait.
    parked: bool,
}

impl HttpRequest {
    pub(crate) fn new(context_id: u32, worker: Rc<RefCell<Worker>>) -> Self {
        Self {
            context_id,
            worker,
            parked: false,
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
        match worker.on_request(self.context_id) {
            Next::Continue => Action::Continue,
            Next::Answered => Action::Pause,
            Next::Parked => {
                self.parked = true;
                Action::Pause
            }
        }
    }
}

impl Drop for HttpRequest {
    fn drop(&mut self) {
        if self.parked
            && let Ok(mut worker) = self.worker.try_borrow_mut()
        {
            worker.forget(self.context_id);
        }
    }
}
