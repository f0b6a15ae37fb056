//! What synchronous projections must do in every store: the cases that the stores share, and the projection that they run on. What an
//! event does stands in its name and its payload.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eskit_runtime::codec::PayloadKind;
use eskit_runtime::log::{Append, AppendError, JsonPointer, NewEvent, PersonalValue, Query, StoreErrorKind, Subject};
use eskit_runtime::model::{EventType, EventTypes, SourceLocation};
use eskit_runtime::subscription::SynchronousError;
use eskit_runtime::subscription::{OnError, Order, SubscriberType};
use eskit_runtime::{EventStore, StoreError};

use crate::support::{everything, numbers, one, plain};

/// The name of the projection.
pub(crate) const NAME: &str = "rows";

const LOCATION: SourceLocation = SourceLocation { module: "tests", file: "tests", line: 1 };

/// The only event that a smaller projection takes.
pub(crate) const ROW: EventTypes = EventTypes::One(&EventType {
    kind: PayloadKind::Event,
    name: "test.Row",
    version: 1,
    aliases: &[],
    rust_name: "Row",
    tags: &[],
    fields: &[],
    previous: None,
    public: true,
    content_type: "application/json",
    personal: None,
    location: LOCATION,
});

pub(crate) const fn described(version: u32, on_error: OnError, tables: &'static str) -> SubscriberType {
    SubscriberType { name: NAME, version, order: Order::All, on_error, tables, rust_name: "Rows", location: LOCATION }
}

/// What tests change while a projection runs.
#[derive(Clone, Default)]
pub(crate) struct Switches {
    /// Whether `test.Fails` succeeds.
    pub(crate) is_mended: Arc<AtomicBool>,
}

/// What a handler does with an event: writes a row of its position and its payload, unless the name says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    Row,
    Fail,
    Panic,
    /// Runs the payload as SQL.
    Sql,
    /// The same, and loses its error.
    SwallowSql,
}

impl Switches {
    pub(crate) fn deed(&self, name: &str) -> Deed {
        match name {
            "test.Fails" if !self.is_mended.load(Ordering::SeqCst) => Deed::Fail,
            "test.Panics" => Deed::Panic,
            "test.Sql" => Deed::Sql,
            "test.SwallowsSql" => Deed::SwallowSql,
            _ => Deed::Row,
        }
    }
}

/// A row of the projection.
pub(crate) type Row = (u64, String);

/// A log of a store, on which cases run.
pub(crate) trait Target: Sized {
    type Store: EventStore + Clone + 'static;

    /// A new log; `None` where there is none to be had.
    async fn start(case: &str) -> Option<Self>;
    /// One more store on the log, as another process would have it, without projections.
    async fn open(&self) -> Self::Store;
    /// Adds version `V` of the projection, which takes every event.
    async fn with<const V: u32>(store: Self::Store, switches: &Switches) -> Result<Self::Store, StoreError>;
    /// Adds version 1 of a projection of the same name that only takes `test.Row`.
    async fn with_less(store: Self::Store) -> Result<Self::Store, StoreError>;
    /// Adds a projection whose tables do not parse.
    async fn with_mistake(store: Self::Store) -> Result<Self::Store, StoreError>;
    /// Adds a projection that skips what fails.
    async fn with_skip(store: Self::Store) -> Result<Self::Store, StoreError>;
    /// The rows of a version, by position, through the store.
    async fn rows<const V: u32>(store: &Self::Store) -> Result<Vec<Row>, StoreError>;
    async fn remove(store: &Self::Store, version: u32) -> Result<bool, StoreError>;
    /// The positions of the events and of the rows of version 1, in one transaction of a reader that knows nothing of the store.
    async fn look(&self) -> (Vec<u64>, Vec<u64>);
}

/// A store with version 1.
async fn with<T: Target>(target: &T) -> T::Store {
    T::with::<1>(target.open().await, &Switches::default()).await.unwrap()
}

fn row(text: &str) -> NewEvent {
    plain("test.Row").with_payload(text)
}

/// Appends single events, one after the other.
async fn append(store: &impl EventStore, count: usize) {
    for _ in 0..count.div_ceil(500) {
        store.append(Append::new((0..count.min(500)).map(|_| row("x")).collect())).await.unwrap();
    }
}

async fn positions<T: Target>(store: &T::Store) -> Vec<u64> {
    T::rows::<1>(store).await.unwrap().into_iter().map(|(position, _)| position).collect()
}

