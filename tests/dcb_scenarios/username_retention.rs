//! Unique user names: a name stays claimed for three days after it was given up.

use std::collections::BTreeMap;

use eskit::Timestamp;
use eskit::prelude::*;
use libtest_mimic::Failed;

use crate::table::{Case, DAY_MICROS, EventDefinition, NOW};
use crate::username::{AccountClosed, AccountRegistered, Claimed, UsernameChanged, UsernameEvent};

const RETENTION_DAYS: i64 = 3;

/// A decider reads no clock, so the command says when it is given.
#[derive(Command)]
struct RegisterAccount {
    #[tag]
    username: String,
    at: Timestamp,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "camelCase")]
enum UsernameCommand {
    RegisterAccount { username: String },
}

/// Since when each name has been free; `None` while an account bears it.
#[aggregate(tag = "username")]
#[derive(Default)]
struct Claims(BTreeMap<String, Option<Timestamp>>);

#[decider]
impl Claims {
    #[evolve]
    fn registered(&mut self, event: &AccountRegistered) {
        self.0.insert(event.username.clone(), None);
    }

    #[evolve]
    fn closed(&mut self, event: &AccountClosed, at: &Timestamp) {
        self.0.insert(event.username.clone(), Some(*at));
    }

    #[evolve]
    fn changed(&mut self, event: &UsernameChanged, at: &Timestamp) {
        self.0.insert(event.old_username.clone(), Some(*at));
        self.0.insert(event.new_username.clone(), None);
    }

    #[decide]
    fn register(&self, command: &RegisterAccount) -> Result<AccountRegistered, Claimed> {
        let username = command.username.clone();
        let is_claimed = match self.0.get(&username) {
            None => false,
            Some(None) => true,
            Some(Some(free_since)) => command.at.as_micros() - free_since.as_micros() <= RETENTION_DAYS * DAY_MICROS,
        };
        if is_claimed { Err(Claimed(username)) } else { Ok(AccountRegistered { username }) }
    }
}

pub(crate) fn run(case: &Case, known: &[EventDefinition]) -> Result<(), Failed> {
    case.check_tags::<UsernameEvent>(known)?;
    let given = case.given::<UsernameEvent>()?;
    let UsernameCommand::RegisterAccount { username } = case.command()?;
    case.check::<UsernameEvent>(&given.when(RegisterAccount { username, at: NOW }))
}
