use std::error::Error;
use std::fmt;

use crate::codec::decode_error::DecodeError;

/// Why an event was not handled.
#[derive(Debug)]
pub struct HandleError {
    text: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
    is_permanent: bool,
}

impl HandleError {
    /// A handler failed with this error.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> HandleError {
        HandleError { text: None, source: Some(error.into()), is_permanent: false }
    }

    /// A handler panicked with this text.
    pub fn panicked(text: impl fmt::Display) -> HandleError {
        HandleError { text: Some(format!("the handler panicked: {text}")), source: None, is_permanent: false }
    }

    /// A handler failed with this error, and would fail with it again.
    pub fn permanent(error: impl Into<Box<dyn Error + Send + Sync>>) -> HandleError {
        HandleError { is_permanent: true, ..HandleError::new(error) }
    }

    /// Whether another try must fail too.
    pub fn is_permanent(&self) -> bool {
        self.is_permanent
    }

    /// The error that the handler returned, if it is of this type. For views that tell a failure of their database from one of the
    /// handler.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        let mut error: &(dyn Error + 'static) = self.source.as_deref()?;
        loop {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            error = error.source()?;
        }
    }
}

impl From<DecodeError> for HandleError {
    fn from(error: DecodeError) -> HandleError {
        HandleError::permanent(error)
    }
}

impl fmt::Display for HandleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.text, &self.source) {
            (Some(text), _) => f.write_str(text),
            (None, Some(source)) => source.fmt(f),
            (None, None) => f.write_str("the handler failed"),
        }
    }
}

impl Error for HandleError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.source.as_deref()? as &(dyn Error + 'static);
        // Its text is the text of this error.
        source.source()
    }
}

/// What an `#[on]` method may return: nothing, or a `Result` of nothing.
#[diagnostic::on_unimplemented(
    message = "an `#[on]` method returns nothing or `Result<(), E>`, not `{Self}`\nhelp: write `Result<(), E>`, where `E` is any error that is `Send + Sync`, such as `Box<dyn std::error::Error + Send + Sync>`; a projection returns no commands, since it is rebuilt",
    label = "not a result of a handler"
)]
pub trait Handled {
    /// The result as a subscription takes it.
    ///
    /// # Errors
    /// The error of the handler.
    fn handled(self) -> Result<(), HandleError>;
}

impl Handled for () {
    fn handled(self) -> Result<(), HandleError> {
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Into<Box<dyn Error + Send + Sync>>> Handled for Result<(), E> {
    fn handled(self) -> Result<(), HandleError> {
        self.map_err(HandleError::new)
    }
}
