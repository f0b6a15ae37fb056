use std::fmt::Display;
use std::future::Future;

use crate::model::command::CommandType;
use crate::model::decider::Decide;

/// What executes commands, one after another.
pub trait Executor: Send {
    /// Why a command was not executed.
    type Failed: Send;

    /// Executes a command.
    ///
    /// # Errors
    /// It was not executed.
    fn execute<C: Decide<Error: Refusal> + 'static>(
        &mut self,
        command: C,
    ) -> impl Future<Output = Result<(), Self::Failed>> + Send;
}

/// Commands to execute, in order: a command, `Option`, `Vec`, an array, a tuple, or `()` for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command that a processor can execute, nor a collection of such commands\nhelp: return a command that has a decider and whose error implements `Display`; or `Option`, `Vec`, an array or a tuple of such commands, or a `Result` of one of these",
    label = "not a command, nor a collection of commands"
)]
pub trait Commands: Send + 'static {
    /// A command among them that its decider may refuse.
    const REFUSABLE: Option<&'static CommandType>;

    /// Executes them in order, up to the first that fails.
    ///
    /// # Errors
    /// A command was not executed.
    fn execute_all<X: Executor>(self, executor: &mut X) -> impl Future<Output = Result<(), X::Failed>> + Send;
}

/// The error of a decider whose command a processor executes: `Display`, so that a refusal can be reported.
#[diagnostic::on_unimplemented(
    message = "a processor cannot report a refusal as `{Self}`, which has no text\nhelp: write `impl std::fmt::Display for {Self}`",
    label = "its refusal has no text"
)]
pub trait Refusal: Display {}

#[diagnostic::do_not_recommend]
impl<E: Display> Refusal for E {}

impl<C: Decide<Error: Refusal> + 'static> Commands for C {
    // An error that has no values takes no room.
    const REFUSABLE: Option<&'static CommandType> =
        if size_of::<Result<(), C::Error>>() == 0 { None } else { Some(C::TYPE) };

    async fn execute_all<X: Executor>(self, executor: &mut X) -> Result<(), X::Failed> {
        executor.execute(self).await
    }
}

macro_rules! commands_each {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: Commands, $($generics)*> Commands for $type {
            const REFUSABLE: Option<&'static CommandType> = T::REFUSABLE;

            async fn execute_all<X: Executor>(self, executor: &mut X) -> Result<(), X::Failed> {
                let mut all = self.into_iter();
                while let Some(commands) = all.next() {
                    commands.execute_all(executor).await?;
                }
                Ok(())
            }
        }
    )*};
}

commands_each!([] Option<T>, [] Vec<T>, [const N: usize] [T; N]);

macro_rules! commands_tuple {
    ($($name:ident $index:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<$($name: Commands),*> Commands for ($($name,)*) {
            const REFUSABLE: Option<&'static CommandType> = first_of(&[$($name::REFUSABLE),*]);

            async fn execute_all<X: Executor>(self, _executor: &mut X) -> Result<(), X::Failed> {
                $(self.$index.execute_all(_executor).await?;)*
                Ok(())
            }
        }
    };
}

commands_tuple!();
commands_tuple!(A 0);
commands_tuple!(A 0, B 1);
commands_tuple!(A 0, B 1, C 2);
commands_tuple!(A 0, B 1, C 2, D 3);
commands_tuple!(A 0, B 1, C 2, D 3, E 4);
commands_tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
commands_tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
commands_tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

const fn first_of(all: &[Option<&'static CommandType>]) -> Option<&'static CommandType> {
    let mut index = 0;
    while index < all.len() {
        if all[index].is_some() {
            return all[index];
        }
        index += 1;
    }
    None
}
