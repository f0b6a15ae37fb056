use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use eskit_runtime::{AppendError, StoreErrorKind};
use sqlx::PgConnection;

use crate::batch::Batch;
use crate::connections::Connections;
use crate::error::Fault;
use crate::known::Known;
use crate::names::Names;
use crate::outcome::{Outcome, Verdict};
use crate::repeat;
use crate::request::{Answer, Request};
use crate::statements::Statements;
use crate::watch::Heads;

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
        let result = call(&mut connection, &self.statements, batch, self.turn(), known).await;
        self.connections.give_back(connection, &result);
        if let Err(fault) = &result {
            *is_ambiguous |= !fault.is_definite();
        }
        let (verdicts, head) = result?.settle(batch, known);
        self.heads.advance(head);
        if verdicts.iter().any(|verdict| matches!(verdict, Verdict::Done(Ok(_)))) {
            self.heads.announce(head);
        }
        Ok(verdicts)
    }

    fn turn(&self) -> Turn {
        Turn { wait_ms: self.wait_ms, is_alone: true }
    }

    /// Makes a transaction wait for the turn as long as an append does.
    pub(crate) async fn limit_wait(&self, conn: &mut PgConnection) -> Result<(), Fault> {
        if let Some(wait_ms) = self.wait_ms {
            sqlx::query("SELECT set_config('lock_timeout', $1, true)").bind(wait_ms.to_string()).execute(conn).await?;
        }
        Ok(())
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

/// How a batch gets its turn to append.
#[derive(Clone, Copy)]
pub(crate) struct Turn {
    /// How long to wait for it, in milliseconds; `None` for as long as the session waits for any lock.
    pub(crate) wait_ms: Option<i32>,
    /// Whether the transaction does nothing else.
    pub(crate) is_alone: bool,
}

/// Runs the statement that checks and writes a batch, to its end: with it, outside of a transaction, the batch is committed.
pub(crate) async fn call(
    conn: &mut PgConnection,
    statements: &Statements,
    batch: &Batch<'_>,
    turn: Turn,
    known: &Known,
) -> Result<Outcome, Fault> {
    if turn.is_alone
        && let Some(one) = batch.one()
        && let Some(written) = one.write(conn, statements, turn.wait_ms).await?
    {
        return Ok(Outcome::of_one(&written));
    }
    let rows = batch.call(statements, turn, known).fetch_all(conn).await?;
    match rows.as_slice() {
        [row] => Outcome::from_row(row),
        rows => Err(Fault::Damaged(format!("the function `append_v1` returned {} rows instead of one", rows.len()))),
    }
}
