use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eskit_runtime::{AppendError, StoreErrorKind};

use crate::batch::Batch;
use crate::connections::Connections;
use crate::error::Fault;
use crate::known::Known;
use crate::names::Names;
use crate::outcome::Verdict;
use crate::request::{Answer, Request};
use crate::statements::Statements;
use crate::watch::Heads;
use crate::{repeat, turn};

/// The longest that a batch waits for further appends.
const LINGER_MAX: Duration = Duration::from_millis(1);
/// A batch waits for further appends for this part of the time that the last one took.
const LINGER_PART: u32 = 8;
/// The pause before an append of unknown outcome is tried a third time; it doubles each time.
const RETRY_PAUSE: Duration = Duration::from_millis(10);
const RETRY_PAUSE_MAX: Duration = Duration::from_millis(500);

/// Writes batches, one at a time.
pub(crate) struct Writer {
    pub(crate) names: Names,
    pub(crate) connections: Arc<Connections>,
    pub(crate) statements: Arc<Statements>,
    pub(crate) heads: Arc<Heads>,
    /// How long to wait for the turn to append; `None` as long as the session waits for any lock.
    pub(crate) wait_ms: Option<i32>,
    /// How long to find out what became of an append whose connection broke.
    pub(crate) retry_for: Duration,
    /// How long the last batch took, in nanoseconds.
    pub(crate) last_ns: AtomicU64,
}

/// What became of the requests of a batch, and those that it did not take in, in order.
pub(crate) struct Decided {
    verdicts: Vec<(Request, Verdict)>,
    left: Vec<Request>,
}

impl Decided {
    /// How many requests were decided.
    pub(crate) fn len(&self) -> usize {
        self.verdicts.len()
    }
}

/// Why a batch was not decided.
struct Failure {
    fault: Fault,
    /// Whether it may be in the log all the same.
    is_ambiguous: bool,
}

impl Writer {
    /// How long to wait for further appends before the next batch.
    pub(crate) fn linger(&self) -> Duration {
        (Duration::from_nanos(self.last_ns.load(Ordering::Relaxed)) / LINGER_PART).min(LINGER_MAX)
    }

    /// Writes a batch, or as much of it as one transaction takes in.
    pub(crate) async fn decide(&self, mut requests: Vec<Request>, known: &mut Known) -> Decided {
        let (taken, result) = {
            let batch = Batch::new(requests.iter_mut().map(|request| &mut request.prepared));
            let started = Instant::now();
            let result = self.write(&batch, known).await;
            self.last_ns.store(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
            (batch.appends.len(), result)
        };
        let mut decided = Decided { verdicts: Vec::with_capacity(taken), left: requests.split_off(taken) };
        match result {
            Ok(verdicts) => decided.verdicts.extend(requests.into_iter().zip(verdicts)),
            // One of them is to blame; the others need not suffer for it.
            Err(failure) if requests.len() > 1 && !failure.is_ambiguous && failure.fault.blames_data() => {
                for request in requests {
                    decided.verdicts.extend(Box::pin(self.decide(vec![request], known)).await.verdicts);
                }
            }
            Err(failure) => {
                let told = |request| (request, Verdict::Done(Err(self.error(&failure))));
                decided.verdicts.extend(requests.into_iter().map(told));
            }
        }
        decided
    }

    /// Answers the requests of a batch. Returns those that must be tried again, in order.
    pub(crate) async fn answer(&self, decided: Decided) -> Vec<Request> {
        let mut again = Vec::new();
        for (request, verdict) in decided.verdicts {
            match verdict {
                Verdict::Done(answer) => request.answer(answer),
                Verdict::Again => again.push(request),
                Verdict::Known => {
                    let answer = self.repeated(&request).await;
                    request.answer(answer);
                }
            }
        }
        again.extend(decided.left);
        again
    }

    /// The answer to an append of which an id is in the log already. Nothing was written for it now, but the id may be there because
    /// an earlier try went through.
    async fn repeated(&self, request: &Request) -> Answer {
        let started = Instant::now();
        let mut pause = Duration::ZERO;
        loop {
            match self.try_repeated(request).await {
                Ok(answer) => return answer,
                Err(fault) if fault.is_definite() || started.elapsed() >= self.retry_for => {
                    return Err(AppendError::UnknownOutcome(fault.into_error("append to", &self.names)));
                }
                Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = longer(pause);
        }
    }

    async fn try_repeated(&self, request: &Request) -> Result<Answer, Fault> {
        let mut connection = self.connections.take().await?;
        let result = repeat::answer(&mut connection, &self.statements, &request.prepared.append.events).await;
        self.connections.give_back(connection, &result);
        result
    }

    /// Writes a batch. When it gave way to another transaction, or the connection breaks, the same batch is written again: what
    /// was committed is then known by its ids, and answered with its positions.
    async fn write(&self, batch: &Batch<'_>, known: &mut Known) -> Result<Vec<Verdict>, Failure> {
        let started = Instant::now();
        let mut is_ambiguous = false;
        let mut pause = Duration::ZERO;
        loop {
            let fault = match self.try_write(batch, &mut is_ambiguous, known).await {
                Ok(verdicts) => return Ok(verdicts),
                Err(fault) => fault,
            };
            known.clear();
            let is_final =
                fault.blames_data() || fault.kind() == StoreErrorKind::Closed || started.elapsed() >= self.retry_for;
            if is_final || !(is_ambiguous || fault.gave_way()) {
                return Err(Failure { is_ambiguous: is_ambiguous && !fault.blames_data(), fault });
            }
            tokio::time::sleep(pause).await;
            pause = longer(pause);
        }
    }

    async fn try_write(
        &self,
        batch: &Batch<'_>,
        is_ambiguous: &mut bool,
        known: &mut Known,
    ) -> Result<Vec<Verdict>, Fault> {
        let mut connection = self.connections.take().await?;
        let result = turn::commit(&mut connection, &self.statements, batch, self.wait_ms, known).await;
        self.connections.give_back(connection, &result);
        if let Err(fault) = &result {
            *is_ambiguous |= !fault.is_definite();
        }
        let (verdicts, head) = result?.settle(batch, known);
        if let Some(head) = head {
            self.heads.set(head);
            self.heads.announce(head);
        }
        Ok(verdicts)
    }

    fn error(&self, failure: &Failure) -> AppendError {
        let text = failure.fault.text("append to", &self.names);
        let error = eskit_runtime::StoreError::new(failure.fault.kind(), text);
        if failure.is_ambiguous { AppendError::UnknownOutcome(error) } else { AppendError::Store(error) }
    }
}

/// The pause after this one.
fn longer(pause: Duration) -> Duration {
    (pause * 2).clamp(RETRY_PAUSE, RETRY_PAUSE_MAX)
}
