use std::error::Error;
use std::fmt;

use crate::codec::decode_error::DecodeError;

/// Why an event was not handled.
#[derive(Debug)]
pub struct HandleError {
    text: Option<String>,
    source: Option<Box<dyn Error + Send + Sync>>,
    is_permanent: bool,
    did_not_happen: bool,
}

impl HandleError {
    /// A handler failed with this error. One that is, or wraps, a `HandleError` keeps what that says of other tries.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> HandleError {
        let source = match error.into().downcast::<HandleError>() {
            Ok(own) => return *own,
            Err(source) => source,
        };
        let inner = find::<HandleError>(&*source);
        let is_permanent = inner.is_some_and(|inner| inner.is_permanent);
        let did_not_happen = inner.is_some_and(|inner| inner.did_not_happen);
        HandleError { text: None, source: Some(source), is_permanent, did_not_happen }
    }

    /// A handler panicked with this text.
    pub fn panicked(text: impl fmt::Display) -> HandleError {
        let text = Some(format!("the handler panicked: {text}"));
        HandleError { text, source: None, is_permanent: false, did_not_happen: false }
    }

    /// A handler failed with this error, and would fail with it again.
    pub fn permanent(error: impl Into<Box<dyn Error + Send + Sync>>) -> HandleError {
        HandleError { is_permanent: true, ..HandleError::new(error) }
    }

    /// The effect of a [step](crate::work::Steps) failed with this error before it began, such as a connection that was refused: it is
    /// known that nothing happened, and the step is tried again.
    pub fn did_not_happen(error: impl Into<Box<dyn Error + Send + Sync>>) -> HandleError {
        HandleError { did_not_happen: true, ..HandleError::new(error) }
    }

    /// Whether another try must fail too.
    pub fn is_permanent(&self) -> bool {
        self.is_permanent
    }

    /// Whether it is known that nothing happened: [`HandleError::did_not_happen`].
    pub fn is_without_effect(&self) -> bool {
        self.did_not_happen
    }

    /// Whether the handler read what only a newer program can read: see [`DecodeError::is_newer`].
    pub fn is_newer(&self) -> bool {
        self.downcast_ref().is_some_and(DecodeError::is_newer)
    }

    /// The error that the handler returned, if it is of this type. For views that tell a failure of their database from one of the
    /// handler.
    pub fn downcast_ref<E: Error + 'static>(&self) -> Option<&E> {
        find(self.source.as_deref()?)
    }
}

/// The first error of this type among an error and its sources.
fn find<'e, E: Error + 'static>(mut error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    loop {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        error = error.source()?;
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
