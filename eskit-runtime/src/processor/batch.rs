use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use super::commands::Commands;
use super::reaction::Reaction;
use crate::execute::Executor;
use crate::model::command::CommandType;
use crate::subscription::HandleError;

/// What a `#[work(batch = ..)]` method may return: nothing if all items are done, a `Vec` of what came of each, or a `Result` of one of
/// these and any error, which is that of all items.
#[diagnostic::on_unimplemented(
    message = "a `#[work(batch = ..)]` method cannot return `{Self}`\nhelp: return nothing or `Result<(), E>` for all items together; or `Vec` with what a `#[work]` method returns for one, in the order of the items",
    label = "not one outcome for all, nor a `Vec` with one for each"
)]
pub trait BatchReaction {
    /// What came of one item.
    type Each: Reaction;
    /// A command among them that its decider may refuse.
    const REFUSABLE: Option<&'static CommandType> = <Self::Each as Reaction>::REFUSABLE;

    /// What came of each of this many items, or why all of them failed.
    ///
    /// # Errors
    /// The error of the method, or there are more or fewer outcomes than items.
    fn into_each(self, items: usize) -> Result<Vec<Self::Each>, HandleError>;

    /// Executes the commands of each item by an executor of its own, and tells for each item whether it is done. In a box, as
    /// [`Reaction::execute`] is.
    fn execute_each<'x, X>(self, executors: Vec<X>) -> Done<'x>
    where
        X: Executor<Failed = HandleError> + Send + 'x,
        Self: Sized,
    {
        let items = executors.len();
        let each = self.into_each(items).map(|each| each.into_iter().map(Reaction::into_commands).collect::<Vec<_>>());
        Box::pin(async move {
            let each = match each {
                Ok(each) => each,
                Err(error) => return same(error, items),
            };
            let mut done = Vec::with_capacity(items);
            for (commands, mut executor) in each.into_iter().zip(executors) {
                done.push(match commands {
                    Ok(commands) => commands.execute_all(&mut executor).await,
                    Err(error) => Err(error),
                });
            }
            done
        })
    }
}

/// Tells for each item whether it is done.
type Done<'x> = Pin<Box<dyn Future<Output = Vec<Result<(), HandleError>>> + Send + 'x>>;

/// The error of each of so many items that failed together. Of several, each may do better by itself, whatever the error says.
fn same(error: HandleError, items: usize) -> Vec<Result<(), HandleError>> {
    if items == 1 {
        return vec![Err(error)];
    }
    let text = error.to_string();
    (0..items).map(|_| Err(HandleError::new(text.clone()))).collect()
}

impl BatchReaction for () {
    type Each = ();

    fn into_each(self, items: usize) -> Result<Vec<()>, HandleError> {
        Ok(vec![(); items])
    }
}

#[diagnostic::do_not_recommend]
impl<R: Reaction> BatchReaction for Vec<R> {
    type Each = R;

    fn into_each(self, items: usize) -> Result<Vec<R>, HandleError> {
        if self.len() == items {
            return Ok(self);
        }
        let text = format!(
            "the method was given {items} to-dos, and returned {} outcomes\nhelp: return one for each, in their order",
            self.len()
        );
        Err(HandleError::new(text))
    }
}

#[diagnostic::do_not_recommend]
impl<R: BatchReaction, E: Into<Box<dyn Error + Send + Sync>>> BatchReaction for Result<R, E> {
    type Each = R::Each;

    fn into_each(self, items: usize) -> Result<Vec<R::Each>, HandleError> {
        self.map_err(HandleError::new)?.into_each(items)
    }
}
