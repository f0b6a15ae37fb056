//! Expectations of read models: rows, and projections in any views.

use std::fmt::{Display, Write as _};
use std::pin::pin;
use std::sync::Arc;

use eskit_runtime::__private::{First, first};
use eskit_runtime::RetryPolicy;
use eskit_runtime::rows::{ReadRows, RowState, Rows};
use eskit_runtime::subscription::{Apply, Control, FollowOptions, HandleMut, Health, State, Subscriber, follow};
use eskit_runtime::{EventStore, Timestamp};

use super::given::Given;
use super::history::History;
use super::outcome::Outcome;
use super::render;
use crate::block_on::block_on;
use crate::in_memory::InMemory;
use crate::memory_views::MemoryViews;
use crate::sleep::Timer;

impl Given {
    /// Expects exactly these rows of an aggregate, each with its key, in any order: what `App::with_rows` keeps. They are compared as
    /// they are stored, in JSON.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::testing::given;
    /// # #[derive(Event, Serialize, Deserialize)] struct SeatTaken { #[tag] course: String }
    /// #[aggregate(tag = "course", index("taken"))]
    /// #[derive(Default, Serialize, Deserialize)]
    /// struct Seats { taken: u32 }
    /// # #[decider] impl Seats { #[evolve] fn taken(&mut self, _: &SeatTaken) { self.taken += 1 } }
    ///
    /// # fn main() {
    /// let taken = |course: &str| SeatTaken { course: course.into() };
    /// given([taken("maths"), taken("art"), taken("maths")])
    ///     .then_rows::<Seats>([("art", Seats { taken: 1 }), ("maths", Seats { taken: 2 })]);
    /// # }
    /// ```
    ///
    /// # Panics
    /// There are other rows, an event cannot be read, or it is in no stream though the aggregate is folded from one.
    #[track_caller]
    pub fn then_rows<A: RowState>(&self, expected: impl IntoIterator<Item = (impl Display, A)>) -> &Given {
        check(check_rows(self.history(), expected));
        self
    }

    /// Checks a projection in memory, `#[projection(.., memory)]`, that has handled the events, with assertions in `check`.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::testing::given;
    /// # #[derive(Event, Serialize, Deserialize)] struct SeatTaken { #[tag] course: String }
    /// #[derive(Default)]
    /// struct Occupancy { taken: u32 }
    ///
    /// #[projection(name = "occupancy", memory)]
    /// impl Occupancy {
    ///     #[on] fn taken(&mut self, _: &SeatTaken) { self.taken += 1 }
    /// }
    ///
    /// # fn main() {
    /// given(SeatTaken { course: "maths".into() }).then_view::<Occupancy>(|occupancy| assert_eq!(occupancy.taken, 1));
    /// # }
    /// ```
    ///
    /// # Panics
    /// `check` panics, or the projection fails.
    #[track_caller]
    pub fn then_view<P: HandleMut + Default>(&self, check: impl FnOnce(&P)) -> &Given {
        let view = InMemory::<P>::default();
        self.handled_by(view.clone(), &view);
        check(&view.read());
        self
    }

    /// Lets a projection handle the events, with its read model in these views, such as
    /// [`MemoryViews`](crate::MemoryViews) or the `SqliteViews` of a new file. Then read them as the program does. A handler is
    /// tried once.
    ///
    /// It blocks the thread. Views in PostgreSQL need the tokio runtime meanwhile, so such a test runs with
    /// `#[tokio::test(flavor = "multi_thread")]`.
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::testing::given;
    /// # use eskit::{MemoryTx, MemoryViews};
    /// # #[derive(Event, Serialize, Deserialize)] struct SeatTaken { #[tag] course: String, student: String }
    /// struct LastSeats;
    ///
    /// #[projection(name = "last-seats")]
    /// impl LastSeats {
    ///     #[on]
    ///     fn taken(&self, event: &SeatTaken, tx: &mut MemoryTx) {
    ///         tx.put("seats", &event.course, event.student.as_str().into());
    ///     }
    /// }
    ///
    /// # fn main() {
    /// let views = MemoryViews::new();
    /// given(SeatTaken { course: "maths".into(), student: "ada".into() }).handled_by(LastSeats, &views);
    /// assert_eq!(views.table::<LastSeats>("seats")["maths"], "ada");
    /// # }
    /// ```
    ///
    /// # Panics
    /// The projection or the views fail, another process has claimed the projection, or the views have handled another log.
    #[track_caller]
    pub fn handled_by<P: Subscriber, V: Apply<P>>(&self, projection: P, views: &V) -> &Given {
        check(hand_over(self.history(), projection, views));
        self
    }
}