/// Runs all of them at the same time.
async fn all<F: Future<Output: Send> + Send + 'static>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let running: Vec<_> = futures.map(tokio::spawn).collect();
    let mut done = Vec::with_capacity(running.len());
    for one in running {
        done.push(one.await.unwrap());
    }
    done
}

/// Why an append was refused.
fn refused(result: Result<eskit_runtime::log::Appended, AppendError>) -> (SynchronousError, String) {
    match result {
        Err(AppendError::Store(error)) => {
            let told = SynchronousError::of(&error).expect("the source is the error of the projection").clone();
            assert_eq!(error.kind(), told.kind());
            (told, error.to_string())
        }
        other => panic!("the append was not refused, but {other:?}"),
    }
}

pub(crate) async fn rows_are_there_when_an_append_returns<T: Target>(target: &T) {
    let store = with(target).await;
    let appended = store.append(Append::new(vec![row("a"), row("b")])).await.unwrap();
    assert_eq!(appended.positions.len(), 2);
    assert_eq!(T::rows::<1>(&store).await.unwrap(), [(1, "a live".to_owned()), (2, "b live".to_owned())]);
    assert_eq!(T::rows::<1>(&target.open().await).await.unwrap().len(), 2, "another process sees them too");
    // A repeated append, and one that is refused for another reason, hand nothing over.
    let event = row("c");
    for _ in 0..2 {
        store.append(one(event.clone())).await.unwrap();
    }
    let condition = crate::support::no_events(Query::all(), 0);
    assert!(store.append(Append { conditions: vec![condition], ..one(row("d")) }).await.is_err());
    assert_eq!(positions::<T>(&store).await, [1, 2, 3]);
}

pub(crate) async fn each_caller_is_counted_once<T: Target>(target: &T) {
    let store = with(target).await;
    let other = with(target).await;
    let callers = (0..64_usize).map(|caller| {
        let store = if caller.is_multiple_of(8) { other.clone() } else { store.clone() };
        async move {
            for _ in 0..5 {
                store.append(one(row("x"))).await.unwrap();
            }
        }
    });
    all(callers).await;
    let head = store.head().await.unwrap().position.get();
    assert_eq!(head, 320);
    assert_eq!(positions::<T>(&store).await, (1..=head).collect::<Vec<_>>());
}

pub(crate) async fn a_failure_refuses_its_own_append_alone<T: Target>(target: &T) {
    let store = with(target).await;
    for bad in ["test.Fails", "test.Panics"] {
        let before = store.head().await.unwrap().position.get();
        let appends = (0..40_usize).map(|number| {
            let store = store.clone();
            let name = if number % 10 == 5 { bad } else { "test.Row" };
            async move { (name, store.append(Append::new(vec![row("first"), plain(name)])).await) }
        });
        for (name, result) in all(appends).await {
            if name == "test.Row" {
                result.unwrap();
                continue;
            }
            let (told, text) = refused(result);
            assert!(
                matches!(&told, SynchronousError::Failed { event: Some(event), .. } if event == bad),
                "{told:?} does not name the event"
            );
            for part in [
                "`rows` version 1",
                bad,
                "nothing was appended",
                if bad == "test.Fails" { "it fails" } else { "it panics" },
            ] {
                assert!(text.contains(part), "{text}");
            }
        }
        let log = everything(&store).await;
        assert_eq!(log.len() as u64, before + 72);
        assert!(log.iter().all(|event| event.name == "test.Row"), "an event was appended that was refused");
        assert_eq!(numbers(&log), (1..=before + 72).collect::<Vec<_>>(), "positions have a gap");
        assert_eq!(positions::<T>(&store).await, numbers(&log));
    }
}

pub(crate) async fn a_log_with_events_is_built_first<T: Target>(target: &T) {
    let before = target.open().await;
    append(&before, 2000).await;
    before.append(Append::new((0..1500).map(|_| row("y")).collect())).await.unwrap();
    let store = with(target).await;
    assert_eq!(positions::<T>(&store).await, (1..=3500).collect::<Vec<_>>());
    assert!(T::rows::<1>(&store).await.unwrap().iter().all(|(_, text)| !text.contains("live")));
    append(&store, 1).await;
    assert_eq!(positions::<T>(&store).await.len(), 3501);
}

pub(crate) async fn a_log_that_grows_is_built_whole<T: Target>(target: &T) {
    let other = target.open().await;
    append(&other, 3000).await;
    let growing = async {
        for _ in 0..100 {
            append(&other, 1).await;
        }
    };
    let (store, ()) = tokio::join!(with(target), growing);
    let head = store.head().await.unwrap().position.get();
    append(&store, 1).await;
    assert_eq!(positions::<T>(&store).await, (1..=head + 1).collect::<Vec<_>>());
}

