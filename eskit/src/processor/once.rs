use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;

use eskit_runtime::subscription::HandleError;
use eskit_runtime::work::{BegunStep, StepEnd, read_result, write_result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::effect::Effect;
use super::ledger::Ledger;

/// A step of a method, from [`Effect::once`].
#[must_use = "a step happens when `run` is called and awaited"]
pub struct Once<'e, U = NotSaid> {
    effect: &'e Effect<'e>,
    step: String,
    unknown: U,
}

impl Effect<'_> {
    /// Begins a step: an effect that must not be repeated blindly, such as a payment or a text message, where who is asked for it does
    /// not recognize a repeated request. State what follows if its outcome is unknown, then call `run`:
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::processor::Effect;
    /// # type Failed = Box<dyn std::error::Error + Send + Sync>;
    /// # struct Bank; impl Bank {
    /// #     async fn charge(&self, order: u64, reference: String) -> Result<String, Failed> { Ok(format!("{order} {reference}")) }
    /// #     async fn find(&self, reference: String) -> Result<Option<String>, Failed> { Ok(Some(reference)) }
    /// # }
    /// # struct Phone; impl Phone { async fn send(&self, _: &str) -> Result<(), Failed> { Ok(()) } }
    /// # struct Collecting { bank: Bank, phone: Phone }
    /// # impl Collecting {
    /// async fn collect(&self, order: &u64, cx: &mut Effect<'_>) -> Result<(), Failed> {
    ///     let receipt: String = cx
    ///         .once("charge")
    ///         .ask_if_unknown(|reference| self.bank.find(reference))
    ///         .run(|reference| self.bank.charge(*order, reference))
    ///         .await?;
    ///     cx.once("text").park_if_unknown().run(|_| self.phone.send(&receipt)).await?;
    ///     Ok(())
    /// }
    /// # }
    /// ```
    ///
    /// That it is begun is stored in the views before the step, and its result after it. A method that runs again gets the results of the
    /// steps that have happened, and none of them happens again. A try that ends between the two, by a kill, a time limit or an error,
    /// leaves an unknown outcome. Results are kept as JSON of up to 1 MiB, until the to-do is done or the event handled. A method has up
    /// to 100 steps, each with a name of its own, which stays the same at each try.
    pub fn once<'e>(&'e self, step: impl Into<String>) -> Once<'e> {
        Once { effect: self, step: step.into(), unknown: NotSaid }
    }
}

impl<'e> Once<'e> {
    /// If the outcome of a former try is unknown, this function finds out, such as by asking the payment provider for the payment with
    /// this key: `Some` is the result of the step, which then counts as done; `None` says that it did not happen, and lets it happen
    /// now; an error fails the method, and the function is asked again at the next try.
    pub fn ask_if_unknown<A, F, T, E>(self, ask: A) -> Once<'e, Ask<A>>
    where
        A: FnOnce(String) -> F,
        F: Future<Output = Result<Option<T>, E>>,
    {
        let Once { effect, step, .. } = self;
        Once { effect, step, unknown: Ask(ask) }
    }

    /// If the outcome of a former try is unknown, the step happens again.
    pub fn repeat_if_unknown(self) -> Once<'e, Repeat> {
        let Once { effect, step, .. } = self;
        Once { effect, step, unknown: Repeat }
    }

    /// If the outcome of a try is unknown, the method fails for good: a to-do is parked, and `on_error` says what becomes of an event.
    /// Once you have found out, say so with [`Running::steps`](crate::Running::steps), and let it be tried again.
    pub fn park_if_unknown(self) -> Once<'e, Park> {
        let Once { effect, step, .. } = self;
        Once { effect, step, unknown: Park }
    }
}

impl<U> Once<'_, U> {
    /// Lets the step happen, or gives its result back if it has happened before.
    ///
    /// `happen` gets a key that is the same at each try and that no other step has: the [key of the method](Effect::key), `/`, and the
    /// name of the step. Pass it on as a reference by which the effect can be found again.
    ///
    /// # Errors
    /// `happen` failed. Unless the error is a [`HandleError::did_not_happen`], the effect may have happened all the same, and its
    /// outcome is unknown. Or the outcome was unknown and has to be found out by hand; or the result cannot be kept or read. Return
    /// the error from the method, so that what was stated follows.
    pub fn run<'r, T, E, F>(self, happen: impl FnOnce(String) -> F + Send + 'r) -> Happening<'r, T>
    where
        Self: 'r,
        U: IfUnknown<T> + Send,
        T: StepResult + 'r,
        F: Future<Output = Result<T, E>> + Send + 'r,
        E: Into<Box<dyn Error + Send + Sync>> + 'r,
    {
        let happen = |key| {
            let happening = happen(key);
            async move { happening.await.map_err(HandleError::new) }
        };
        Box::pin(self.run_with(happen))
    }

    /// The same for errors of one type: rustc cannot tell that a future is `Send` that converts a `Box<dyn Error>` into itself.
    async fn run_with<T, F>(self, happen: impl FnOnce(String) -> F) -> Result<T, HandleError>
    where
        U: IfUnknown<T>,
        T: StepResult,
        F: Future<Output = Result<T, HandleError>>,
    {
        let Once { effect, step, unknown } = self;
        effect.enter_step(&step)?;
        let key = format!("{}/{step}", effect.key());
        let Some(ledger) = effect.ledger() else { return happen(key).await };
        match ledger.begin(&step).await.map_err(|error| effect.views_failed(error))? {
            BegunStep::Done(result) => return read_result(&step, &result).map_err(HandleError::permanent),
            BegunStep::Lost => return Err(effect.claim_is_lost()),
            BegunStep::First => {}
            BegunStep::Again => match unknown.answer(key.clone()).await? {
                Answer::Happened(result) => return keep(&ledger, effect, &step, result).await,
                Answer::Go => {}
                Answer::Stop => {
                    return Err(unknown_outcome(&step, "a try of it ended in the middle"));
                }
            },
        }
        match happen(key).await {
            Ok(result) => keep(&ledger, effect, &step, result).await,
            Err(error) if error.is_without_effect() => {
                ledger.end(&step, StepEnd::DidNotHappen).await.map_err(|error| effect.views_failed(error))?;
                Err(error)
            }
            Err(error) if U::STOPS => Err(unknown_outcome(&step, &error.to_string())),
            Err(error) => Err(error),
        }
    }
}

