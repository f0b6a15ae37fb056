//! Snapshots that must not be used.

use std::sync::Arc;

use eskit::log::StreamChange;
use eskit::model::Evolve;
use eskit::prelude::*;
use eskit::snapshots::{Fingerprint, Snapshots};
use eskit_tests::bank::{Account, Portfolio, deposit, open_account};
use eskit_tests::scripted::Scripted;

use crate::support::{Watched, account, app, every, reads, started};

async fn delete(store: &Arc<Scripted>, account: &str) {
    let stream = StreamId::new("account", account);
    store.change_stream(&stream, StreamChange::delete("asked for")).await.unwrap();
}

#[tokio::test]
async fn that_of_a_deleted_stream_is_not_believed_and_removed() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 3, 4).await;
    delete(&store, "a").await;
    views.take_calls();
    let app = started::<Account>(&store, &views, 3);
    let loaded = app.load::<Account>("a").await.unwrap();
    assert!(loaded.is_new() && !loaded.open, "{loaded:?}");
    app.snapshots_written().await;
    assert_eq!(views.take_calls(), ["find a", "remove a"]);
    let error = app.execute(deposit("a", 1)).await.unwrap_err();
    assert!(error.domain().is_some(), "{error:?}");
    assert_eq!(app.snapshots::<Account>().unwrap().counts().misses, 1);
}

/// Its last event is another one, or there is none at its position.
#[tokio::test]
async fn that_of_another_log_is_not_believed_and_replaced() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 3, 3).await;
    let (of, snapshot) = views.last_stored();
    for last in [
        Place::new(snapshot.last.position, EventId::new()),
        Place::new(eskit::log::Position::new(1_000_000), EventId::new()),
    ] {
        let wrong = eskit::snapshots::StoredSnapshot {
            last,
            state: snapshot.state.replace(":2", ":999"),
            version: 90,
            ..snapshot.clone()
        };
        views.views.write_snapshots(of, vec![wrong]).await.unwrap();
        views.take_calls();
        let app = started::<Account>(&store, &views, 3);
        let executed = app.execute(deposit("a", 1)).await.unwrap();
        assert!(executed.state.cents < 9, "{:?}", executed.state);
        app.snapshots_written().await;
        let version = executed.events[0].stream.as_ref().unwrap().version;
        assert_eq!(views.take_calls(), ["find a", "remove a", &format!("write a@{version}")]);
    }
}

/// A state by tag over events of streams: nothing tells whether one of them was deleted.
#[tokio::test]
async fn a_state_by_tag_over_streams_has_none_unless_it_is_asked_for() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    let app = started::<Portfolio>(&store, &views, 1);
    for account in ["a", "b"] {
        app.execute(open_account(account, "ada")).await.unwrap();
    }
    app.snapshots_written().await;
    assert_eq!(app.snapshots::<Portfolio>().unwrap().counts().written, 0);
    delete(&store, "a").await;
    let again = started::<Portfolio>(&store, &views, 1);
    assert_eq!(again.load::<Portfolio>("ada").await.unwrap().accounts, 1);

    let options = every(1).with_deletable_events();
    let app = crate::support::app(&store).with_snapshots::<Portfolio>(views.clone(), options);
    app.load::<Portfolio>("ada").await.unwrap();
    app.snapshots_written().await;
    assert_eq!(app.snapshots::<Portfolio>().unwrap().counts().written, 1);
    // Those that are kept so are not found by a program that does not keep them so.
    let again = started::<Portfolio>(&store, &views, 1);
    again.load::<Portfolio>("ada").await.unwrap();
    assert_eq!(again.snapshots::<Portfolio>().unwrap().counts().hits, 0);
}

#[tokio::test]
async fn one_that_cannot_be_read_is_replaced() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 3, 3).await;
    let (of, mut snapshot) = views.last_stored();
    snapshot.state = r#"{"open":"maybe"}"#.to_owned();
    views.views.write_snapshots(of, vec![snapshot]).await.unwrap();
    let app = started::<Account>(&store, &views, 3);
    assert_eq!(app.load::<Account>("a").await.unwrap().cents, 2);
    assert_eq!(reads(&store), [0]);
    app.snapshots_written().await;
    let counts = app.snapshots::<Account>().unwrap().counts();
    assert_eq!((counts.hits, counts.unreadable, counts.written), (0, 1, 1));
    let again = started::<Account>(&store, &views, 3);
    assert_eq!(again.load::<Account>("a").await.unwrap().cents, 2);
    assert_eq!(again.snapshots::<Account>().unwrap().counts().hits, 1);
}

mod readings {
    use eskit::prelude::*;

    #[derive(Event, Serialize, Deserialize)]
    #[event(name = "readings.Read")]
    pub(super) struct Read {
        #[tag]
        pub(super) meter: String,
        pub(super) value: f64,
    }

    #[derive(Command)]
    pub(super) struct Take {
        #[tag]
        pub(super) meter: String,
        pub(super) value: f64,
    }

