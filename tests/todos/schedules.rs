//! Schedules: each time comes once, however often the program is started and whatever its clock shows.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eskit::MemoryViews;
use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::subscription::FollowOptions;
use eskit::testing::{TestClock, given};

use crate::invoices::{CustomerReminded, RecordReminder, clock, reminded};

const HOUR: Duration = Duration::from_secs(3600);

/// Notes each time, and fails at the first try of each third one.
#[derive(Clone, Default)]
struct Hourly {
    times: Arc<Mutex<Vec<String>>>,
}

#[processor(name = "hourly", from = "now")]
impl Hourly {
    #[every("0 * * * *", refused = "fail")]
    async fn tick(&self, at: &Timestamp, cx: &mut Effect<'_>) -> Result<RecordReminder, std::io::Error> {
        let hour = at.as_micros() / 3_600_000_000;
        if hour % 3 == 0 && cx.attempt() == 1 {
            return Err(std::io::Error::other("not yet"));
        }
        self.times.lock().unwrap().push(cx.key().to_owned());
        Ok(RecordReminder { invoice: u64::try_from(hour).unwrap() })
    }
}

async fn start(
    store: &MemoryStore,
    views: &MemoryViews,
    clock: &TestClock,
    hourly: &Hourly,
) -> eskit::Running<MemoryStore> {
    let mut options = FollowOptions::default();
    // Whoever stands by sees the checkpoint, and waits for it in `settle`.
    options.save_every = Duration::from_millis(10);
    let app = App::new(store.clone()).with_clock(clock).with_follow_options(options);
    app.with_processor(hourly.clone(), views.clone()).start().await.unwrap()
}

/// A period of an hour, and a start every 10 minutes.
#[tokio::test]
async fn each_time_comes_once_however_often_the_program_is_started() {
    let (store, views, clock, hourly) = (MemoryStore::new(), MemoryViews::new(), clock(), Hourly::default());
    for _ in 0..24 * 6 {
        let app = start(&store, &views, &clock, &hourly).await;
        app.settle().await.unwrap();
        app.stop().await.unwrap();
        clock.advance(HOUR / 6);
    }
    check(&store, &hourly, 23).await;
}

/// The program does not run for a day; then its clock is set back for a while.
#[tokio::test]
async fn times_are_made_up_for_and_a_clock_that_is_set_back_repeats_none() {
    let (store, views, clock, hourly) = (MemoryStore::new(), MemoryViews::new(), clock(), Hourly::default());
    let app = start(&store, &views, &clock, &hourly).await;
    app.settle().await.unwrap();
    app.stop().await.unwrap();
    clock.advance(24 * HOUR);
    let app = start(&store, &views, &clock, &hourly).await;
    for _ in 0..12 {
        app.settle().await.unwrap();
        clock.advance(Duration::from_secs(60));
    }
    clock.set(clock.now() - 12 * HOUR);
    app.settle().await.unwrap();
    clock.advance(12 * HOUR);
    app.settle().await.unwrap();
    app.stop().await.unwrap();
    check(&store, &hourly, 24).await;
}

/// Two apps share the views, as two processes do.
#[tokio::test]
async fn several_processes_do_each_time_once() {
    let (store, views, clock, hourly) = (MemoryStore::new(), MemoryViews::new(), clock(), Hourly::default());
    let first = start(&store, &views, &clock, &hourly).await;
    let second = start(&store, &views, &clock, &hourly).await;
    for _ in 0..16 {
        clock.advance(HOUR / 2);
        first.settle().await.unwrap();
        second.settle().await.unwrap();
    }
    first.stop().await.unwrap();
    clock.advance(HOUR);
    second.settle().await.unwrap();
    second.stop().await.unwrap();
    check(&store, &hourly, 9).await;
}

/// Two days around the change of clocks in spring, without an app.
#[test]
fn a_schedule_is_tested_without_an_app() {
    struct Nightly;

    #[processor(name = "nightly", from = "now")]
    impl Nightly {
        #[every("30 2 * * * Europe/Berlin", refused = "fail")]
        fn night(&self, at: &Timestamp) -> RecordReminder {
            RecordReminder { invoice: u64::try_from(at.as_micros() / 60_000_000).unwrap() }
        }

        #[every("0 12 28 * *", refused = "fail")]
        async fn noon(&self, _: &Timestamp, cx: &mut Effect<'_>) -> RecordReminder {
            cx.once("note").park_if_unknown().run(|_| async { Ok::<_, std::io::Error>(()) }).await.unwrap();
            RecordReminder { invoice: 28 }
        }
    }

    let time = |text: &str| text.parse::<Timestamp>().unwrap();
    let night = |text: &str| RecordReminder { invoice: u64::try_from(time(text).as_micros() / 60_000_000).unwrap() };
    let two_days = time("2026-03-28T01:30:00Z")..time("2026-03-30T00:30:00Z");
    let nights = [night("2026-03-28T01:30:00Z"), RecordReminder { invoice: 28 }, night("2026-03-29T01:00:00Z")];
    given(()).then_every(&Nightly, two_days, nights);
    given(()).then_every(&Nightly, time("2026-03-28T02:00:00Z")..time("2026-03-28T12:00:00Z"), ());
}

#[tokio::test]
async fn a_zone_that_is_not_known_is_refused_at_the_start() {
    struct Lost;

    #[processor(name = "lost", from = "now")]
    impl Lost {
        #[every("0 9 * * MON Europe/Berln")]
        async fn weekly(&self, _: &Timestamp, _: &mut Effect<'_>) {}
    }

    let app = App::new(MemoryStore::new()).with_processor(Lost, MemoryViews::new());
    let error = app.start().await.unwrap_err().to_string();
    let expected = "the schedule `0 9 * * MON Europe/Berln` of `Lost::weekly` cannot be kept: `Europe/Berln` is not a time zone that is known \
                    here\nhelp: did you mean `Europe/Berlin`?";
    assert_eq!(error, expected);
}

/// Every hour has one effect and one command, from the first one on.
async fn check(store: &MemoryStore, hourly: &Hourly, hours: usize) {
    let mut times = BTreeMap::new();
    for key in hourly.times.lock().unwrap().iter() {
        *times.entry(key.clone()).or_insert(0_u32) += 1;
    }
    assert!(times.values().all(|count| *count == 1), "{times:?}");
    assert!(times.len() == hours || times.len() + 1 == hours, "{} of {hours}: {times:?}", times.len());
    assert_eq!(times.keys().next().map(String::as_str), Some("hourly.tick@2026-11-02T10:00:00.000000Z"));
    let app = App::new(store.clone());
    let events = reminded(&app).await;
    assert_eq!(events.len(), times.len());
    let hours: Vec<u64> = events.iter().map(|event| event.decode::<CustomerReminded>().unwrap().invoice).collect();
    assert!(hours.windows(2).all(|pair| pair[1] == pair[0] + 1), "{hours:?}");
}
