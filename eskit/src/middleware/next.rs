use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use eskit_runtime::execute::Denied;

use super::call::Call;
use super::outcome::Outcome;

/// What stands around the execution of each command of an app.
pub trait Middleware: Send + Sync + 'static {
    /// Lets the command be executed by [`Next::run`], or refuses it. What it does before and after that is its own affair.
    ///
    /// An [`Outcome`] comes from [`Next::run`] only, and cannot be undone: if the command was executed, its caller gets what came
    /// of it, whatever this returns.
    ///
    /// # Errors
    /// The command is not allowed. Its caller gets [`ExecuteError::Denied`](crate::ExecuteError::Denied).
    fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> impl Future<Output = Result<Outcome, Denied>> + Send;

    /// Waits until what it does beside the commands is done, such as writing entries about them. [`Running::stop`](crate::Running::stop) calls
    /// it when all subscriptions have ended.
    fn flush(&self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// What an operator should know, such as that entries were dropped; `None` if nothing. [`App::warnings`](crate::App::warnings) asks for it.
    fn warning(&self) -> Option<String> {
        None
    }
}

/// The rest of the way: the middleware behind this one, and then the execution.
#[derive(Clone, Copy)]
pub struct Next<'n> {
    rest: &'n [Arc<dyn Erased>],
    execution: &'n (dyn Execution + 'n),
}

impl<'n> Next<'n> {
    pub(crate) fn new(rest: &'n [Arc<dyn Erased>], execution: &'n (dyn Execution + 'n)) -> Next<'n> {
        Next { rest, execution }
    }

    /// Executes the command. It may be called again, to try again: the caller gets what came of the last time.
    ///
    /// # Errors
    /// A middleware behind this one does not allow it.
    pub async fn run(self, call: &mut Call<'_>) -> Result<Outcome, Denied> {
        match self.rest.split_first() {
            Some((first, rest)) => first.around(call, Next { rest, ..self }).await,
            None => Ok(self.execution.execute(call).await),
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("middleware", &self.rest.len()).finish_non_exhaustive()
    }
}

/// What executes the command in the end, and keeps its typed result.
pub(crate) trait Execution: Sync {
    fn execute<'a>(&'a self, call: &'a Call<'_>) -> Boxed<'a, Outcome>;
}

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`Middleware`] of any type.
pub(crate) trait Erased: Send + Sync {
    fn around<'a>(&'a self, call: &'a mut Call<'_>, next: Next<'a>) -> Boxed<'a, Result<Outcome, Denied>>;
    fn flush(&self) -> Boxed<'_, ()>;
    fn warning(&self) -> Option<String>;
}

impl<M: Middleware> Erased for M {
    fn around<'a>(&'a self, call: &'a mut Call<'_>, next: Next<'a>) -> Boxed<'a, Result<Outcome, Denied>> {
        Box::pin(Middleware::around(self, call, next))
    }

    fn flush(&self) -> Boxed<'_, ()> {
        Box::pin(Middleware::flush(self))
    }

    fn warning(&self) -> Option<String> {
        Middleware::warning(self)
    }
}