impl<M, E> Outcome<M, E> {
    /// Expects exactly these rows of an aggregate after the command, as [`Given::then_rows`]; a refusal leaves them unchanged.
    ///
    /// # Panics
    /// There are other rows, an event cannot be read, or it is in no stream though the aggregate is folded from one.
    #[track_caller]
    pub fn then_rows<A: RowState>(&self, expected: impl IntoIterator<Item = (impl Display, A)>) -> &Outcome<M, E> {
        check(check_rows(self.history(), expected));
        self
    }
}

#[track_caller]
fn check(result: Result<(), String>) {
    if let Err(text) = result {
        panic!("{text}");
    }
}

fn check_rows<A: RowState>(
    history: &History,
    expected: impl IntoIterator<Item = (impl Display, A)>,
) -> Result<(), String> {
    let mut history = history.clone();
    history.route_by_tag::<A>()?;
    let views = MemoryViews::new();
    hand_over(&history, Rows::<A>::default(), &views)?;
    let mut found = Vec::new();
    let mut next = None;
    loop {
        let page = block_on(views.rows::<A>().after(next).list()).map_err(|error| error.to_string())?;
        found.extend(page.rows.into_iter().map(|row| (row.key, row.state)));
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    let mut expected: Vec<(String, A)> = expected.into_iter().map(|(key, state)| (key.to_string(), state)).collect();
    expected.sort_by(|(a, _), (b, _)| a.cmp(b));
    let (expected, found) = (text(&expected)?, text(&found)?);
    if expected == found {
        return Ok(());
    }
    let (name, diff) = (A::TYPE.name, render::diff(&expected, &found));
    Err(format!("the rows of `{name}` are others than expected (- expected, + found):\n\n{diff}"))
}

fn text<A: RowState>(rows: &[(String, A)]) -> Result<String, String> {
    let mut text = String::new();
    for (key, state) in rows {
        let name = A::TYPE.name;
        let state = serde_json::to_vec(state)
            .map_err(|error| format!("the state of `{name}` with the key `{key}` is no JSON: {error}"))?;
        // Writing to a text cannot fail.
        let _ = write!(text, "{key}: ");
        render::write_json(&mut text, &state, 0);
        text.push('\n');
    }
    Ok(text)
}

/// Runs a subscription until it has handled the events.
fn hand_over<P: Subscriber, V: Apply<P>>(history: &History, projection: P, views: &V) -> Result<(), String> {
    let store =
        history.store(Timestamp::now()).map_err(|error| format!("the given events cannot be appended: {error}"))?;
    let mut options = FollowOptions::default();
    options.retry = RetryPolicy::attempts(1);
    let (projection, control) = (Arc::new(projection), Control::of::<P>(options.partition));
    block_on(async {
        let head = store.head().await.map_err(|error| error.to_string())?.position;
        let mut following = pin!(follow(&store, &projection, views, &options, &control, &Timer));
        let is_stuck =
            |health: &Health| matches!(health.state, State::Retrying | State::Standby).then(|| failure(health));
        let reached = first(control.reached(head), control.watch(is_stuck));
        let result = match first(following.as_mut(), reached).await {
            First::A(ended) => return ended.map_err(|error| format!("`{}` failed: {error}", P::TYPE.name)),
            First::B(First::A(reached)) => reached.map_err(|health| failure(&health)),
            First::B(First::B(stuck)) => Err(stuck),
        };
        // It gives its claim up.
        control.stop();
        let _ = following.await;
        result
    })
}

fn failure(health: &Health) -> String {
    let Health { name, state, error, .. } = health;
    match error {
        Some(error) => format!("`{name}` failed: {error}"),
        None => format!("`{name}` is {state}"),
    }
}
