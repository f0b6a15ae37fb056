//! What stands around each command, and what it sees.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use eskit::execute::{Denied, Refused};
use eskit::layer::Hooked;
use eskit::log::{Principal, PrincipalKind, StoreErrorKind, Tag};
use eskit::middleware::{Authorized, Call, Middleware, Next, Outcome, OutcomeKind, Retrying};
use eskit::prelude::*;
use eskit::{MemoryViews, RetryPolicy};
use eskit_tests::scripted::{Scripted, Step, rival};

use super::shop::{CancelOrder, EndOrder, OrderPlaced, ShipError, ShipOrder, ShopCommand, place};

/// Writes down what it sees.
#[derive(Clone, Default)]
struct Witness(&'static str, Arc<Mutex<Vec<String>>>);

impl Witness {
    fn named(&self, name: &'static str) -> Witness {
        Witness(name, Arc::clone(&self.1))
    }

    fn say(&self, text: String) {
        self.1.lock().unwrap().push(format!("{}{text}", self.0));
    }

    fn said(&self) -> Vec<String> {
        std::mem::take(&mut *self.1.lock().unwrap())
    }
}

impl Middleware for Witness {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        let tags: Vec<String> = call.tags().iter().map(Tag::to_string).collect();
        self.say(format!("> {} {}", call.name(), tags.join(" ")));
        let answer = next.run(call).await;
        match &answer {
            Ok(Outcome { kind, events, attempts, text, .. }) => {
                let positions: Vec<u64> = events.iter().map(|event| event.position.get()).collect();
                self.say(format!("< {kind} {positions:?} {attempts} {text:?}"));
            }
            Err(denied) => self.say(format!("< denied: {denied}")),
        }
        answer
    }
}

fn app(witness: &Witness) -> App<MemoryStore> {
    App::new(MemoryStore::new()).with_middleware(witness.clone())
}

#[tokio::test]
async fn it_sees_each_outcome() {
    let witness = Witness::default();
    let app = app(&witness);
    let pay = || app.execute(place(1)).idempotency_key("place");
    pay().await.unwrap();
    assert_eq!(witness.said(), ["> PlaceOrder order:1", "< appended [1] 1 None"]);
    pay().await.unwrap();
    assert_eq!(witness.said()[1], "< repeated [1] 0 None");
    app.execute(place(1)).await.unwrap();
    assert_eq!(witness.said()[1], "< nothing [] 1 None");
    let refused = app.execute(ShipOrder { order: 2 }).await.unwrap_err();
    assert_eq!(refused.domain(), Some(&ShipError::NotPlaced));
    assert_eq!(witness.said()[1], "< refused [] 1 Some(\"there is no such order\")");
    app.execute(place(2)).idempotency_key("place").await.unwrap_err();
    assert!(witness.said()[1].starts_with("< invalid [] 0 Some(\"the idempotency key"), "{:?}", witness.said());

    // Somebody comes first; an answer is lost; the log is out of reach.
    let app = App::new(Scripted::new()).with_middleware(witness.clone()).with_retry(RetryPolicy::never());
    let rival = rival(OrderPlaced { order: 9, sku: "pen".to_owned() });
    for (order, step, said) in [
        (9, rival, "< conflict [] 1 Some("),
        (10, Step::LoseAnswer, "< unknown [] 0 Some("),
        (11, Step::Fail(StoreErrorKind::Unavailable), "< unavailable [] 0 Some("),
    ] {
        app.store().script([step]);
        app.execute(place(order)).await.unwrap_err();
        let told = witness.said();
        assert!(told[1].starts_with(said), "{told:?}");
    }
}

#[derive(Command)]
struct Fail;

#[derive(Debug)]
struct Wordless;

#[decider(no_models)]
fn fail(_: &Fail) -> Result<OrderPlaced, Wordless> {
    Err(Wordless)
}

#[tokio::test]
async fn a_refusal_without_a_text_is_one_all_the_same() {
    let witness = Witness::default();
    app(&witness).execute(Fail).await.unwrap_err();
    assert_eq!(witness.said(), ["> Fail ", "< refused [] 1 None"]);
}

#[tokio::test]
async fn the_first_is_the_outermost_and_the_command_of_a_set_is_what_they_see() {
    let witness = Witness::default();
    let app = App::new(MemoryStore::new()).with_middleware(witness.named("a")).with_middleware(witness.named("b"));
    app.execute(ShopCommand::Place(place(1))).await.unwrap();
    let done = "< appended [1] 1 None";
    assert_eq!(
        witness.said(),
        [
            "a> PlaceOrder order:1".to_owned(),
            "b> PlaceOrder order:1".to_owned(),
            format!("b{done}"),
            format!("a{done}")
        ]
    );
}

