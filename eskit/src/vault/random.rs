use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;

/// Fills bytes from the operating system's source of random numbers.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| {
        StoreError::new(StoreErrorKind::Other, format!("the operating system gives no random numbers: {error}"))
    })
}
