use std::time::{Duration, Instant};

use eskit_runtime::Timestamp;
use eskit_runtime::store_kit::BatchSize;
use tokio::sync::mpsc;

use crate::append::group::Group;
use crate::append::publisher::{Checked, NotPut, Publisher};
use crate::append::request::{Answer, Request};
use crate::copy::fresh::Freshener;
use crate::error::Fault;

/// The longest pause after a lost race, and how much it grows with each.
const PAUSE_MAX: Duration = Duration::from_millis(50);
/// Groups of this process after which it stands back once, if other processes write too: whoever has just written knows the end of the
/// stream first, and would always win.
const TURN: Duration = Duration::from_secs(1);

/// Writes what waits, one group after another.
pub(crate) struct Writer {
    pub(crate) publisher: Publisher,
    pub(crate) freshener: Freshener,
}

/// What the writer remembers from one group to the next.
#[derive(Default)]
struct Pace {
    /// How many callers are likely to append now.
    callers: usize,
    /// How long the last group took.
    last: Duration,
    /// Races lost since the last group was written.
    losses: u32,
    /// When another process was seen to write.
    others_at: Option<Instant>,
}

impl Writer {
    /// Serves requests until there can be no more.
    pub(crate) async fn serve(self, mut requests: mpsc::Receiver<Request>) {
        let mut waiting: Vec<Request> = Vec::new();
        let mut pace = Pace::default();
        loop {
            if waiting.is_empty() {
                match requests.recv().await {
                    Some(request) => waiting.push(request),
                    None => return,
                }
            }
            gather(&mut requests, &mut waiting, &pace).await;
            waiting.retain(|request| !request.is_given_up());
            let started = Instant::now();
            let before = waiting.len();
            waiting = self.write(waiting, &mut pace).await;
            pace.last = started.elapsed();
            pace.callers = before - waiting.len() + requests.len();
        }
    }

    /// Writes one group, and returns what waits on.
    async fn write(&self, requests: Vec<Request>, pace: &mut Pace) -> Vec<Request> {
        let (group, at) = {
            let state = self.publisher.copy.state();
            if let Err(fault) = state.fault() {
                drop(state);
                requests.into_iter().for_each(|request| request.fail(&fault, false));
                return Vec::new();
            }
            let at = Checked { sequence: state.sequence, checksum: state.checksum };
            (Group::of(&state.log, &requests, Timestamp::now()), at)
        };
        let Group { log, entries, answers } = group;
        let put = if entries.is_empty() { self.confirm(at).await } else { self.publisher.put(at, log, entries).await };
        match put {
            Ok(()) => {
                pace.losses = 0;
                let left = answer(requests, answers);
                self.stand_back(pace).await;
                left
            }
            Err(NotPut::Lost) => {
                pace.losses += 1;
                pace.others_at = Some(Instant::now());
                let limit = (pace.last / 4).saturating_mul(1 << pace.losses.min(6)).min(PAUSE_MAX);
                tokio::time::sleep(a_part_of(limit)).await;
                requests
            }
            Err(NotPut::Failed { fault, is_open }) => fail(requests, &answers, &fault, is_open),
        }
    }

    /// Makes sure that the log is as it was checked: answers that write nothing must be true of all of it.
    async fn confirm(&self, at: Checked) -> Result<(), NotPut> {
        let fresh = self.freshener.freshen().await;
        let last = fresh.map_err(|fault| NotPut::Failed { fault, is_open: false })?;
        let state = self.publisher.copy.state();
        let is_same = last == at.sequence && state.sequence == at.sequence && state.checksum == at.checksum;
        if is_same { Ok(()) } else { Err(NotPut::Lost) }
    }

    /// Gives other processes that write a chance to be next.
    async fn stand_back(&self, pace: &Pace) {
        if pace.others_at.is_some_and(|at| at.elapsed() < TURN) {
            tokio::time::sleep(a_part_of(pace.last)).await;
        }
    }
}

/// Takes in what waits, and what comes soon: callers that were just answered are likely to append again.
async fn gather(requests: &mut mpsc::Receiver<Request>, waiting: &mut Vec<Request>, pace: &Pace) {
    let linger = tokio::time::sleep(BatchSize::linger(pace.last));
    tokio::pin!(linger);
    loop {
        while let Ok(request) = requests.try_recv() {
            waiting.push(request);
        }
        if waiting.len() >= pace.callers {
            return;
        }
        tokio::select! {
            request = requests.recv() => match request {
                Some(request) => waiting.push(request),
                None => return,
            },
            () = &mut linger => return,
        }
    }
}

/// Gives answers, and returns the requests without one.
fn answer(requests: Vec<Request>, answers: Vec<(usize, Answer)>) -> Vec<Request> {
    let mut answers = answers.into_iter().peekable();
    let mut left = Vec::new();
    for (index, request) in requests.into_iter().enumerate() {
        match answers.next_if(|(at, _)| *at == index) {
            Some((_, answer)) => request.answer(answer),
            None => left.push(request),
        }
    }
    left
}

/// Fails the requests of a group, and returns the others.
fn fail(requests: Vec<Request>, answers: &[(usize, Answer)], fault: &Fault, is_open: bool) -> Vec<Request> {
    let mut left = Vec::new();
    for (index, request) in requests.into_iter().enumerate() {
        match answers.iter().find(|(at, _)| *at == index) {
            Some(_) => request.fail(fault, is_open),
            None => left.push(request),
        }
    }
    left
}

/// A random part of a time, so that processes that wait for each other do not do so in step.
fn a_part_of(limit: Duration) -> Duration {
    limit.mul_f64(f64::from(random()) / f64::from(u32::MAX))
}

/// A number that nobody can foresee: the random part of a new id.
fn random() -> u32 {
    let id = eskit_runtime::log::EventId::new();
    id.as_bytes().iter().skip(12).fold(0, |number, byte| number << 8 | u32::from(*byte))
}
