//! Callers whose wakers panic: nobody else is left without an answer.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use crate::support::*;
use eskit_runtime::EventStore;

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker that panics");
    }
}

/// The appends of one batch are answered one after the other, by one task.
#[tokio::test]
async fn a_waker_that_panics_stops_no_append() {
    let Some(Fixture { store, database: _database }) = fixture().await else { return };
    let waker = Waker::from(Arc::new(Panics));
    for _ in 0..20 {
        // Or tokio, which lets a task do so much at once, takes the waker to call it itself.
        tokio::task::yield_now().await;
        let mut panics = pin!(store.append(one(plain("panics"))));
        let _ = panics.as_mut().poll(&mut Context::from_waker(&waker));
        let others = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.append(one(plain("e"))).await })
        });
        for other in others.collect::<Vec<_>>() {
            tokio::time::timeout(Duration::from_secs(10), other).await.unwrap().unwrap().unwrap();
        }
    }
    assert_eq!(everything(&store).await.len(), 180);
}
