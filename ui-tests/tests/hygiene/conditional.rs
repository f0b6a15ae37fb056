//! `cfg` on fields, variants and methods: what is absent is absent everywhere.

#![allow(clippy::non_minimal_cfg, reason = "conditions that always hold and that never hold")]

use eskit::prelude::*;
use eskit::testing::given;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Opened {
    #[cfg(all())]
    #[tag]
    account: u32,
    #[cfg(any())]
    #[tag]
    absent: Absent,
}

#[derive(Event, Clone, Debug, PartialEq)]
enum Change {
    #[cfg(all())]
    Opened(Opened),
    #[cfg(any())]
    Absent(Absent),
    #[cfg(all())]
    Closed {
        #[tag]
        account: u32,
        #[cfg(any())]
        absent: Absent,
    },
    #[cfg(any())]
    AlsoAbsent { absent: Absent },
}

#[derive(Command, Debug)]
struct Open {
    #[tag]
    account: u32,
    #[cfg(any())]
    #[tag]
    absent: Absent,
}

#[derive(Command)]
struct Close {
    #[tag]
    account: u32,
}

#[aggregate(stream = "account")]
#[derive(Default, Debug, PartialEq)]
struct Account {
    #[cfg(all())]
    open: bool,
    #[cfg(any())]
    absent: Absent,
}

#[decider]
impl Account {
    #[evolve]
    #[cfg(all())]
    fn changed(&mut self, event: &Change) {
        self.open = matches!(event, Change::Opened(_));
    }

    #[cfg(any())]
    #[evolve]
    fn absent(&mut self, _: &Absent) {}

    // The same event under the opposite condition.
    #[cfg(not(all()))]
    #[evolve]
    fn changed_otherwise(&mut self, _: &Change) {}

    #[decide]
    #[cfg(all())]
    fn open(&self, command: &Open) -> Option<Opened> {
        (!self.open).then_some(Opened { account: command.account })
    }

    #[decide]
    #[cfg(any())]
    fn open_otherwise(&self, command: &Open) -> Absent {}
}

#[decider]
#[cfg(all())]
fn close(command: &Close, account: &Account) -> Option<Change> {
    account.open.then_some(Change::Closed { account: command.account })
}

#[decider]
#[cfg(any())]
fn close_otherwise(command: &Close, account: &Absent) -> Absent {}

/// What stands in the log.
#[derive(Default)]
struct Count {
    opened: u32,
    others: u32,
}

#[projection(name = "count", memory)]
impl Count {
    #[on]
    #[cfg(all())]
    fn opened(&mut self, _: &Opened) {
        self.opened += 1;
    }

    #[cfg(any())]
    #[on]
    fn absent(&mut self, _: &Absent) {}

    // The same event under the opposite condition.
    #[cfg(not(all()))]
    #[on]
    fn opened_otherwise(&mut self, _: &Opened) {}

    #[on]
    #[cfg(all())]
    fn anything(&mut self, _: &RecordedEvent) {
        self.others += 1;
    }

    #[on]
    #[cfg(any())]
    fn anything_else(&mut self, _: &RecordedEvent) -> Absent {}

    #[cfg(any())]
    #[caught_up]
    fn ready(&self) {
        Absent
    }
}

/// What is not there takes no tables and not every event.
struct Shown;

#[projection(name = "shown", by = "account")]
impl Shown {
    #[cfg(any())]
    #[tables]
    const SQL: &str = ABSENT;

    #[cfg(all())]
    #[tables]
    const SQL: &str = "CREATE TABLE shown (id TEXT)";

    #[on]
    fn changed(&self, _: &Change, _: &mut eskit::MemoryTx) {}

    #[cfg(any())]
    #[on]
    fn anything(&self, _: &RecordedEvent, _: &mut eskit::MemoryTx) {}

    #[cfg(any())]
    #[on]
    fn absent(&self, _: &Absent, _: &mut eskit::MemoryTx) {}
}

/// It opens what is closed.
struct Opening;

#[processor(name = "opening", from = "now", by = "account")]
impl Opening {
    #[on]
    #[cfg(all())]
    fn closed(&self, event: &Change) -> Option<Open> {
        match event {
            Change::Closed { account } => Some(Open { account: *account }),
            _ => None,
        }
    }

    #[cfg(any())]
    #[on(refused = "skip")]
    fn closed_otherwise(&self, event: &Change) -> Absent {}

