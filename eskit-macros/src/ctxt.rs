use std::cell::RefCell;

use proc_macro2::TokenStream;
use syn::Error;

/// Gathers every mistake of one item, so that all show at once.
///
/// Must be finished: dropping one whose errors nobody took is a mistake in this crate.
pub(crate) struct Ctxt {
    errors: RefCell<Option<Vec<Error>>>,
}

impl Ctxt {
    pub(crate) fn new() -> Ctxt {
        Ctxt { errors: RefCell::new(Some(Vec::new())) }
    }

    pub(crate) fn error(&self, error: Error) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// How many mistakes there are so far.
    pub(crate) fn count(&self) -> usize {
        self.errors.borrow().as_ref().map_or(0, Vec::len)
    }

    /// The value, or `None` after recording why there is none.
    pub(crate) fn ok<T>(&self, result: Result<T, Error>) -> Option<T> {
        result.map_err(|error| self.error(error)).ok()
    }

    /// `Err` with a `compile_error!` for each mistake.
    pub(crate) fn finish(self) -> Result<(), TokenStream> {
        let errors = self.errors.borrow_mut().take().unwrap_or_default();
        if errors.is_empty() { Ok(()) } else { Err(errors.iter().map(Error::to_compile_error).collect()) }
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        debug_assert!(
            self.errors.borrow().is_none() || std::thread::panicking(),
            "a Ctxt was dropped before its errors were taken"
        );
    }
}
