//! Streams that hold what no store wrote: nothing is decided on them.

use eskit_nats::NatsStore;
use eskit_runtime::EventStore;
use eskit_runtime::log::Append;
use eskit_runtime::log::{AppendError, NewEvent, StoreErrorKind};

use crate::{all, client, new_log, one, refused, server};

#[tokio::test]
async fn a_message_of_another_program_stops_the_log() {
    let Some(server) = server() else { return };
    let log = new_log("damage");
    let store = NatsStore::connect(&server.dsn(&log)).await.unwrap();
    store.append(one("test.Noted")).await.unwrap();
    client(server).await.request(format!("eskit.{log}"), "what?".into()).await.unwrap();
    let error = match store.append(one("test.Noted")).await.unwrap_err() {
        AppendError::Store(error) | AppendError::UnknownOutcome(error) => error,
        error => panic!("{error}"),
    };
    assert_eq!(error.kind(), StoreErrorKind::Corrupt, "{error}");
    assert!(error.to_string().contains("message 2: "), "{error}");
    assert_eq!(store.head().await.unwrap_err().kind(), StoreErrorKind::Corrupt);
    assert_eq!(refused(&server.dsn(&log)).await.kind(), StoreErrorKind::Corrupt, "it does not open either");
}

/// A server takes messages of 1 MiB; an append may be larger.
#[tokio::test]
async fn an_append_that_no_message_holds_is_whole() {
    let Some(server) = server() else { return };
    let dsn = server.dsn(&new_log("large"));
    let (store, other) = (NatsStore::connect(&dsn).await.unwrap(), NatsStore::connect(&dsn).await.unwrap());
    let event = || NewEvent::json("test.Noted", vec![b' '; 900 * 1024]);
    for count in [1, 4] {
        store.append(Append::new((0..count).map(|_| event()).collect())).await.unwrap();
        other.append(one("test.Small")).await.unwrap();
    }
    assert_eq!(all(&store).await, all(&other).await);
    assert_eq!(all(&NatsStore::connect(&dsn).await.unwrap()).await.len(), 7);
}
