//! What is written, and what is read instead of everything.

use std::sync::Arc;

use eskit::MemoryViews;
use eskit::prelude::*;
use eskit_tests::bank::{Account, BankError, deposit, open_account, send};
use eskit_tests::campus::{CampusError, Enrolment, Schedule, Seats, define, enrol};
use eskit_tests::scripted::Scripted;

use crate::support::{Watched, account, app, every, reads, started};

#[tokio::test]
async fn one_is_written_every_so_many_events() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 3, 8).await;
    let writes: Vec<String> = views.take_calls().into_iter().filter(|call| !call.starts_with("find")).collect();
    assert_eq!(writes, ["write a@3", "write a@6"]);
    // Another program finds the last one, and counts from there.
    let app = started::<Account>(&store, &views, 3);
    app.execute(deposit("a", 1)).await.unwrap();
    app.snapshots_written().await;
    assert_eq!(views.take_calls(), ["find a", "write a@9"]);
    let counts = app.snapshots::<Account>().unwrap().counts();
    assert_eq!((counts.hits, counts.misses, counts.written), (1, 0, 1));
}

#[tokio::test]
async fn a_command_reads_from_the_snapshot_on() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 5, 12).await;
    let app = started::<Account>(&store, &views, 5);
    let executed = app.execute(deposit("a", 100)).await.unwrap();
    assert_eq!((executed.state.cents, executed.attempts), (111, 1));
    // The last event of the snapshot is read too: it tells whether the log is still the same.
    assert_eq!(reads(&store), [9]);
    let loaded = app.load::<Account>("a").await.unwrap();
    assert_eq!((loaded.cents, loaded.version, loaded.last.position.get()), (111, 13, 13));
    assert_eq!(reads(&store), [9]);
}

/// The events since the snapshot were just read.
#[tokio::test]
async fn a_refusal_costs_no_further_read() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    let app = started::<Seats>(&store, &views, 1);
    for course in ["art", "maths"] {
        app.execute(define(course, 9)).await.unwrap();
    }
    app.snapshots_written().await;
    store.take_reads();
    let error = started::<Seats>(&store, &views, 1).execute(define("maths", 9)).await.unwrap_err();
    assert_eq!(error.domain(), Some(&CampusError::CourseExists));
    assert_eq!(reads(&store), [1]);
}

#[tokio::test]
async fn instances_without_one_are_read_beside_those_with() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 5, 7).await;
    app(&store).execute(open_account("b", "bob")).await.unwrap();
    store.take_reads();
    let app = started::<Account>(&store, &views, 5);
    let executed = app.execute(send("a", "b", 6)).await.unwrap();
    assert_eq!((executed.state.0.cents, executed.state.1.cents), (0, 6));
    assert_eq!(reads(&store), [4, 0]);
    let error = started::<Account>(&store, &views, 5).execute(send("a", "b", 1)).await.unwrap_err();
    assert_eq!(error.domain(), Some(&BankError::Short { cents: 0 }));
}

#[tokio::test]
async fn models_by_tag_have_snapshots_too() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    let kept = || {
        app(&store)
            .with_snapshots::<Seats>(views.clone(), every(2))
            .with_snapshots::<Schedule>(views.clone(), every(2))
            .with_snapshots::<Enrolment>(views.clone(), every(2))
    };
    let app = kept();
    app.execute(define("maths", 3)).await.unwrap();
    for student in ["ada", "bob"] {
        app.execute(enrol("maths", student)).await.unwrap();
    }
    app.snapshots_written().await;
    store.take_reads();
    let executed = kept().execute(enrol("maths", "eve")).await.unwrap();
    assert_eq!(executed.state.0.taken, 3);
    // The seats from their snapshot at the second event; the others, which have none, from the beginning.
    assert_eq!(reads(&store), [1, 0]);
    let error = kept().execute(enrol("maths", "may")).await.unwrap_err();
    assert!(error.domain().is_some());
}

#[tokio::test]
async fn what_is_cached_is_not_looked_for() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 5, 7).await;
    let app = started::<Account>(&store, &views, 5).with_state_cache::<Account>(9);
    app.execute(deposit("a", 1)).await.unwrap();
    views.take_calls();
    store.take_reads();
    app.execute(deposit("a", 1)).await.unwrap();
    assert_eq!((views.take_calls(), reads(&store)), (vec![], vec![]));
    app.execute(deposit("a", 1)).await.unwrap();
    app.snapshots_written().await;
    assert_eq!(views.take_calls(), ["write a@10"]);
}

/// All events of one stock, of which a command takes any number.
mod shelf {
    use eskit::prelude::*;

    #[derive(Event, Serialize, Deserialize)]
    #[event(name = "shelf.Stored")]
    pub(super) struct Stored {
        #[tag]
        pub(super) item: String,
    }

    #[derive(Event, Serialize, Deserialize)]
    #[event(name = "shelf.Counted")]
    pub(super) struct Counted {
        pub(super) total: u64,
    }

    #[derive(Command)]
    pub(super) struct Store {
        #[tag]
        pub(super) item: String,
    }

    #[derive(Command)]
    pub(super) struct Count {
        #[tag("item")]
        pub(super) items: Vec<String>,
    }

    #[aggregate(tag = "item")]
    #[derive(Default, Clone, Serialize, Deserialize)]
    pub(super) struct Item {
        pub(super) stored: u64,
    }

    #[decider]
    impl Item {
        #[evolve]
        fn stored(&mut self, _: &Stored) {
            self.stored += 1;
        }

        #[decide]
        fn store(&self, c: &Store) -> Stored {
            Stored { item: c.item.clone() }
        }
    }

    #[decider(unevolved(Counted))]
    fn count(_: &Count, items: &Each<Item>) -> Counted {
        Counted { total: items.iter().map(|item| item.stored).sum() }
    }
}

/// More instances than are read one by one.
#[tokio::test]
async fn many_instances_are_read_together_from_the_lowest_snapshot() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    let (all, with): (Vec<String>, u64) = ((0..30).map(|item| item.to_string()).collect(), 25);
    let app = started::<shelf::Item>(&store, &views, 3);
    for _ in 0..3 {
        for item in all.iter().take(25) {
            app.execute(shelf::Store { item: item.clone() }).await.unwrap();
        }
    }
    for item in all.iter().skip(25) {
        app.execute(shelf::Store { item: item.clone() }).await.unwrap();
    }
    app.snapshots_written().await;
    app.execute(shelf::Store { item: "7".into() }).await.unwrap();
    store.take_reads();
    views.take_calls();
    let app = started::<shelf::Item>(&store, &views, 3);
    let executed = app.execute(shelf::Count { items: all.clone() }).await.unwrap();
    let counted: shelf::Counted = executed.events[0].decode().unwrap();
    assert_eq!(counted.total, 3 * with + 5 + 1);
    assert_eq!(views.take_calls().len(), 1);
    assert_eq!(reads(&store), [50, 0]);
    assert_eq!(app.snapshots::<shelf::Item>().unwrap().counts().hits, with);
}

/// Without a runtime of tokio, snapshots are written on a thread of their own.
#[test]
fn no_async_runtime_is_needed() {
    let views = MemoryViews::new();
    let app = App::new(MemoryStore::new()).with_snapshots::<Account>(views.clone(), every(2));
    let done = block_on(async {
        app.execute(open_account("a", "ada")).await.unwrap();
        app.execute(deposit("a", 1)).await.unwrap();
        app.snapshots_written().await;
        app.snapshots::<Account>().unwrap().counts().written
    });
    assert_eq!(done, 1);
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::task::Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::park();
    }
}