/// Keeps the result of a step that has happened.
async fn keep<T: StepResult>(
    ledger: &Ledger<'_>,
    effect: &Effect<'_>,
    step: &str,
    result: T,
) -> Result<T, HandleError> {
    let text = write_result(step, &result).map_err(HandleError::permanent)?;
    ledger.end(step, StepEnd::Happened(text)).await.map_err(|error| effect.views_failed(error))?;
    Ok(result)
}

/// The error of a step that a person has to look into.
fn unknown_outcome(step: &str, why: &str) -> HandleError {
    HandleError::permanent(format!(
        "it is unknown whether the step `{step}` happened: {why}\nhelp: find out, and say so with `happened` or `did_not_happen` of \
         `app.steps::<..>()`; then let it be tried again"
    ))
}

impl<U> fmt::Debug for Once<'_, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("step", &self.step).finish_non_exhaustive()
    }
}

/// A step that happens when it is awaited. In a box, so that rustc reports what is wrong with a step once, and not at each use.
pub type Happening<'r, T> = Pin<Box<dyn Future<Output = Result<T, HandleError>> + Send + 'r>>;

/// What a step may return.
#[diagnostic::on_unimplemented(
    message = "the result of a step is kept for later tries, and `{Self}` cannot be kept\nhelp: add `Serialize, Deserialize` to its derives, or let the step return less, such as an id",
    label = "`{Self}` cannot be kept"
)]
pub trait StepResult: Serialize + DeserializeOwned + Send {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send> StepResult for T {}

/// Nothing is said yet of unknown outcomes.
#[derive(Debug)]
pub struct NotSaid;

/// What [`Once::ask_if_unknown`] says.
#[derive(Debug)]
pub struct Ask<F>(F);

/// What [`Once::repeat_if_unknown`] says.
#[derive(Debug)]
pub struct Repeat;

/// What [`Once::park_if_unknown`] says.
#[derive(Debug)]
pub struct Park;

/// What follows when the outcome of a step is unknown.
#[derive(Debug)]
#[doc(hidden)]
pub enum Answer<T> {
    /// It has happened, with this result.
    Happened(T),
    /// It may happen now.
    Go,
    /// A person has to find out.
    Stop,
}

/// That it is said what follows when the outcome of a step is unknown.
#[diagnostic::on_unimplemented(
    message = "it is not said what follows when the outcome of this step is unknown, such as after a kill in the middle of it\nhelp: before `run`, write `.ask_if_unknown(..)` with a function that finds out, `.repeat_if_unknown()`, or `.park_if_unknown()`",
    label = "the outcome may be unknown"
)]
pub trait IfUnknown<T> {
    /// Whether a try whose outcome is unknown is the last one.
    #[doc(hidden)]
    const STOPS: bool = false;

    /// What follows.
    #[doc(hidden)]
    fn answer(self, key: String) -> impl Future<Output = Result<Answer<T>, HandleError>> + Send;
}

#[diagnostic::do_not_recommend]
impl<T, E, A, F> IfUnknown<T> for Ask<A>
where
    A: FnOnce(String) -> F + Send,
    F: Future<Output = Result<Option<T>, E>> + Send,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    async fn answer(self, key: String) -> Result<Answer<T>, HandleError> {
        let found = (self.0)(key).await.map_err(HandleError::new)?;
        Ok(found.map_or(Answer::Go, Answer::Happened))
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send> IfUnknown<T> for Repeat {
    async fn answer(self, _: String) -> Result<Answer<T>, HandleError> {
        Ok(Answer::Go)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Send> IfUnknown<T> for Park {
    const STOPS: bool = true;

    async fn answer(self, _: String) -> Result<Answer<T>, HandleError> {
        Ok(Answer::Stop)
    }
}
