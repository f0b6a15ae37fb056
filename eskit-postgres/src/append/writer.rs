use std::sync::Arc;
use std::time::{Duration, Instant};

use eskit_runtime::log::{AppendError, Place, StoreErrorKind};
use eskit_runtime::store_kit::BatchSize;
use futures_util::future::join;

use crate::append::batch::Batch;
use crate::append::known::Known;
use crate::append::outcome::Verdict;
use crate::append::queue::Queue;
use crate::append::request::{Answer, Request};
use crate::append::synchronous::{self, Projections, Synchronous};
use crate::append::{repeat, turn};
use crate::error::Fault;
use crate::handlers::tx::Tx;
use crate::pool::connections::{Connections, Purpose, within};
use crate::pool::watch::Heads;
use crate::sql::names::Names;
use crate::sql::statements::Statements;

/// From this many callers on, each batch takes in half of them: while the database writes one half, this process answers the
/// other and gathers it again. Each batch has costs of its own, so fewer callers fare better in one.
const SHARED_MIN: usize = 96;
/// The pause before an append of unknown outcome is tried a third time; it doubles each time.
const RETRY_PAUSE: Duration = Duration::from_millis(10);
const RETRY_PAUSE_MAX: Duration = Duration::from_millis(500);

/// Writes batches, one at a time.
pub(crate) struct Writer {
    pub(crate) names: Names,
    pub(crate) connections: Arc<Connections>,
    pub(crate) statements: Arc<Statements>,
    pub(crate) heads: Arc<Heads>,
    pub(crate) projections: Arc<Projections>,
    /// How long to wait for the turn to append; `None` as long as the session waits for any lock.
    pub(crate) wait_ms: Option<i32>,
    /// How long to find out what became of an append whose connection broke.
    pub(crate) retry_for: Duration,
}

/// What became of the requests of a batch, and those that it did not take in, in order.
struct Decided {
    verdicts: Vec<(Request, Verdict)>,
    left: Vec<Request>,
}

/// Why a batch was not decided.
struct Failure {
    fault: Fault,
    /// Whether it may be in the log all the same.
    is_ambiguous: bool,
}

/// Leaves nobody waiting for an answer if the writer ends.
struct Serving<'q>(&'q Queue);

impl Drop for Serving<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Writer {
    /// Writes what waits, one batch after another, until the queue is closed and empty.
    pub(crate) async fn serve(self: Arc<Writer>, queue: Arc<Queue>) {
        let _serving = Serving(&queue);
        let mut known = Known::default();
        // How many callers are likely to append now: those of the last batch, and those that waited when it was written.
        let mut callers = 0;
        let mut linger = Duration::ZERO;
        let mut last: Option<Decided> = None;
        loop {
            let is_shared = callers >= SHARED_MIN;
            if !is_shared && let Some(decided) = last.take() {
                queue.put_back(self.answer(decided));
            }
            if last.is_none() && !queue.wait().await {
                return;
            }
            let expected = if is_shared { callers.div_ceil(2) } else { callers };
            queue.gather(expected, linger).await;
            callers = callers.max(queue.len());
            let batch = queue.take(if callers >= SHARED_MIN { callers.div_ceil(2) } else { usize::MAX });
            let started = Instant::now();
            let answering = async { last.take().map(|decided| self.answer(decided)).unwrap_or_default() };
            let (decided, again) = join(self.decide(batch, &mut known), answering).await;
            queue.put_back(again);
            linger = BatchSize::linger(started.elapsed());
            callers = decided.verdicts.len() + queue.len();
            last = Some(decided);
        }
    }

