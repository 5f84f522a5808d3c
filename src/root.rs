//! The root context: configuration, ticks, and the answers to the fetches of keys. One for each worker.

use std::cell::RefCell;
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::ContextType;
use validate_jwt::config::{self, Severity};

use crate::host::{self, Buffer};
use crate::request::HttpRequest;
use crate::worker::Worker;

/// The plugin in one worker.
pub(crate) struct Root {
    worker: Rc<RefCell<Worker>>,
}

impl Root {
    /// Not configured yet; until it is, every request is refused.
    pub(crate) fn new(context_id: u32) -> Self {
        Self {
            worker: Rc::new(RefCell::new(Worker::new(context_id))),
        }
    }
}

impl Context for Root {
    fn on_http_call_response(
        &mut self,
        token_id: u32,
        num_headers: usize,
        body_size: usize,
        _: usize,
    ) {
        if let Ok(mut worker) = self.worker.try_borrow_mut() {
            worker.on_fetched(token_id, num_headers, body_size, self);
        }
    }
}

impl RootContext for Root {
    /// The verdict depends on the document alone. A worker that refused what another accepted would let requests pass unseen:
    /// Envoy leaves out a filter whose configuration fails on a worker only.
    fn on_configure(&mut self, _: usize) -> bool {
        let Ok(mut worker) = self.worker.try_borrow_mut() else {
            return true;
        };
        host::follow_log_level();
        let document = match host::buffer(
            Buffer::PluginConfiguration,
            config::MAX_DOCUMENT_BYTES.saturating_add(1),
        ) {
            Ok(document) => document,
            Err(status) => {
                log::error!(
                    "the configuration cannot be read ({status:?}); what was configured before goes on, if anything was"
                );
                return true;
            }
        };
        let checked = config::check_document(&document);
        for found in &checked.diagnostics {
            match found.severity {
                Severity::Error => log::error!("configuration: {found}"),
                Severity::Warning => log::warn!("configuration: {found}"),
            }
        }
        let Some(config) = checked.config else {
            return false;
        };
        worker.configure(config);
        true
    }

    fn on_tick(&mut self) {
        if let Ok(mut worker) = self.worker.try_borrow_mut() {
            worker.on_tick(self);
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(HttpRequest::new(
            context_id,
            Rc::clone(&self.worker),
        )))
    }
}