/// Only whoever is known may cancel.
fn is_allowed(call: &Call<'_>) -> Result<(), Denied> {
    match call.metadata().initiator() {
        None if call.name() == "CancelOrder" => Err(Denied::new("log in to cancel an order")),
        _ => Ok(()),
    }
}

#[tokio::test]
async fn what_is_denied_is_not_executed() {
    let witness = Witness::default();
    let app = app(&witness).with_middleware(Authorized::by(is_allowed)).with_middleware(witness.named("inner"));
    let error: ExecuteError<&str> = app.execute(CancelOrder { order: 1 }).await.unwrap_err();
    assert!(matches!(&error, ExecuteError::Denied(denied) if *denied == Denied::new("log in to cancel an order")));
    assert_eq!(error.to_string(), "log in to cancel an order");
    assert_eq!(witness.said(), ["> CancelOrder order:1", "< denied: log in to cancel an order"]);
    let set = app.execute(EndOrder::Cancel(CancelOrder { order: 1 })).await;
    assert!(matches!(set, Err(ExecuteError::<Refused>::Denied(_))), "{set:?}");
    assert_eq!(app.store().head().await.unwrap(), Place::START);

    let ada = Metadata::new().with_initiator(Principal::new(PrincipalKind::User, "ada"));
    app.execute(CancelOrder { order: 1 }).metadata(ada).await.unwrap();
}

/// Says no when it is too late.
struct TooLate;

impl Middleware for TooLate {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        next.run(call).await?;
        Err(Denied::new("too late"))
    }
}

#[tokio::test]
async fn what_was_executed_cannot_be_denied() {
    let app = App::new(MemoryStore::new()).with_middleware(TooLate);
    assert_eq!(app.execute(place(1)).await.unwrap().events.len(), 1);
}

/// Sets the options of a call.
struct Tenant;

impl Middleware for Tenant {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        let options = call.options_mut();
        options.metadata = options.metadata.clone().with("tenant", "acme");
        next.run(call).await
    }
}

#[tokio::test]
async fn options_that_it_changes_hold() {
    let app = App::new(MemoryStore::new()).with_middleware(Tenant);
    let request = Metadata::new().with_correlation_id("request-1");
    let done = app.execute(place(1)).metadata(request).await.unwrap();
    let metadata = &done.events[0].metadata;
    assert_eq!((metadata.get("tenant"), metadata.correlation_id()), (Some("acme"), Some("request-1")));
}

/// A store that is busy for the first appends.
fn busy(appends: u32) -> (impl EventStore, Arc<AtomicU32>) {
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let store = Hooked::new(MemoryStore::new()).before_append(move |_| {
        if counted.fetch_add(1, Ordering::Relaxed) < appends {
            return Err(StoreError::new(StoreErrorKind::Busy, "the log is busy").into());
        }
        Ok(())
    });
    (store, tries)
}

#[tokio::test]
async fn a_busy_log_is_tried_again() {
    let policy = RetryPolicy::attempts(3).with_delays(std::time::Duration::ZERO, std::time::Duration::ZERO);
    let (store, tries) = busy(2);
    let app = App::new(store).with_middleware(Retrying::new(policy));
    assert_eq!(app.execute(place(1)).await.unwrap().events.len(), 1);
    assert_eq!(tries.load(Ordering::Relaxed), 3);

    let (store, tries) = busy(3);
    let witness = Witness::default();
    let app = App::new(store).with_middleware(Retrying::new(policy)).with_middleware(witness.clone());
    assert!(matches!(app.execute(place(1)).await, Err(ExecuteError::Store(error)) if error.is_transient()));
    assert_eq!(tries.load(Ordering::Relaxed), 3);
    let said = witness.said();
    assert_eq!(said.len(), 6, "{said:?}");
    assert!(said[5].starts_with(&format!("< {} [] 0", OutcomeKind::Unavailable)), "{said:?}");
}

struct Dispatch;

#[processor(name = "dispatch-seen", from = "beginning")]
impl Dispatch {
    #[on(refused = "skip")]
    fn placed(&self, event: &OrderPlaced) -> ShipOrder {
        ShipOrder { order: event.order }
    }
}

#[tokio::test]
async fn the_commands_of_processors_pass_through_it() {
    let witness = Witness::default();
    let app = app(&witness).with_processor(Dispatch, MemoryViews::new()).start().await.unwrap();
    let placed = app.execute(place(1)).await.unwrap();
    app.caught_up::<Dispatch>(&placed).await.unwrap();
    assert_eq!(witness.said()[2..], ["> ShipOrder order:1", "< appended [2] 1 None"]);
    app.stop().await.unwrap();
}

#[test]
fn a_stored_command_can_be_kept_and_another_cannot() {
    use eskit::model::Command as _;
    let stored = place(1).store().unwrap().unwrap();
    assert_eq!(stored, place(1).encode().unwrap());
    assert!(Fail.store().is_none());
}
