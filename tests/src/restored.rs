//! What a program must notice when the log of a store that it has open is replaced by a backup, on any store.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use eskit::execute::DomainError;
use eskit::model::Decide;
use eskit::{App, EventStore, Executed, MemoryViews, RetryPolicy, SnapshotOptions};

use crate::bank::{Account, BankError, Portfolio, deposit, open_account, send};
use crate::campus::{CampusError, Schedule, Seats, define, enrol};

/// A log that two programs have open, and whose backup can be put in its place.
pub trait Restorable: Sync {
    /// The store.
    type Store: EventStore;

    /// Opens the log once more.
    fn open(&self) -> impl Future<Output = Self::Store> + Send;
    /// Keeps a copy of the log as it is now.
    fn back_up(&self) -> impl Future<Output = ()> + Send;
    /// Puts the copy in the place of the log.
    fn restore(&self) -> impl Future<Output = ()> + Send;
}

/// How the running program keeps states between commands.
#[derive(Clone, Debug)]
pub enum Keeps {
    /// In memory.
    Cached,
    /// Only as snapshots.
    Snapshots(MemoryViews),
}

impl Keeps {
    /// Each way.
    pub fn all() -> [Keeps; 2] {
        [Keeps::Cached, Keeps::Snapshots(MemoryViews::new())]
    }

    async fn open<L: Restorable>(&self, log: &L) -> App<L::Store> {
        let retry = RetryPolicy::attempts(4).with_delays(Duration::ZERO, Duration::ZERO);
        let app = App::new(log.open().await).with_retry(retry);
        match self {
            Keeps::Cached => app
                .with_state_cache::<Account>(9)
                .with_state_cache::<Portfolio>(9)
                .with_state_cache::<Seats>(9)
                .with_state_cache::<Schedule>(9),
            Keeps::Snapshots(views) => {
                let every = SnapshotOptions::every(1).find_within(Duration::from_secs(60));
                app.with_snapshots::<Account>(views.clone(), every.clone())
                    .with_snapshots::<Portfolio>(views.clone(), every.clone().with_deletable_events())
                    .with_snapshots::<Seats>(views.clone(), every.clone())
                    .with_snapshots::<Schedule>(views.clone(), every)
            }
        }
    }
}

/// Executes a command that must succeed, and waits until its states are kept.
async fn run<S: EventStore, C: Decide>(app: &App<S>, command: C) -> Executed<C::State>
where
    DomainError<C>: Debug,
{
    let executed = settle(app.execute(command).await);
    app.snapshots_written().await;
    executed
}

fn cents(accounts: &(Account, Account)) -> (u64, u64) {
    (accounts.0.cents, accounts.1.cents)
}

/// A cached balance of a log that is gone: the log that is there says less, at the same versions.
///
/// # Panics
/// The program goes on with what is gone.
pub async fn money_that_is_gone_is_not_sent<L: Restorable>(log: &L, keeps: &Keeps) {
    let (running, other) = (keeps.open(log).await, App::new(log.open().await));
    for account in ["a", "b"] {
        run(&running, open_account(account, account)).await;
    }
    run(&running, deposit("a", 10)).await;
    log.back_up().await;
    run(&running, deposit("a", 490)).await;
    run(&running, deposit("a", 500)).await;
    log.restore().await;
    for _ in 0..2 {
        settle(other.execute(deposit("a", 1)).await);
    }
    let refusal = running.execute(send("a", "b", 500)).await.err().and_then(|error| error.domain().cloned());
    assert_eq!(refusal, Some(BankError::Short { cents: 12 }));
    assert_eq!(cents(&run(&running, send("a", "b", 5)).await.state), (7, 5));
    assert_eq!(settle(running.load::<Account>("a").await).cents, 7);
}

/// Two cached states, of which one is of the log that is there.
///
/// # Panics
/// The program goes on with what is gone.
pub async fn each_model_must_be_of_the_log_that_is_there<L: Restorable>(log: &L, keeps: &Keeps) {
    let (running, other) = (keeps.open(log).await, App::new(log.open().await));
    for account in ["a", "b"] {
        run(&running, open_account(account, account)).await;
    }
    log.back_up().await;
    run(&running, deposit("a", 1000)).await;
    log.restore().await;
    settle(other.execute(deposit("a", 10)).await);
    // From here on the program knows the new log, and its state of `b`; that of `a` is still of the old one, though it stands at a
    // lower position.
    run(&running, deposit("b", 1)).await;
    let refusal = running.execute(send("a", "b", 500)).await.err().and_then(|error| error.domain().cloned());
    assert_eq!(refusal, Some(BankError::Short { cents: 10 }));
}

/// The same for models by tag, whose conditions count events behind a place.
///
/// # Panics
/// The program goes on with what is gone.
pub async fn a_seat_is_taken_in_the_log_that_is_there<L: Restorable>(log: &L, keeps: &Keeps) {
    let (running, other) = (keeps.open(log).await, App::new(log.open().await));
    run(&running, define("maths", 2)).await;
    log.back_up().await;
    run(&running, define("art", 9)).await;
    run(&running, enrol("maths", "ada")).await;
    log.restore().await;
    // One seat is free in the old log, none in the new one, and no event stands behind the head of the old one.
    for student in ["bob", "eve"] {
        settle(other.execute(enrol("maths", student)).await);
    }
    let refusal = running.execute(enrol("maths", "cy")).await.err().and_then(|error| error.domain().cloned());
    assert_eq!(refusal, Some(CampusError::CourseFull));
    // A refusal must not come from what is gone either.
    log.restore().await;
    run(&running, enrol("maths", "cy")).await;
    log.restore().await;
    run(&running, enrol("maths", "bob")).await;
}

fn settle<T, E: Debug>(result: Result<T, E>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error:?}"),
    }
}
