//! Former shapes and names of the events. A log keeps them for ever, so the program does too.
//!
//! ```text
//! bank.AccountOpened  version 1  { owner: "Ada Lovelace" }
//!        | add_currency, a step on the JSON: the type of version 1 is gone
//! bank.AccountOpened  version 2  { owner: "Ada Lovelace", currency: "EUR" }
//!        | AccountOpened: From<AccountOpenedV2>, a typed step
//! bank.AccountOpened  version 3  { owner: { given_names: "Ada", family_name: "Lovelace" }, currency: "EUR" }
//! ```

use eskit::log::{NewEvent, SchemaVersion, StreamId};
use eskit::prelude::*;
use serde_json::{Value, json};

use crate::{Account, AccountId, AccountOpened, Currency, Owner};

/// [`AccountOpened`] as of version 2, which held the owner's name in one piece.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(name = "bank.AccountOpened", version = 2, upcast(1 = add_currency))]
pub struct AccountOpenedV2 {
    /// The owner's names, separated by spaces.
    pub owner: String,
    /// The currency of the account.
    pub currency: Currency,
}

/// From version 1, when every account was in euros.
fn add_currency(mut event: Value) -> Result<Value, UpcastError> {
    let fields = event.as_object_mut().ok_or_else(|| UpcastError::new("the payload is no object"))?;
    fields.insert("currency".to_owned(), json!("EUR"));
    Ok(event)
}

impl From<AccountOpenedV2> for AccountOpened {
    fn from(old: AccountOpenedV2) -> AccountOpened {
        let (given_names, family_name) = old.owner.rsplit_once(' ').unwrap_or(("", &old.owner));
        let owner = Owner { given_names: given_names.to_owned(), family_name: family_name.to_owned() };
        AccountOpened { owner, currency: old.currency }
    }
}

/// What earlier releases of this program recorded of one account, as they encoded it.
pub fn first_release(account: &AccountId) -> Vec<NewEvent> {
    let opened = NewEvent::json("bank.AccountOpened", r#"{"owner":"Ada Lovelace"}"#);
    // At that time the event was called otherwise.
    let deposited = NewEvent::json("bank.MoneyPaidIn", r#"{"amount":10000}"#);
    vec![in_stream(account, opened), in_stream(account, deposited)]
}

/// What the second release recorded of one account.
pub fn second_release(account: &AccountId) -> Vec<NewEvent> {
    let mut opened = NewEvent::json("bank.AccountOpened", r#"{"owner":"Charles Babbage","currency":"EUR"}"#);
    opened.schema_version = SchemaVersion::new(2).unwrap_or(SchemaVersion::FIRST);
    vec![in_stream(account, opened), in_stream(account, NewEvent::json("bank.MoneyDeposited", r#"{"amount":5000}"#))]
}

fn in_stream(account: &AccountId, event: NewEvent) -> NewEvent {
    event.with_stream(StreamId::of::<Account>(account))
}
