use std::fmt;

use eskit_runtime::StoreError;
use zeroize::Zeroizing;

use super::random;

/// The key of a subject, in the clear: 256 bits. They are overwritten when it is dropped, and `Debug` does not show them.
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// The key with these bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> DataKey {
        DataKey(Zeroizing::new(*bytes))
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(super) fn random() -> Result<DataKey, StoreError> {
        let mut key = DataKey(Zeroizing::new([0; 32]));
        random::fill(&mut *key.0)?;
        Ok(key)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").finish_non_exhaustive()
    }
}