pub(crate) async fn building_goes_on_where_it_was_dropped<T: Target>(target: &T) {
    append(&target.open().await, 20_000).await;
    let mut rounds = 0;
    let store = loop {
        rounds += 1;
        let pause = std::time::Duration::from_millis(20 * rounds);
        if let Ok(store) = tokio::time::timeout(pause, with(target)).await {
            break store;
        }
    };
    assert!(rounds > 1, "it was never dropped");
    assert_eq!(positions::<T>(&store).await, (1..=20_000).collect::<Vec<_>>());
}

pub(crate) async fn what_was_appended_without_it_is_handled_first<T: Target>(target: &T) {
    let (store, without) = (with(target).await, target.open().await);
    append(&store, 2).await;
    append(&without, 1000 - 500).await;
    append(&without, 500).await;
    append(&store, 1).await;
    assert_eq!(positions::<T>(&store).await, (1..=1003).collect::<Vec<_>>());
    // A read handles it too, and tells a store that cannot.
    append(&without, 1).await;
    let error = T::rows::<1>(&without).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("with_projection("), "{error}");
    assert_eq!(positions::<T>(&store).await.len(), 1004);
}

pub(crate) async fn too_many_events_without_it_are_refused<T: Target>(target: &T) {
    let (store, without) = (with(target).await, target.open().await);
    append(&store, 1).await;
    append(&without, 500).await;
    append(&without, 500).await;
    append(&without, 1).await;
    let (told, text) = refused(store.append(one(row("x"))).await);
    assert!(
        matches!(told, SynchronousError::Behind { at, head, .. } if at.get() == 1 && head.get() == 1002),
        "{told:?}"
    );
    assert!(text.contains("`rows` version 1") && text.contains("help: stop the programs"), "{text}");
    assert_eq!(store.head().await.unwrap().position.get(), 1002);
    // A read handles however much it is; then appends go on.
    assert_eq!(positions::<T>(&store).await.len(), 1002);
    append(&store, 1).await;
    assert_eq!(positions::<T>(&store).await.len(), 1003);
}

pub(crate) async fn an_event_of_the_log_that_fails_holds_appends_up<T: Target>(target: &T) {
    let switches = Switches::default();
    let store = T::with::<1>(target.open().await, &switches).await.unwrap();
    let without = target.open().await;
    append(&without, 1).await;
    without.append(one(plain("test.Fails"))).await.unwrap();
    let (told, text) = refused(store.append(one(row("x"))).await);
    let is_named = matches!(&told, SynchronousError::Stuck { at, event, .. } if at.get() == 2 && event == "test.Fails");
    assert!(is_named && text.contains("it fails") && text.contains("help: correct the handler"), "{told:?}: {text}");
    let error = T::with::<1>(target.open().await, &Switches::default()).await.err().expect("it cannot be built either");
    assert!(matches!(SynchronousError::of(&error), Some(SynchronousError::Stuck { .. })), "{error}");
    switches.is_mended.store(true, Ordering::SeqCst);
    append(&store, 1).await;
    assert_eq!(positions::<T>(&store).await, [1, 2, 3]);
}

pub(crate) async fn versions_stand_beside_each_other<T: Target>(target: &T) {
    let old = with(target).await;
    append(&old, 3).await;
    let new = T::with::<2>(target.open().await, &Switches::default()).await.unwrap();
    for _ in 0..3 {
        append(&old, 1).await;
        append(&new, 1).await;
        let head = old.head().await.unwrap().position.get();
        for rows in [T::rows::<1>(&old).await.unwrap(), T::rows::<2>(&new).await.unwrap()] {
            assert_eq!(rows.len() as u64, head);
        }
    }
    let error = T::remove(&old, 1).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
    assert!(T::remove(&new, 1).await.unwrap());
    assert!(!T::remove(&new, 1).await.unwrap());
    let (told, text) = refused(old.append(one(row("x"))).await);
    assert!(matches!(told, SynchronousError::Removed { .. }) && text.contains("help: start"), "{text}");
    append(&new, 1).await;
    assert_eq!(T::rows::<2>(&new).await.unwrap().len(), 10);
    // It can be built anew.
    assert_eq!(positions::<T>(&with(target).await).await.len(), 10);
}

