//! Steps: effects in the middle of a method that must not be repeated blindly.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::subscription::HandleError;
use eskit::work::{Todo, WorkItem};
use eskit::{MemoryViews, Running};

use crate::invoices::{InvoiceSent, Pay, Send, clock};

type Failed = Box<dyn std::error::Error + std::marker::Send + Sync>;

/// Something outside of the program that keeps what happened, and fails as it is told to.
#[derive(Clone, Default)]
struct Outside(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    /// How often each of these happened.
    happened: BTreeMap<String, u32>,
    /// How the next calls end, by the name of the step.
    ends: BTreeMap<&'static str, Vec<End>>,
    asked: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum End {
    /// It happened, and the answer is lost.
    Lost,
    /// It did not happen, and that is known.
    Refused,
    /// It never answers. The value is whether it happened.
    Hangs(bool),
}

impl Outside {
    fn ends(&self, step: &'static str, ends: &[End]) {
        self.0.lock().unwrap().ends.insert(step, ends.iter().rev().copied().collect());
    }

    async fn happen(&self, step: &'static str, key: String) -> Result<String, HandleError> {
        let end = {
            let mut kept = self.0.lock().unwrap();
            let end = kept.ends.get_mut(step).and_then(Vec::pop);
            if !matches!(end, Some(End::Refused | End::Hangs(false))) {
                *kept.happened.entry(key.clone()).or_default() += 1;
            }
            end
        };
        match end {
            Some(End::Lost) => Err(HandleError::new("the answer was lost")),
            Some(End::Refused) => Err(HandleError::did_not_happen("the connection was refused")),
            Some(End::Hangs(_)) => std::future::pending().await,
            None => Ok(format!("receipt of {key}")),
        }
    }

    fn find(&self, key: &str) -> Option<String> {
        let mut kept = self.0.lock().unwrap();
        kept.asked += 1;
        kept.happened.contains_key(key).then(|| format!("receipt of {key}"))
    }

    /// How often steps with this name happened, one number for each key.
    fn counts(&self, step: &str) -> Vec<u32> {
        let kept = self.0.lock().unwrap();
        kept.happened.iter().filter(|(key, _)| key.ends_with(step)).map(|(_, count)| *count).collect()
    }
}

#[derive(Clone, Default)]
struct Collecting {
    outside: Outside,
    receipts: Arc<Mutex<Vec<String>>>,
}

#[processor(name = "collecting", from = "beginning")]
impl Collecting {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<u64, u64> {
        Todo::new(event.invoice, event.invoice)
    }

    #[work(attempts = 5, within = "50ms")]
    async fn collect(&self, _: &u64, cx: &mut Effect<'_>) -> Result<(), Failed> {
        let outside = &self.outside;
        let receipt = cx
            .once("charge")
            .ask_if_unknown(|key| async move { Ok::<_, Failed>(outside.find(&key)) })
            .run(|key| outside.happen("charge", key))
            .await?;
        cx.once("mail").repeat_if_unknown().run(|key| outside.happen("mail", key)).await?;
        cx.once("text").park_if_unknown().run(|key| outside.happen("text", key)).await?;
        self.receipts.lock().unwrap().push(receipt);
        Ok(())
    }
}

struct Scene {
    collecting: Collecting,
    clock: eskit::testing::TestClock,
    app: Running<MemoryStore>,
}

impl Scene {
    /// One invoice was sent, and the steps of its to-do end like this.
    async fn new(ends: &[(&'static str, &[End])]) -> Scene {
        let (clock, collecting) = (clock(), Collecting::default());
        ends.iter().for_each(|(step, ends)| collecting.outside.ends(step, ends));
        let app = App::new(MemoryStore::new()).with_clock(&clock);
        let app = app.with_processor(collecting.clone(), MemoryViews::new()).start().await.unwrap();
        app.execute(Send { invoice: 17 }).await.unwrap();
        Scene { collecting, clock, app }
    }

    /// Lets time pass for one try.
    async fn next(&self) {
        self.app.settle().await.unwrap();
        self.clock.advance(Duration::from_secs(3600));
    }

    async fn parked(&self) -> Vec<WorkItem> {
        self.app.settle().await.unwrap();
        self.app.todos::<Collecting>().unwrap().parked().await.unwrap()
    }

    fn counts(&self) -> [Vec<u32>; 3] {
        ["charge", "mail", "text"].map(|step| self.collecting.outside.counts(step))
    }

    async fn end(self) {
        assert_eq!(self.parked().await, []);
        assert_eq!(self.app.todos::<Collecting>().unwrap().list(Default::default()).await.unwrap(), []);
        assert_eq!(self.app.steps::<Collecting>().unwrap().open().await.unwrap(), []);
        let receipts = self.collecting.receipts.lock().unwrap().clone();
        assert!(receipts.len() == 1 && receipts[0].starts_with("receipt of collecting/"), "{receipts:?}");
        self.app.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_step_that_happened_does_not_happen_again_and_gives_its_result_back() {
    let scene = Scene::new(&[("mail", &[End::Refused]), ("text", &[End::Refused, End::Refused])]).await;
    for _ in 0..4 {
        scene.next().await;
    }
    assert_eq!(scene.counts(), [[1], [1], [1]]);
    assert_eq!(scene.collecting.outside.0.lock().unwrap().asked, 0, "no outcome was unknown");
    scene.end().await;
}

#[tokio::test]
async fn a_function_finds_out_whether_a_step_of_unknown_outcome_happened() {
    let scene = Scene::new(&[("charge", &[End::Lost])]).await;
    scene.next().await;
    scene.next().await;
    assert_eq!(scene.counts(), [[1], [1], [1]]);
    scene.end().await;

    let scene = Scene::new(&[("charge", &[End::Hangs(true)])]).await;
    scene.next().await;
    scene.next().await;
    assert_eq!(scene.counts(), [[1], [1], [1]]);
    assert_eq!(scene.collecting.outside.0.lock().unwrap().asked, 1);
    scene.end().await;

    let scene = Scene::new(&[("charge", &[End::Hangs(false), End::Hangs(false)])]).await;
    for _ in 0..3 {
        scene.next().await;
    }
    assert_eq!(scene.counts(), [[1], [1], [1]]);
    assert_eq!(scene.collecting.outside.0.lock().unwrap().asked, 2);
    scene.end().await;
}

#[tokio::test]
async fn a_step_of_unknown_outcome_is_repeated_where_that_is_stated() {
    let scene = Scene::new(&[("mail", &[End::Lost, End::Hangs(true)])]).await;
    for _ in 0..3 {
        scene.next().await;
    }
    assert_eq!(scene.counts(), [vec![1], vec![3], vec![1]]);
    scene.end().await;
}

#[tokio::test]
async fn a_step_of_unknown_outcome_is_parked_until_somebody_says_what_happened() {
    for end in [End::Lost, End::Hangs(true), End::Hangs(false)] {
        let scene = Scene::new(&[("text", &[end])]).await;
        scene.next().await;
        let parked = scene.parked().await;
        let text = "it is unknown whether the step `text` happened: ";
        assert!(parked.len() == 1 && parked[0].text.starts_with(text), "{parked:?}");
        let (todos, steps) = (scene.app.todos::<Collecting>().unwrap(), scene.app.steps::<Collecting>().unwrap());
        let open = steps.open().await.unwrap();
        assert_eq!(open.iter().map(|step| step.id.name.as_str()).collect::<Vec<_>>(), ["text"]);
        assert_eq!(open[0].id.owner, parked[0].id);

        // That it is tried again does not repeat it.
        assert!(todos.retry(&parked[0].id).await.unwrap());
        assert_eq!(scene.parked().await.len(), 1);

        match end {
            End::Hangs(false) => assert!(steps.did_not_happen(&open[0].id).await.unwrap()),
            _ => {
                // A slip, which the method cannot read, is mended.
                assert!(steps.happened(&open[0].id, &17).await.unwrap());
                assert!(todos.retry(&parked[0].id).await.unwrap());
                let parked = scene.parked().await;
                assert!(
                    parked[0].text.contains("cannot be read") && parked[0].text.contains("`happened`"),
                    "{parked:?}"
                );
                assert!(steps.happened(&open[0].id, &"receipt found".to_owned()).await.unwrap());
            }
        }
        assert!(!steps.did_not_happen(&open[0].id).await.unwrap());
        assert!(todos.retry(&parked[0].id).await.unwrap());
        scene.app.settle().await.unwrap();
        assert_eq!(scene.counts(), [[1], [1], [1]]);
        scene.end().await;
    }
}

/// A to-do that is closed by an event takes its steps along; one that comes again begins anew.
#[tokio::test]
async fn effects_from_the_beginning_repeat_steps() {
    let scene = Scene::new(&[]).await;
    scene.next().await;
    scene.app.execute(Pay { invoice: 17 }).await.unwrap();
    scene.app.effects_from::<Collecting>(eskit::subscription::Start::Beginning).unwrap();
    scene.app.settle().await.unwrap();
    assert_eq!(scene.counts(), [[2], [2], [2]]);
    scene.app.stop().await.unwrap();
}

/// Acts on events, and parks those that fail.
#[derive(Clone, Default)]
struct Acting {
    outside: Outside,
}

#[processor(name = "acting", from = "beginning", on_error = "park", by = "stream")]
impl Acting {
    #[on]
    async fn sent(&self, event: &InvoiceSent, cx: &mut Effect<'_>) -> Result<(), Failed> {
        let outside = &self.outside;
        cx.once("charge").park_if_unknown().run(|key| outside.happen("charge", key)).await?;
        let name = format!("mail-{}", event.invoice);
        cx.once(name).repeat_if_unknown().run(|key| outside.happen("mail", key)).await?;
        Ok(())
    }
}

#[tokio::test]
async fn an_event_is_acted_on_with_the_results_of_its_former_tries() {
    let acting = Acting::default();
    acting.outside.ends("mail", &[End::Lost, End::Lost]);
    let app = App::new(MemoryStore::new()).with_processor(acting.clone(), MemoryViews::new()).start().await.unwrap();
    app.execute(Send { invoice: 1 }).await.unwrap();
    let sent = app.execute(Send { invoice: 2 }).await.unwrap();
    app.caught_up::<Acting>(&sent).await.unwrap();
    assert_eq!(acting.outside.counts("charge"), [1, 1]);
    assert_eq!((acting.outside.counts("mail-1"), acting.outside.counts("mail-2")), (vec![3], vec![1]));
    assert_eq!(app.steps::<Acting>().unwrap().open().await.unwrap(), []);

    // One whose outcome is unknown is parked with its event, and goes on when that is replayed.
    acting.outside.ends("charge", &[End::Lost]);
    let sent = app.execute(Send { invoice: 3 }).await.unwrap();
    app.caught_up::<Acting>(&sent).await.unwrap();
    let parked = app.parked::<Acting>().unwrap();
    let key = parked.list().await.unwrap()[0].key.clone();
    assert!(parked.replay(&key).await.is_err(), "its outcome is still unknown");
    let steps = app.steps::<Acting>().unwrap();
    let open = steps.open().await.unwrap().remove(0);
    assert_eq!(open.id.owner, sent.events[0].id.to_string());
    assert!(steps.happened(&open.id, &String::new()).await.unwrap());
    assert_eq!(parked.replay(&key).await.unwrap(), 1);
    assert_eq!((acting.outside.counts("charge"), acting.outside.counts("mail-3")), (vec![1, 1, 1], vec![1]));
    assert_eq!(steps.open().await.unwrap(), []);
    app.stop().await.unwrap();
}

/// Uses steps as they cannot be used.
struct Wrong;

#[processor(name = "wrong", from = "beginning")]
impl Wrong {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<u64, u64> {
        Todo::new(event.invoice, event.invoice)
    }

    #[work(attempts = 3)]
    async fn fail(&self, invoice: &u64, cx: &mut Effect<'_>) -> Result<(), HandleError> {
        match invoice {
            1 => {
                cx.once("same").repeat_if_unknown().run(|_| async { Ok::<_, HandleError>(()) }).await?;
                cx.once("same").repeat_if_unknown().run(|_| async { Ok::<_, HandleError>(()) }).await?;
            }
            2 => drop(cx.once("nan").repeat_if_unknown().run(|_| async { Ok::<_, HandleError>(f64::NAN) }).await?),
            3 if cx.attempt() == 1 => {
                cx.once("changed")
                    .repeat_if_unknown()
                    .run(|_| async { Ok::<_, HandleError>("text".to_owned()) })
                    .await?;
                return Err(HandleError::new("not yet"));
            }
            3 => drop(cx.once("changed").repeat_if_unknown().run(|_| async { Ok::<_, HandleError>(7_u32) }).await?),
            4 => drop(cx.once("").repeat_if_unknown().run(|_| async { Ok::<_, HandleError>(()) }).await?),
            _ => {
                for step in 0..101 {
                    let name = format!("step-{step}");
                    cx.once(name).repeat_if_unknown().run(|_| async { Ok::<_, HandleError>(()) }).await?;
                }
            }
        }
        Ok(())
    }
}

#[tokio::test]
async fn what_cannot_be_a_step_parks_with_the_remedy() {
    let clock = clock();
    let app = App::new(MemoryStore::new()).with_clock(&clock).with_processor(Wrong, MemoryViews::new());
    let app = app.start().await.unwrap();
    for invoice in 1..=5 {
        app.execute(Send { invoice }).await.unwrap();
    }
    app.settle().await.unwrap();
    clock.advance(Duration::from_secs(3600));
    app.settle().await.unwrap();
    let parked = app.todos::<Wrong>().unwrap().parked().await.unwrap();
    let texts: BTreeMap<&str, &str> = parked.iter().map(|item| (item.key.as_str(), item.text.as_str())).collect();
    for (key, part) in [
        ("1", "there are two steps with the name `same`"),
        ("2", "the result of the step `nan` cannot be kept: it is NaN"),
        ("3", "the result `\"text\"` of the step `changed`, which has happened, cannot be read"),
        ("4", "the step \"\" of \"wrong\" cannot be begun: the name is empty"),
        ("5", "the step `step-100` would be one of more than 100"),
    ] {
        let text = texts.get(key).copied().unwrap_or_default();
        assert!(text.contains(part) && text.contains("\nhelp: "), "{key}: {text}");
    }
    app.stop().await.unwrap();
}
