//! What fails: a command that is refused, an effect, the log, the process between an effect and the checkpoint, and a restored log.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eskit::log::{Appended, Position, StoreErrorKind};
use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::subscription::{Asked, FollowOptions, Start, State, Subscriber, Views};
use eskit::{MemoryViews, RetryPolicy, StartError, delegate_store};

use crate::shop::{Paid, Pay, Ship, Shipped, Shipping, order_of, shipped, shop};

fn quick() -> FollowOptions {
    let mut options = FollowOptions::default();
    options.retry = RetryPolicy::attempts(3).with_delays(Duration::from_millis(1), Duration::from_millis(1));
    options
}

/// Orders 1 to `count` are paid; number 2 is shipped by hand, so that shipping it is refused.
async fn second_is_shipped(count: u64) -> crate::shop::Shop {
    let app = shop().with_follow_options(quick());
    for order in 1..=count {
        app.execute(Pay { order }).await.unwrap();
    }
    app.execute(Ship { order: 2 }).await.unwrap();
    app
}

async fn orders(app: &App<impl EventStore>) -> Vec<u64> {
    shipped(app).await.iter().map(order_of).collect()
}

#[tokio::test]
async fn a_refusal_that_is_skipped_lets_it_go_on() {
    struct Skipping;

    #[processor(name = "skipping", from = "beginning")]
    impl Skipping {
        #[on(refused = "skip")]
        fn paid(&self, event: &Paid) -> Ship {
            Ship { order: event.order }
        }
    }

    let app = second_is_shipped(3).await.with_processor(Skipping, MemoryViews::new()).start().await.unwrap();
    app.caught_up::<Skipping>(app.store().head().await.unwrap()).await.unwrap();
    assert_eq!(orders(&app).await, [2, 1, 3]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_refusal_that_fails_is_not_tried_again() {
    let app = second_is_shipped(3).await.with_processor(Shipping::default(), MemoryViews::new()).start().await.unwrap();
    let health = app.failed().await;
    let told = health.error.unwrap();
    assert!(told.contains("position 2 failed: the command `Ship` was refused: it was shipped already"), "{told}");
    assert_eq!((orders(&app).await, health.place.position.get()), (vec![2, 1], 1));
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_parked_event_keeps_later_ones_of_its_key_until_it_is_replayed() {
    static REFUSES: AtomicBool = AtomicBool::new(true);
    static TRIED: Mutex<Vec<u64>> = Mutex::new(Vec::new());
    struct Parking;

    #[processor(name = "parking", from = "beginning", by = "stream", on_error = "park")]
    impl Parking {
        /// The events are outside every stream, so all of them have one key.
        #[on]
        async fn paid(&self, event: &Paid) -> Result<(), &'static str> {
            TRIED.lock().unwrap().push(event.order);
            let fails = event.order == 2 && REFUSES.load(Ordering::Relaxed);
            if fails { Err("no") } else { Ok(()) }
        }
    }

    let app = shop().with_follow_options(quick());
    for order in 1..=4 {
        app.execute(Pay { order }).await.unwrap();
    }
    let app = app.with_processor(Parking, MemoryViews::new()).start().await.unwrap();
    app.caught_up::<Parking>(app.store().head().await.unwrap()).await.unwrap();
    assert_eq!(*TRIED.lock().unwrap(), [1, 2, 2, 2]);
    let parked = app.parked::<Parking>().unwrap();
    let waits: Vec<_> =
        parked.list().await.unwrap().iter().map(|event| (event.position.get(), event.text.clone())).collect();
    assert_eq!(waits, [(2, "no".to_owned()), (3, String::new()), (4, String::new())]);
    assert_eq!(app.health()[0].given_up, 1);

    REFUSES.store(false, Ordering::Relaxed);
    assert_eq!(parked.replay("").await.unwrap(), 3);
    let paid = app.execute(Pay { order: 5 }).await.unwrap();
    app.caught_up::<Parking>(&paid).await.unwrap();
    assert_eq!(*TRIED.lock().unwrap(), [1, 2, 2, 2, 2, 3, 4, 5]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn an_effect_is_tried_again_with_the_same_key() {
    static KEYS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    struct Mailing;

    #[processor(name = "mailing", from = "beginning")]
    impl Mailing {
        #[on]
        async fn paid(&self, _: &Paid, recorded: &RecordedEvent, cx: &mut Effect<'_>) -> Result<(), &'static str> {
            assert_eq!(cx.key(), format!("mailing/{}", recorded.id));
            let tries = {
                let mut keys = KEYS.lock().unwrap();
                keys.push(cx.key().to_owned());
                keys.len()
            };
            match tries {
                1 => Err("no answer"),
                2 => panic!("no luck"),
                _ => Ok(()),
            }
        }
    }

    let app = shop().with_follow_options(quick()).with_processor(Mailing, MemoryViews::new()).start().await.unwrap();
    let paid = app.execute(Pay { order: 1 }).await.unwrap();
    app.caught_up::<Mailing>(&paid).await.unwrap();
    let keys = KEYS.lock().unwrap().clone();
    assert_eq!((keys.len(), &keys[0], &keys[0]), (3, &keys[1], &keys[2]));
    app.stop().await.unwrap();
}

/// A store that cannot be reached for a while.
#[derive(Clone)]
struct Shaky {
    store: MemoryStore,
    failures: Arc<AtomicU32>,
}

impl EventStore for Shaky {
    delegate_store!(|layer| &layer.store, except append);

    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let is_shipped =
            append.events.iter().any(|event| event.name == <Shipped as eskit::model::SingleEvent>::TYPE.name);
        let left = self.failures.load(Ordering::Relaxed);
        if is_shipped && left > 0 {
            self.failures.store(left - 1, Ordering::Relaxed);
            return Err(AppendError::Store(StoreError::new(StoreErrorKind::Unavailable, "the cable is out")));
        }
        self.store.append(append).await
    }
}

/// Not as often as an effect that fails, but for as long as it takes.
#[tokio::test]
async fn a_log_that_cannot_be_reached_is_no_failure_of_the_processor() {
    let store = Shaky { store: MemoryStore::new(), failures: Arc::new(AtomicU32::new(5)) };
    let app = App::new(store).with_follow_options(quick()).with_processor(Shipping::default(), MemoryViews::new());
    let app = app.start().await.unwrap();
    app.execute(Pay { order: 1 }).await.unwrap();
    while app.health()[0].state != State::Retrying {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let told = app.health()[0].error.clone().unwrap();
    assert_eq!(told, "the command `Ship` was not executed: the cable is out");
    app.caught_up::<Shipping>(app.store().head().await.unwrap()).within(Duration::from_secs(20)).await.unwrap();
    assert_eq!(orders(&app).await, [1]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn effects_are_repeated_when_that_is_asked_for() {
    static DONE: AtomicU32 = AtomicU32::new(0);
    struct Counting;

    #[processor(name = "counting", from = "now")]
    impl Counting {
        #[on]
        async fn paid(&self, _: &Paid) {
            DONE.fetch_add(1, Ordering::Relaxed);
        }
    }

    let app = shop().with_processor(Counting, MemoryViews::new()).start().await.unwrap();
    let mut last = Position::START;
    for order in 1..=3 {
        last = app.execute(Pay { order }).await.unwrap().positions().max().unwrap();
    }
    app.caught_up::<Counting>(last).await.unwrap();
    assert_eq!(DONE.load(Ordering::Relaxed), 3);
    app.effects_from::<Counting>(Start::Beginning).unwrap();
    app.caught_up::<Counting>(last).await.unwrap();
    assert_eq!(DONE.load(Ordering::Relaxed), 6);
    app.effects_from::<Counting>(Start::Now).unwrap();
    let paid = app.execute(Pay { order: 4 }).await.unwrap();
    app.caught_up::<Counting>(&paid).await.unwrap();
    assert!((6..=7).contains(&DONE.load(Ordering::Relaxed)));
    app.stop().await.unwrap();
}

/// What is asked of a processor from outside of the program comes to this end.
async fn asked(views: &MemoryViews, name: &str, asked: Asked) -> (bool, String) {
    let request = views.request(name, 1, asked).await.unwrap();
    loop {
        let found = views.requests().await.unwrap().into_iter().find(|found| found.number == request.number).unwrap();
        if let Some(ended) = found.ended {
            return (ended.is_done, ended.text);
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn heeding() -> FollowOptions {
    let mut options = quick();
    options.heed_every = Duration::from_millis(5);
    options
}

#[tokio::test]
async fn effects_are_repeated_when_that_is_asked_for_from_outside() {
    static DONE: AtomicU32 = AtomicU32::new(0);
    struct Counted;

    #[processor(name = "counted", from = "beginning")]
    impl Counted {
        #[on]
        async fn paid(&self, _: &Paid) {
            DONE.fetch_add(1, Ordering::Relaxed);
        }
    }

    let views = MemoryViews::new();
    let app = shop().with_follow_options(heeding()).with_processor(Counted, views.clone()).start().await.unwrap();
    let mut last = Position::START;
    for order in 1..=3 {
        last = app.execute(Pay { order }).await.unwrap().positions().max().unwrap();
    }
    app.caught_up::<Counted>(last).await.unwrap();
    let (is_done, told) = asked(&views, "counted", Asked::Rebuild).await;
    assert!(!is_done && told.starts_with("it keeps no read model that could be built anew\nhelp: `reset`"), "{told}");
    let beyond = asked(&views, "counted", Asked::Reset(Position::new(99))).await;
    assert_eq!(beyond, (false, "the log ends at position 3".to_owned()));
    assert_eq!(DONE.load(Ordering::Relaxed), 3);
    let reset = asked(&views, "counted", Asked::Reset(Position::new(1))).await;
    assert_eq!(reset, (true, "goes on after position 1".to_owned()));
    app.caught_up::<Counted>(last).await.unwrap();
    assert_eq!(DONE.load(Ordering::Relaxed), 5);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn a_processor_that_has_failed_obeys_what_is_asked_from_outside() {
    let views = MemoryViews::new();
    let app = second_is_shipped(3).await.with_follow_options(heeding());
    let app = app.with_processor(Shipping::default(), views.clone()).start().await.unwrap();
    assert_eq!(app.failed().await.place.position.get(), 1);
    // It fails at the same event again.
    let again = asked(&views, <Shipping as Subscriber>::TYPE.name, Asked::Resume).await;
    assert_eq!(again, (true, "goes on after position 1".to_owned()));
    while app.health()[0].state != State::Failed {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let reset = asked(&views, <Shipping as Subscriber>::TYPE.name, Asked::Reset(Position::new(2))).await;
    assert_eq!(reset, (true, "goes on after position 2".to_owned()));
    app.caught_up::<Shipping>(app.store().head().await.unwrap()).await.unwrap();
    assert_eq!(orders(&app).await, [2, 1, 3]);
    app.stop().await.unwrap();
}

#[tokio::test]
async fn after_a_restore_somebody_has_to_say_where_it_goes_on() {
    let views = MemoryViews::new();
    let app = second_is_shipped(1).await.with_processor(Shipping::default(), views.clone()).start().await.unwrap();
    app.caught_up::<Shipping>(app.store().head().await.unwrap()).await.unwrap();
    app.stop().await.unwrap();

    let other = shop();
    other.execute(Pay { order: 7 }).await.unwrap();
    let Err(StartError::Failed(health)) =
        other.clone().with_processor(Shipping::default(), views.clone()).start().await
    else {
        panic!("it started on another log");
    };
    let told = health.error.unwrap();
    assert!(told.ends_with(
        "help: open the views that belong to this log, or say where the processor goes on, with `with_effects_from(..)` before \
         `start`: `Start::Now` repeats nothing"
    ), "{told}");
    let app = other.with_processor(Shipping::default(), views).with_effects_from::<Shipping>(Start::Now);
    let app = app.start().await.unwrap();
    let paid = app.execute(Pay { order: 8 }).await.unwrap();
    app.caught_up::<Shipping>(&paid).await.unwrap();
    assert_eq!(orders(&app).await, [8]);
    app.stop().await.unwrap();
}

/// The key of a command is made of the command and not of its place.
#[tokio::test]
async fn a_method_that_executes_others_at_the_next_try_repeats_none() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    struct Changing;

    #[processor(name = "changing", from = "beginning")]
    impl Changing {
        #[on(refused = "fail")]
        async fn paid(&self, _: &Paid, cx: &mut Effect<'_>) -> Result<[Ship; 2], String> {
            if TRIES.fetch_add(1, Ordering::Relaxed) == 0 {
                cx.execute(Ship { order: 1 }).await.map_err(|error| error.to_string())?;
                return Err("again".to_owned());
            }
            Ok([Ship { order: 100 }, Ship { order: 1 }])
        }
    }

    let app = shop().with_follow_options(quick()).with_processor(Changing, MemoryViews::new()).start().await.unwrap();
    let paid = app.execute(Pay { order: 1 }).await.unwrap();
    app.caught_up::<Changing>(&paid).await.unwrap();
    assert_eq!((orders(&app).await, TRIES.load(Ordering::Relaxed)), (vec![1, 100], 2));
    let time = |event: &RecordedEvent| event.id.as_bytes()[..6].to_vec();
    assert!(shipped(&app).await.iter().all(|event| time(event) == time(&paid.events[0])));
    app.stop().await.unwrap();
}
