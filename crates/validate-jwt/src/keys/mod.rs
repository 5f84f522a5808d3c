//! Keys: where they come from, which tokens they may verify, and when they are fetched.

pub mod address;
pub mod discovery;
pub mod fetch;
pub mod issuer;
pub mod record;
pub mod schedule;
pub mod source;
mod state;
pub mod store;

pub use address::Address;
pub use fetch::{FetchRequest, FetchResult, KeyEvent};
pub use issuer::Issuers;
pub use record::{SharedData, SharedDataError};
pub use schedule::KeyTimes;
pub use source::{Discovery, Endpoint, Entra, Source, SourceId};
pub use store::KeyStore;
