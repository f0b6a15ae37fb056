//! Unique user names: a name is claimed while an account bears it.

use std::collections::BTreeSet;

use eskit::prelude::*;
use libtest_mimic::Failed;

use crate::table::{Case, EventDefinition};

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb")]
pub(crate) struct AccountRegistered {
    #[tag]
    pub(crate) username: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb")]
pub(crate) struct AccountClosed {
    #[tag]
    pub(crate) username: String,
}

/// Carries both names, so it is found by either.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb")]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsernameChanged {
    #[tag("username")]
    pub(crate) old_username: String,
    #[tag("username")]
    pub(crate) new_username: String,
}

#[derive(Event, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum UsernameEvent {
    AccountRegistered(AccountRegistered),
    AccountClosed(AccountClosed),
    UsernameChanged(UsernameChanged),
}

#[derive(Command, Deserialize)]
struct RegisterAccount {
    #[tag]
    username: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "camelCase")]
enum UsernameCommand {
    RegisterAccount(RegisterAccount),
}

#[derive(Debug)]
pub(crate) struct Claimed(pub(crate) String);

impl std::fmt::Display for Claimed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Username \"{}\" is claimed", self.0)
    }
}

/// The claimed names among those that the events of one name mention.
#[aggregate(tag = "username")]
#[derive(Default)]
struct Claims(BTreeSet<String>);

#[decider]
impl Claims {
    #[evolve]
    fn registered(&mut self, event: &AccountRegistered) {
        self.0.insert(event.username.clone());
    }

    #[evolve]
    fn closed(&mut self, event: &AccountClosed) {
        self.0.remove(&event.username);
    }

    #[evolve]
    fn changed(&mut self, event: &UsernameChanged) {
        self.0.remove(&event.old_username);
        self.0.insert(event.new_username.clone());
    }

    #[decide]
    fn register(&self, command: &RegisterAccount) -> Result<AccountRegistered, Claimed> {
        let username = command.username.clone();
        if self.0.contains(&username) { Err(Claimed(username)) } else { Ok(AccountRegistered { username }) }
    }
}

pub(crate) fn run(case: &Case, known: &[EventDefinition]) -> Result<(), Failed> {
    case.check_tags::<UsernameEvent>(known)?;
    let given = case.given::<UsernameEvent>()?;
    let UsernameCommand::RegisterAccount(command) = case.command()?;
    case.check::<UsernameEvent>(&given.when(command))
}
