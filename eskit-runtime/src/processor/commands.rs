use std::future::Future;

use crate::execute::{CommandSet, Executor, first_of};
use crate::model::command::CommandType;

/// Commands to execute, in order: a command, a set of commands, `Option`, `Vec`, an array, a tuple, or `()` for none.
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

impl<C: CommandSet> Commands for C {
    const REFUSABLE: Option<&'static CommandType> = C::REFUSABLE;

    async fn execute_all<X: Executor>(self, executor: &mut X) -> Result<(), X::Failed> {
        self.execute_in(executor).await
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
