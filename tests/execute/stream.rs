//! Decisions on streams: versions, routes, several streams at once, long histories.

use eskit::log::{Append, NewEvent, StreamId, StreamVersion};
use eskit::prelude::*;
use eskit_tests::bank::{Account, BankError, DepositCount, Deposited, Portfolio, deposit, open_account, send};
use eskit_tests::scripted::{encode, log, names};

use crate::scripted;

fn account(id: &str, version: u64) -> Option<StreamVersion> {
    Some(StreamVersion { stream: StreamId::new("account", id), version })
}

#[tokio::test]
async fn versions_count_each_stream_from_one() {
    let app = scripted();
    for id in ["a", "b"] {
        app.execute(open_account(id, id)).await.unwrap();
        app.execute(deposit(id, 5)).await.unwrap();
    }
    let streams: Vec<_> = log(app.store()).await.unwrap().into_iter().map(|event| event.stream).collect();
    assert_eq!(streams, [account("a", 1), account("a", 2), account("b", 1), account("b", 2)]);
    let loaded = app.load::<Account>("b").await.unwrap();
    assert_eq!((loaded.version, loaded.last.position.get(), loaded.is_new()), (2, 4, false));
    assert_eq!(loaded.state, Account { open: true, cents: 5 });
    assert!(app.load::<Account>("c").await.unwrap().is_new());
}

#[tokio::test]
async fn one_decision_writes_to_two_streams_at_once() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.execute(open_account("b", "bob")).await.unwrap();
    app.execute(deposit("a", 10)).await.unwrap();
    app.store().take_appends();

    let executed = app.execute(send("a", "b", 4)).await.unwrap();

    assert_eq!(app.store().take_appends().len(), 1);
    let streams: Vec<_> = executed.events.iter().map(|event| event.stream.clone()).collect();
    assert_eq!(streams, [account("a", 3), account("b", 2)]);
    assert_eq!(executed.state, (Account { open: true, cents: 6 }, Account { open: true, cents: 4 }));
    assert_eq!(app.load::<Account>("a").await.unwrap().cents, 6);
    assert_eq!(app.load::<Account>("b").await.unwrap().cents, 4);
}

#[tokio::test]
async fn a_transfer_to_the_same_account_moves_nothing() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.execute(deposit("a", 10)).await.unwrap();

    let executed = app.execute(send("a", "a", 4)).await.unwrap();

    let versions: Vec<_> = executed.events.iter().map(|event| event.stream.clone()).collect();
    assert_eq!(versions, [account("a", 3), account("a", 4)]);
    assert_eq!(app.load::<Account>("a").await.unwrap().state, Account { open: true, cents: 10 });
}

#[tokio::test]
async fn a_refused_transfer_writes_to_no_stream() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.execute(open_account("b", "bob")).await.unwrap();

    let error = app.execute(send("a", "b", 4)).await.unwrap_err();

    assert_eq!(error.domain(), Some(&BankError::Short { cents: 0 }));
    assert_eq!(log(app.store()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn events_of_streams_are_found_by_their_tags_too() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.execute(open_account("b", "ada")).await.unwrap();
    let error = app.execute(open_account("c", "ada")).await.unwrap_err();
    assert_eq!(error.domain(), Some(&BankError::TooMany));
    let portfolio = app.load::<Portfolio>("ada").await.unwrap();
    // A model by tag counts its events; a model by stream has the stream's version.
    assert_eq!((portfolio.accounts, portfolio.version), (2, 2));
}

#[tokio::test]
async fn a_partial_aggregate_passes_over_the_rest_of_its_stream() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    app.execute(deposit("a", 5)).await.unwrap();
    app.execute(deposit("a", 6)).await.unwrap();
    app.execute(send("a", "a", 1)).await.unwrap();

    let counted = app.load::<DepositCount>("a").await.unwrap();

    // What it passes over still counts for the version, or the next append would conflict with it.
    assert_eq!((counted.deposits, counted.version, counted.last.position.get()), (2, 5, 5));
}

#[tokio::test]
async fn a_history_longer_than_a_page_is_folded_whole() {
    let app = App::new(MemoryStore::new());
    app.execute(open_account("a", "ada")).await.unwrap();
    app.execute(open_account("b", "bob")).await.unwrap();
    let deposits = encode(vec![Deposited { cents: 1 }; 5_000]);
    // Every second event belongs to the other account, so the pages of both streams interleave.
    let of = |(index, event): (usize, NewEvent)| {
        let stream = StreamId::new("account", if index % 2 == 0 { "a" } else { "b" });
        event.with_stream(stream)
    };
    let events = deposits.into_iter().enumerate().map(of).collect();
    app.store().append(Append::new(events)).await.unwrap();

    let executed = app.execute(send("a", "b", 2_500)).await.unwrap();

    assert_eq!(executed.attempts, 1);
    assert_eq!(executed.state, (Account { open: true, cents: 0 }, Account { open: true, cents: 5_000 }));
    let streams: Vec<_> = executed.events.iter().map(|event| event.stream.clone()).collect();
    assert_eq!(streams, [account("a", 2_502), account("b", 2_502)]);
    assert_eq!(app.load::<Account>("b").await.unwrap().version, 2_502);
}

#[tokio::test]
async fn an_untagged_event_goes_to_the_stream_of_its_decider() {
    let app = scripted();
    app.execute(open_account("a", "ada")).await.unwrap();
    let executed = app.execute(deposit("a", 5)).await.unwrap();
    assert_eq!(names(&executed.events), ["Deposited"]);
    assert!(executed.events[0].tags.is_empty());
    assert_eq!(executed.events[0].stream, account("a", 2));
}

#[tokio::test]
async fn a_store_may_be_borrowed() {
    let store = MemoryStore::new();
    App::new(&store).execute(open_account("a", "ada")).await.unwrap();
    assert_eq!(names(&log(&store).await.unwrap()), ["AccountOpened"]);
}