    /// Writes a batch, or as much of it as one transaction takes in.
    async fn decide(&self, mut requests: Vec<Request>, known: &mut Known) -> Decided {
        if requests.is_empty() {
            return Decided { verdicts: Vec::new(), left: requests };
        }
        let (taken, result) = {
            let batch = Batch::new(requests.iter_mut().map(|request| &mut request.encoded));
            (batch.appends.len(), self.write(&batch, known).await)
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
    fn answer(self: &Arc<Writer>, decided: Decided) -> Vec<Request> {
        let mut again = Vec::new();
        for (request, verdict) in decided.verdicts {
            match verdict {
                Verdict::Done(answer) => request.answer(answer),
                Verdict::Again => again.push(request),
                Verdict::Known => {
                    let writer = Arc::clone(self);
                    // The next batch does not wait for it.
                    tokio::spawn(async move {
                        let answer = writer.repeated(&request).await;
                        request.answer(answer);
                    });
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
                // A standby is promoted soon, or the name leads to the primary again.
                Err(fault) if (fault.is_definite() && !fault.is_read_only()) || started.elapsed() >= self.retry_for => {
                    return Err(AppendError::UnknownOutcome(fault.into_error("append to", &self.names)));
                }
                Err(_) => {}
            }
            tokio::time::sleep(pause).await;
            pause = longer(pause);
        }
    }

    async fn try_repeated(&self, request: &Request) -> Result<Answer, Fault> {
        let mut connection = self.connections.take(Purpose::Other).await?;
        let call = repeat::answer(&mut connection, &self.statements, &request.encoded.append.events);
        let result = within(self.connections.call_timeout(), call).await;
        connection.give_back(&result);
        result
    }

    /// Writes a batch. When it gave way to another transaction, or the connection breaks, the same batch is written again: what
    /// was committed is then known by its ids, and answered with its positions.
    async fn write(&self, batch: &Batch<'_>, known: &mut Known) -> Result<Vec<Verdict>, Failure> {
        let mut failed_first = None;
        let (mut is_ambiguous, mut was_read_only) = (false, false);
        let mut pause = Duration::ZERO;
        loop {
            let fault = match self.try_write(batch, &mut is_ambiguous, known).await {
                Ok(verdicts) => return Ok(verdicts),
                Err(fault) => fault,
            };
            known.clear();
            // A new connection may lead to a server that takes writes.
            let is_moved = fault.is_read_only() && !std::mem::replace(&mut was_read_only, true);
            let failed_first = failed_first.get_or_insert_with(Instant::now);
            let is_final = fault.blames_data()
                || matches!(fault, Fault::Ended(_))
                || fault.kind() == StoreErrorKind::Closed
                || (!pause.is_zero() && failed_first.elapsed() >= self.retry_for);
            if is_final || !(is_ambiguous || is_moved || fault.gave_way()) {
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
        let projections = self.projections.all();
        if !projections.is_empty() {
            let written = Box::pin(self.write_with(&projections, batch, known)).await;
            if let Err(fault) = &written {
                *is_ambiguous |= !fault.is_definite();
            }
            return written;
        }
        let mut connection = self.connections.take(Purpose::Append).await?;
        let written = turn::commit(&mut connection, &self.statements, batch, self.wait_ms, known);
        let result = within(self.limit(), written).await;
        connection.give_back(&result);
        if let Err(fault) = &result {
            *is_ambiguous |= !fault.is_definite();
        }
        let (verdicts, head) = result?.settle(batch, known);
        self.tell(head);
        Ok(verdicts)
    }

    /// Tells of what was committed.
    fn tell(&self, head: Option<Place>) {
        if let Some(head) = head {
            self.heads.set(head);
            self.heads.announce(head);
        }
    }

    /// Writes a batch and what projections make of it, in one transaction.
    async fn write_with(
        &self,
        projections: &[Arc<Synchronous>],
        batch: &Batch<'_>,
        known: &mut Known,
    ) -> Result<Vec<Verdict>, Fault> {
        let connection = self.connections.take(Purpose::Append).await?;
        let mut tx = Tx::begin(connection, self.connections.call_timeout()).await?;
        let work = async {
            let outcome = turn::append(&mut tx, &self.statements, batch, self.wait_ms, known).await?;
            let (verdicts, head) = outcome.settle(batch, known);
            if let Some(head) = head {
                synchronous::project(&mut tx, &self.statements, projections, batch, &verdicts, head).await?;
            }
            Ok((verdicts, head))
        };
        let worked = within(self.limit(), work).await;
        let is_worked = worked.is_ok();
        match tx.end(worked, self.connections.call_timeout()).await {
            Ok((verdicts, head)) => {
                self.tell(head);
                Ok(verdicts)
            }
            // A constraint that is checked no sooner.
            Err(fault) if is_worked && fault.code().starts_with("23") => {
                Err(synchronous::not_committed(projections, &fault).into())
            }
            Err(fault) => Err(fault),
        }
    }

    /// How long the server may take to write: as long as for any call, and to wait for the turn.
    pub(crate) fn limit(&self) -> Duration {
        let turn = self.wait_ms.map(i32::unsigned_abs).map_or(Duration::ZERO, |ms| Duration::from_millis(ms.into()));
        self.connections.call_timeout().saturating_add(turn)
    }

    fn error(&self, failure: &Failure) -> AppendError {
        let error = failure.fault.to_error("append to", &self.names);
        if failure.is_ambiguous { AppendError::UnknownOutcome(error) } else { AppendError::Store(error) }
    }
}

/// The pause after this one.
fn longer(pause: Duration) -> Duration {
    (pause * 2).clamp(RETRY_PAUSE, RETRY_PAUSE_MAX)
}