pub(crate) async fn tables_with_a_mistake_leave_nothing_behind<T: Target>(target: &T) {
    let error = T::with_mistake(target.open().await).await.err().expect("the tables do not parse");
    assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains("the SQL of the tables of `rows` version 1"), "{error}");
    let store = with(target).await;
    append(&store, 1).await;
    assert_eq!(positions::<T>(&store).await, [1]);
}

pub(crate) async fn new_events_need_a_new_version<T: Target>(target: &T) {
    T::with_less(target.open().await).await.unwrap();
    // The log holds nothing yet that it would take.
    with(target).await;
    let store = T::with_less(target.open().await).await.unwrap();
    store.append(one(plain("test.Other"))).await.unwrap();
    let error = T::with::<1>(target.open().await, &Switches::default()).await.err().expect("it misses an event");
    assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains("version = 2"), "{error}");
}

pub(crate) async fn what_makes_no_sense_is_refused<T: Target>(target: &T) {
    let error = T::with_skip(target.open().await).await.err().expect("nothing can be skipped");
    assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
    assert!(error.to_string().contains("on_error"), "{error}");
    let store = with(target).await;
    let error = T::with::<1>(store.clone(), &Switches::default()).await.err().expect("it was added already");
    assert_eq!(error.kind(), StoreErrorKind::Invalid, "{error}");
    append(&store, 1).await;
    assert_eq!(positions::<T>(&store).await, [1]);
    let error = T::rows::<3>(&store).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
}

/// Whether they are handed over with their append, before the next one, or while the read model is built.
pub(crate) async fn sealed_values_are_handed_over_as_forgotten<T: Target>(target: &T) {
    let sealed = || {
        let value =
            PersonalValue::new(JsonPointer::ROOT.member("name"), Subject::new("student", "ada"), "[gone]".into());
        let mut event = row(r#"{"id":7,"name":"Ada"}"#).with_personal(vec![value]);
        event.seal(|_, _| Ok::<_, StoreError>("c2VhbGVk".to_owned())).unwrap();
        event
    };
    let damaged = || sealed().with_payload(r#"{"name":{"$sealed":7}}"#);
    let (store, without) = (with(target).await, target.open().await);
    store.append(Append::new(vec![row("plain"), sealed(), damaged()])).await.unwrap();
    without.append(one(sealed())).await.unwrap();
    append(&store, 1).await;
    let built = T::with::<2>(target.open().await, &Switches::default()).await.unwrap();
    for rows in [T::rows::<1>(&store).await.unwrap(), T::rows::<2>(&built).await.unwrap()] {
        let texts: Vec<&str> = rows.iter().map(|(_, text)| text.trim_end_matches(" live")).collect();
        let gone = r#"{"id":7,"name":"[gone]"}"#;
        assert_eq!(texts, ["plain", gone, r#"{"name":{"$sealed":7}}"#, gone, "x"]);
    }
}

pub(crate) async fn a_reader_sees_no_event_without_its_row<T: Target>(target: &T) {
    let store = with(target).await;
    let is_done = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (store, is_done) = (store.clone(), Arc::clone(&is_done));
            tokio::spawn(async move {
                while !is_done.load(Ordering::SeqCst) {
                    store.append(one(row("x"))).await.unwrap();
                }
            })
        })
        .collect();
    let mut looks = 0;
    while looks < 10 || store.head().await.unwrap().position.get() == 0 {
        let (events, rows) = target.look().await;
        assert_eq!(events, rows);
        looks += 1;
    }
    is_done.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    let head = store.head().await.unwrap().position.get();
    assert_eq!(positions::<T>(&store).await, (1..=head).collect::<Vec<_>>());
}

/// The tests of a target.
macro_rules! cases {
    ($target:ty: $($case:ident)*) => { $(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            let Some(target) = <$target as cases::Target>::start(stringify!($case)).await else { return };
            cases::$case(&target).await;
        }
    )* };
    ($target:ty) => { $crate::cases::cases! { $target:
        rows_are_there_when_an_append_returns each_caller_is_counted_once
        a_failure_refuses_its_own_append_alone a_log_with_events_is_built_first
        a_log_that_grows_is_built_whole building_goes_on_where_it_was_dropped
        what_was_appended_without_it_is_handled_first too_many_events_without_it_are_refused
        an_event_of_the_log_that_fails_holds_appends_up versions_stand_beside_each_other
        tables_with_a_mistake_leave_nothing_behind new_events_need_a_new_version
        what_makes_no_sense_is_refused sealed_values_are_handed_over_as_forgotten a_reader_sees_no_event_without_its_row
    } };
}
pub(crate) use cases;
