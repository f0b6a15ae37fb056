use crate::log::append::{Append, AppendError, Appended};
use crate::log::store::EventStore;

use super::options::{RetryPolicy, Sleep};

/// Appends, and as long as `may_pass` says so of the error, appends again with the same event ids, within `retry`. The
/// ids make that safe: if an earlier try went through after all, the store answers with its positions.
///
/// Once a try ended with an unknown outcome, the store is asked until it answers, and a failure of the store does not
/// pass for "nothing was written": it stays unknown.
///
/// # Errors
/// That of the last try; [`AppendError::UnknownOutcome`] if any try left the outcome open and none settled it.
pub async fn append_with_retry<S: EventStore>(
    store: &S,
    append: Append,
    retry: &RetryPolicy,
    sleep: &impl Sleep,
    may_pass: impl Fn(&AppendError) -> bool + Send,
) -> Result<Appended, AppendError> {
    let mut is_open = false;
    for attempt in 1..retry.attempts {
        let error = match store.append(append.clone()).await {
            Err(error) => settle(error, &mut is_open),
            appended => return appended,
        };
        if !is_open && !may_pass(&error) || is_settled(&error) {
            return Err(error);
        }
        sleep.sleep(retry.delay(attempt)).await;
    }
    store.append(append).await.map_err(|error| settle(error, &mut is_open))
}

/// The error of one try, in the light of those before it.
fn settle(error: AppendError, is_open: &mut bool) -> AppendError {
    *is_open |= matches!(error, AppendError::UnknownOutcome(_));
    match error {
        AppendError::Store(error) if *is_open => AppendError::UnknownOutcome(error),
        error => error,
    }
}

/// Whether the store looked at the append and refused it: then no earlier try went through either.
fn is_settled(error: &AppendError) -> bool {
    !matches!(error, AppendError::UnknownOutcome(_) | AppendError::Store(_))
}