    /// Not a number after a value below zero.
    #[aggregate(tag = "meter")]
    #[derive(Default, Clone, Debug, Serialize, Deserialize)]
    pub(super) struct Meter {
        pub(super) root: f64,
    }

    #[decider]
    impl Meter {
        #[evolve]
        fn read(&mut self, event: &Read) {
            self.root = event.value.sqrt();
        }

        #[decide]
        fn take(&self, c: &Take) -> Read {
            Read { meter: c.meter.clone(), value: c.value }
        }
    }
}

#[tokio::test]
async fn a_state_that_json_cannot_hold_is_not_written() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    let app = started::<readings::Meter>(&store, &views, 1);
    for value in [1.0, -1.0] {
        app.execute(readings::Take { meter: "m".into(), value }).await.unwrap();
        app.snapshots_written().await;
    }
    let counts = app.snapshots::<readings::Meter>().unwrap().counts();
    assert_eq!((counts.written, counts.unwritten), (1, 1));
    assert!(started::<readings::Meter>(&store, &views, 1).load::<readings::Meter>("m").await.unwrap().root.is_nan());
}

/// What makes a fingerprint another one, and what does not.
mod logic {
    use eskit::prelude::*;

    #[derive(Event, Serialize, Deserialize)]
    #[event(name = "logic.Counted")]
    pub(super) struct Counted {
        #[tag]
        pub(super) counter: String,
    }

    macro_rules! counters {
        ($($module:ident: $version:tt, $field:tt, $step:tt, $times:tt, $decides:tt;)+) => {
            $(pub(super) mod $module {
                use super::Counted;
                use eskit::prelude::*;

                #[derive(Command)]
                struct Count {
                    #[tag]
                    counter: String,
                }

                #[aggregate(tag = "counter", version = $version)]
                #[derive(Default, Clone, Serialize, Deserialize)]
                pub(in super::super) struct Counter {
                    pub(in super::super) count: $field,
                }

                #[decider]
                impl Counter {
                    #[evolve]
                    fn counted(&mut self, _: &Counted) {
                        self.count += $times * <$field>::from(Self::step());
                    }

                    fn step() -> u8 {
                        $step
                    }

                    #[decide]
                    fn count(&self, c: &Count) -> Option<Counted> {
                        $decides.then(|| Counted { counter: c.counter.clone() })
                    }
                }
            })+
        };
    }

    counters! {
        first: 1, u32, 1, 1, true;
        same: 1, u32, 1, 1, false;
        version: 2, u32, 1, 1, true;
        field: 1, u64, 1, 1, true;
        helper: 1, u32, 2, 1, true;
        evolve: 1, u32, 1, 2, true;
    }
}

#[test]
fn what_folds_in_another_way_has_another_fingerprint() {
    let of = |shape: u64, logic: u64, version: u32| (shape, logic, version);
    macro_rules! parts {
        ($module:ident) => {
            of(
                <logic::$module::Counter as Aggregate>::TYPE.shape,
                <logic::$module::Counter as Evolve>::LOGIC,
                <logic::$module::Counter as Aggregate>::TYPE.version,
            )
        };
    }
    let first = parts!(first);
    assert!(first.0 != 0 && first.1 != 0);
    assert_eq!(parts!(same), first);
    assert_eq!((parts!(version).0, parts!(version).1), (first.0, first.1));
    assert!(parts!(field).0 != first.0);
    assert!(parts!(helper).1 != first.1 && parts!(helper).0 == first.0);
    assert!(parts!(evolve).1 != first.1 && parts!(evolve).0 == first.0);
    let fingerprints = [
        Fingerprint::of::<logic::first::Counter>(),
        // Of the same source, but another type.
        Fingerprint::of::<logic::same::Counter>(),
        Fingerprint::of::<logic::version::Counter>(),
    ];
    assert!(fingerprints[0] != fingerprints[1] && fingerprints[0] != fingerprints[2]);
    assert_eq!(fingerprints[0], Fingerprint::of::<logic::first::Counter>());
}

/// A program with other logic, as after a deployment: what the old one kept is not seen, and stays for it.
#[tokio::test]
async fn that_of_another_program_is_not_seen() {
    let (store, views) = (Arc::new(Scripted::new()), Watched::default());
    account(&store, &views, 3, 3).await;
    let (mut of, mut snapshot) = views.last_stored();
    of.fingerprint = of.fingerprint.with("other logic");
    snapshot.state = snapshot.state.replace(":2", ":999");
    snapshot.last.position = eskit::log::Position::new(9);
    views.views.write_snapshots(of, vec![snapshot.clone()]).await.unwrap();
    let app = app(&store).with_snapshots::<Account>(views.clone(), every(1));
    assert_eq!(app.execute(deposit("a", 1)).await.unwrap().state.cents, 3);
    app.snapshots_written().await;
    let other = views.views.find_snapshots(of, vec!["a".to_owned()]).await.unwrap();
    assert_eq!(other, [snapshot]);
}
