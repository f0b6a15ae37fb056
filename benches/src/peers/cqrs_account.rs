//! The account of the rows that execute commands, written for cqrs-es. Shared with the programs of the peers.

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

/// An account: the sum of its deposits.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Account {
    /// The sum of its deposits.
    pub(crate) balance: i64,
}

/// Puts money into an account, so many times.
#[derive(Debug)]
pub(crate) struct Deposit {
    amount: i64,
    note: String,
    times: usize,
}

impl Deposit {
    /// The same deposit that eskit's side makes.
    pub(crate) fn new(times: usize) -> Deposit {
        Deposit {
            times,
            amount: 5,
            note: "a standing order of every month, paid at the counter of the branch".to_owned(),
        }
    }
}

/// What may happen to an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    /// Money was put in.
    Deposited {
        /// How much.
        amount: i64,
        /// What for.
        note: String,
    },
}

/// A deposit of nothing.
#[derive(Debug)]
pub(crate) struct NotPositive;

impl std::fmt::Display for NotPositive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a deposit is more than nothing")
    }
}

impl std::error::Error for NotPositive {}

impl DomainEvent for AccountEvent {
    fn event_type(&self) -> String {
        "Deposited".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = Deposit;
    type Event = AccountEvent;
    type Error = NotPositive;
    type Services = ();

    async fn handle(&mut self, command: Deposit, (): &(), sink: &EventSink<Self>) -> Result<(), NotPositive> {
        if command.amount <= 0 {
            return Err(NotPositive);
        }
        for note in std::iter::repeat_n(command.note, command.times) {
            sink.write(AccountEvent::Deposited { amount: command.amount, note }, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        let AccountEvent::Deposited { amount, .. } = event;
        self.balance += amount;
    }
}
