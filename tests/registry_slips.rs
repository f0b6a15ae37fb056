//! A tag that is one letter from the key of a stream, and that no aggregate is keyed by.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

use eskit::model::Registry;
use eskit::prelude::*;

#[derive(TagValue, Clone, Serialize, Deserialize)]
struct AccountId(u32);

#[derive(TagValue, Clone, Serialize, Deserialize)]
struct AccountsId(u32);

/// The slip.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "slips.Frozen")]
struct Frozen {
    #[tag("acount")]
    account: u32,
}

/// It carries the key, so its other tag stands for something else.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "slips.Opened")]
struct Opened {
    #[tag("account")]
    account: AccountId,
    #[tag("accoun")]
    other: u32,
}

/// A tag that another aggregate is keyed by.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "slips.Counted")]
struct Counted {
    #[tag("amount")]
    amount: u32,
    #[tag("accountt")]
    group: u32,
}

/// Ids of another type.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "slips.Grouped")]
struct Grouped {
    #[tag("accounts")]
    accounts: AccountsId,
}

#[aggregate(stream = "account", key = AccountId)]
#[derive(Default)]
struct Account;

#[decider]
impl Account {
    #[evolve]
    fn frozen(&mut self, _: &Frozen) {}
    #[evolve]
    fn opened(&mut self, _: &Opened) {}
    #[evolve]
    fn counted(&mut self, _: &Counted) {}
    #[evolve]
    fn grouped(&mut self, _: &Grouped) {}
    #[decide]
    fn open(&self, command: &Open) -> Opened {
        Opened { account: command.account.clone(), other: 1 }
    }
}

#[aggregate(tag = "accountt")]
#[derive(Default)]
struct Group;

#[decider]
impl Group {
    #[evolve]
    fn counted(&mut self, _: &Counted) {}
}

#[derive(Command)]
struct Open {
    #[tag("account")]
    account: AccountId,
}

#[tokio::test]
async fn a_tag_that_is_a_slip_for_the_key_of_a_stream_is_told_before_the_first_command() {
    let error = Registry::collect().check().unwrap_err();
    let [slip] = error.slips() else { panic!("{error}") };
    assert!(slip.starts_with("event `slips.Frozen` (`registry_slips::Frozen`, "), "{slip}");
    assert!(slip.contains("the tag `acount`, which no aggregate is keyed by"), "{slip}");
    assert!(
        slip.contains("help: did you mean `account`? write `#[tag(\"account\")]` on the field `account`"),
        "{slip}"
    );
    assert_eq!(error.to_string(), *slip);

    let app = App::new(MemoryStore::new());
    let refused = app.execute(Open { account: AccountId(1) }).await.err().unwrap();
    assert!(refused.to_string().contains("did you mean `account`?"), "{refused}");
}
