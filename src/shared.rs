//! The host's shared data, as the key store wants it.

use validate_jwt::keys::{SharedData, SharedDataError};

use crate::host::{self, Status};

/// Shared by all workers of the process that run a module with the same `vm_id`.
pub(crate) struct HostSharedData;

impl SharedData for HostSharedData {
    fn get(&mut self, name: &str) -> Option<(Vec<u8>, u32)> {
        host::shared_data(name).ok()
    }

    fn set(
        &mut self,
        name: &str,
        value: &[u8],
        expected: Option<u32>,
    ) -> Result<(), SharedDataError> {
        // To the ABI, 0 means "whatever it is"; no entry has this number.
        host::set_shared_data(name, value, expected.unwrap_or(0)).map_err(|status| match status {
            Status::CasMismatch => SharedDataError::Changed,
            Status::NotFound | Status::Failed(_) => SharedDataError::Unavailable,
        })
    }
}
