use std::future::Future;
use std::pin::Pin;

use crate::execute::error::ExecuteError;
use crate::execute::executed::Executed;
use crate::execute::options::ExecuteOptions;
use crate::model::decider::Decide;

/// What executes single commands: an app with its store.
pub trait CommandBus: Sync {
    /// The options of a command that sets none of its own, such as the retry policy of the app.
    fn options(&self) -> ExecuteOptions {
        ExecuteOptions::default()
    }

    /// Executes a command.
    ///
    /// # Errors
    /// See [`ExecuteError`].
    fn execute<C: Decide>(
        &self,
        command: C,
        options: ExecuteOptions,
    ) -> impl Future<Output = Result<Executed<C::State>, ExecuteError<C::Error>>> + Send;
}

/// What `App::execute` takes: a command that has a decider, or a set of commands. Derived for an enum of commands by
/// `#[derive(Command)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command that a decider takes\nhelp: a command is passed by value, and has a decider: `#[decider] fn decide(command: &DoSomething, model: &Model) -> Result<SomethingHappened, Error> {{ .. }}`, or a `#[decide]` method of an aggregate",
    label = "no decider takes this"
)]
pub trait Executable: Send {
    /// The models after the events: those of the decider, or nothing for a set.
    type State;
    /// The domain's own error, or [`Refused`](crate::execute::Refused) for a set.
    type Error;

    /// Executes it on a bus.
    #[doc(hidden)]
    fn execute_on<'a, B: CommandBus>(
        self,
        bus: &'a B,
        options: ExecuteOptions,
    ) -> Running<'a, Self::State, Self::Error>
    where
        Self: 'a;
}

/// A command while it is executed.
pub type Running<'a, M, E> = Pin<Box<dyn Future<Output = Result<Executed<M>, ExecuteError<E>>> + Send + 'a>>;

#[diagnostic::do_not_recommend]
impl<C: Decide> Executable for C {
    type State = C::State;
    type Error = C::Error;

    fn execute_on<'a, B: CommandBus>(self, bus: &'a B, options: ExecuteOptions) -> Running<'a, C::State, C::Error>
    where
        C: 'a,
    {
        Box::pin(bus.execute(self, options))
    }
}