    #[cfg(any())]
    #[on]
    async fn anything(&self, _: &RecordedEvent, cx: &mut eskit::processor::Effect<'_>) -> Absent {}

    #[cfg(any())]
    #[todo]
    fn absent(&self, event: &Absent) -> Absent {}

    #[cfg(all())]
    #[todo]
    fn opened(&self, event: &Opened) -> Todo<u32, Open> {
        Todo::new(event.account, Open { account: event.account })
    }

    // The same event under the opposite condition.
    #[cfg(not(all()))]
    #[todo]
    fn opened_otherwise(&self, _: &Opened) -> Vec<Todo<Absent, Absent>> {}

    #[cfg(any())]
    #[done]
    fn ended_otherwise(&self, event: &Change) -> Absent {}

    #[done]
    #[cfg(all())]
    fn ended(&self, event: &Change) -> Option<u32> {
        match event {
            Change::Closed { account } => Some(*account),
            _ => None,
        }
    }

    #[cfg(any())]
    #[work(workers = 2)]
    async fn work_otherwise(&self, _: &Absent) -> Absent {}

    #[cfg(all())]
    #[work(workers = 3)]
    async fn work(&self, open: &Open) -> Open {
        Open { account: open.account + 1 }
    }

    #[cfg(any())]
    #[every("0 0 * * *")]
    fn never(&self) -> Absent {}

    #[cfg(all())]
    #[every("0 12 * * *")]
    fn daily(&self) {}
}

/// All of its list is absent.
struct Idle;

#[processor(name = "idle", from = "now")]
impl Idle {
    #[cfg(any())]
    #[todo]
    fn opened(&self, event: &Absent) -> Absent {}

    #[cfg(any())]
    #[done]
    fn ended(&self, event: &Absent) -> Absent {}

    #[cfg(any())]
    #[work]
    fn work(&self, _: &Absent) -> Absent {}

    #[cfg(any())]
    #[every("0 0 * * *")]
    fn never(&self) -> Absent {}
}

#[test]
fn what_is_absent_is_absent_from_lists_and_schedules() {
    use eskit::processor::Processor;
    use eskit::subscription::Subscriber;
    given(Opened { account: 1 }).then_todos(&Opening, Todo::new(1_u32, Open { account: 1 })).then_work(
        &Opening,
        1_u64,
        Open { account: 2 },
    );
    given((Opened { account: 1 }, Change::Closed { account: 1 })).then_todos(&Opening, ());
    assert_eq!(Opening::WORK.map(|options| options.workers), Some(3));
    let schedules: Vec<&str> = Opening::SCHEDULES.iter().map(|schedule| schedule.name).collect();
    assert_eq!(schedules, ["daily"]);
    assert!(Idle::EVENTS.names().is_empty() && Idle::WORK.is_none() && Idle::SCHEDULES.is_empty());
    given(Opened { account: 1 }).then_todos(&Idle, ());
}

#[test]
fn what_is_absent_is_absent_from_processors() {
    use eskit::subscription::Subscriber;
    assert_eq!(Opening::EVENTS.names(), ["ui-tests.Opened", "ui-tests.Closed"]);
    const { assert!(!Opening::TAKES_ALL) };
    given(Change::Closed { account: 1 }).then_commands(&Opening, Open { account: 1 });
}

#[test]
fn what_is_absent_is_absent_from_projections() {
    use eskit::subscription::Subscriber;
    assert_eq!(Count::EVENTS.names(), ["ui-tests.Opened"]);
    assert_eq!(Shown::EVENTS.names(), ["ui-tests.Opened", "ui-tests.Closed"]);
    assert_eq!((Shown::TYPE.tables, Count::TYPE.tables), ("CREATE TABLE shown (id TEXT)", ""));
    assert_eq!([Count::TAKES_ALL, Shown::TAKES_ALL], [true, false]);
}

#[test]
fn what_is_absent_is_absent_everywhere() {
    let opened = Opened { account: 1 };
    given(())
        .when(Open { account: 1 })
        .then(opened.clone())
        .then_state(|state| assert_eq!(*state, Account { open: true }));
    given(opened).when(Close { account: 1 }).then(Change::Closed { account: 1 });
    assert_eq!(Change::TYPES.names(), ["ui-tests.Opened", "ui-tests.Closed"]);
}
