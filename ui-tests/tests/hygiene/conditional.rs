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

#[derive(Command)]
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
