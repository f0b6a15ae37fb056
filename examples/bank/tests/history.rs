//! What earlier releases recorded is read as today's events, and the log stays as it is.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use bank::{
    Account, AccountEvent, AccountId, AccountOpened, Cents, Currency, Deposit, MoneyDeposited, Owner, Withdraw, history,
};
use eskit::codec::DecodeReason;
use eskit::log::{Append, NewEvent, Query, ReadOptions, SchemaVersion, StreamId};
use eskit::prelude::*;
use eskit::testing::given;
use eskit::{ExecuteError, LoadError};

fn id() -> AccountId {
    AccountId::new("a")
}

fn opened(given_names: &str, family_name: &str) -> AccountEvent {
    let owner = Owner { given_names: given_names.into(), family_name: family_name.into() };
    AccountEvent::Opened(AccountOpened { owner, currency: Currency::Eur })
}

async fn app_with(events: Vec<NewEvent>) -> App<MemoryStore> {
    let store = MemoryStore::new();
    store.append(Append::new(events)).await.unwrap();
    App::new(store)
}

async fn read_account(app: &App<MemoryStore>) -> Vec<RecordedEvent> {
    let query = Query::stream(StreamId::new("account", "a"));
    app.store().read(&query, ReadOptions::default()).await.unwrap().events
}

#[tokio::test]
async fn version_1_takes_both_steps_and_the_alias_is_followed() {
    let app = app_with(history::first_release(&id())).await;
    let account = app.load::<Account>(id()).await.unwrap();
    assert_eq!((account.balance(), account.currency(), account.version), (Cents::new(10_000), Currency::Eur, 2));

    let events = read_account(&app).await;
    let decoded: Vec<AccountEvent> = events.iter().map(|event| event.decode().unwrap()).collect();
    let deposited = AccountEvent::Deposited(MoneyDeposited { amount: Cents::new(10_000) });
    assert_eq!(decoded, [opened("Ada", "Lovelace"), deposited]);
}

#[tokio::test]
async fn version_2_takes_the_typed_step() {
    let app = app_with(history::second_release(&id())).await;
    assert_eq!(app.load::<Account>(id()).await.unwrap().balance(), Cents::new(5_000));
    assert_eq!(read_account(&app).await[0].decode::<AccountEvent>().unwrap(), opened("Charles", "Babbage"));
}

#[tokio::test]
async fn what_is_recorded_is_never_rewritten() {
    let app = app_with(history::first_release(&id())).await;
    let before = read_account(&app).await;
    app.execute(Deposit { account: id(), amount: Cents::new(1) }).await.unwrap();
    let after = read_account(&app).await;
    assert_eq!(after[..2], before);
    assert_eq!((after[1].name.as_str(), after[2].name.as_str()), ("bank.MoneyPaidIn", "bank.MoneyDeposited"));
}

#[test]
fn todays_commands_work_on_yesterdays_accounts() {
    given(())
        .and_encoded(history::first_release(&id()))
        .when(Withdraw { account: id(), amount: Cents::new(10_000) })
        .then_state(|account| assert_eq!(account.balance(), Cents::ZERO));
}

#[tokio::test]
async fn a_payload_that_no_step_accepts_is_an_error_that_says_where() {
    let event = NewEvent::json("bank.AccountOpened", "[]").with_stream(StreamId::new("account", "a"));
    let error = app_with(vec![event]).await.load::<Account>(id()).await.unwrap_err();
    let text = "event `bank.AccountOpened` version 1 at position 1 was refused by the upcaster from version 1";
    assert!(error.to_string().starts_with(text), "{error}");
}

#[tokio::test]
async fn what_a_newer_program_recorded_is_an_error() {
    let mut events = history::second_release(&id());
    events[0].schema_version = SchemaVersion::new(4).unwrap();
    let app = app_with(events).await;
    let error = app.load::<Account>(id()).await.unwrap_err();
    assert!(
        matches!(&error, LoadError::Undecodable(error) if matches!(error.reason, DecodeReason::NewerVersion { .. }))
    );
    // Nothing is decided on half a history.
    let refused = app.execute(Withdraw { account: id(), amount: Cents::new(1) }).await.unwrap_err();
    assert!(matches!(refused, ExecuteError::Undecodable(_)), "{refused}");
}
