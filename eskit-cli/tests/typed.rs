//! A program of one's own: the command with the types of `bank`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail their test")]

mod support;

use bank::{Account, AccountId, Cents, Currency, Deposit, OpenAccount, Owner};
use eskit::App;
use eskit::EventStore as _;
use eskit::log::{Append, NewEvent};
use eskit_cli::Cli;
use support::{Ended, Folder, block_on};

fn run(dsn: &str, arguments: &[&str]) -> Ended {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let arguments = [&["bank-eskit", "--store", dsn], arguments].concat();
    let code = Cli::new().aggregate::<Account>().run(arguments, &mut out, &mut err);
    Ended { code: code.into(), out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

/// An account that was opened and got money twice, and an event that the program does not know.
fn log(folder: &Folder) -> String {
    block_on(async {
        let store = eskit::sqlite::SqliteStore::open(folder.path("bank.db")).await.unwrap();
        let app = App::new(store.clone());
        let account = AccountId::new("a-1");
        let owner = Owner { given_names: "Ada".into(), family_name: "Lovelace".into() };
        app.execute(OpenAccount { account: account.clone(), owner, currency: Currency::Eur }).await.unwrap();
        for amount in [100, 50] {
            app.execute(Deposit { account: account.clone(), amount: Cents::new(amount) }).await.unwrap();
        }
        store.append(Append::new(vec![NewEvent::json("till.Opened", "{}")])).await.unwrap();
        drop(app);
        store.close().await;
    });
    folder.dsn("bank.db")
}

#[test]
fn a_state_is_folded_as_it_is_and_as_it_was() {
    let folder = Folder::new("fold");
    let dsn = log(&folder);
    for (arguments, version, balance) in [
        (&["fold", "Account", "a-1", "--json"][..], 3, 150),
        (&["fold", "Account", "a-1", "--at", "2", "--json"], 2, 100),
        (&["fold", "Account", "a-1", "--at", "1", "--json"], 1, 0),
        (&["fold", "Account", "a-1", "--at", "4", "--json"], 3, 150),
    ] {
        let ended = run(&dsn, arguments);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
        let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
        assert_eq!((&json["version"], &json["position"]), (&version.into(), &version.into()), "{json}");
        assert_eq!(json["state"]["balance"], balance, "{json}");
    }
    let ended = run(&dsn, &["fold", "Account", "a-1"]);
    assert!(ended.out.contains("version     3\n") && ended.out.contains("\"balance\": 150"), "{ended:?}");
}

#[test]
fn what_cannot_be_folded_is_told() {
    let folder = Folder::new("fold-wrong");
    let dsn = log(&folder);
    for (arguments, code, told) in [
        (&["fold", "Account"][..], 2, "help: write `fold Account <account>`"),
        (&["fold", "Account", "a", "b"], 2, "the key has 2 values"),
        (&["fold", "Acount", "a-1"], 2, "was not built with the aggregate `Acount`\nhelp: it knows Account"),
        (&["fold", "Account", "a-2"], 1, "`Account` with the key `a-2` has no event"),
        (&["fold", "Account", "a-1", "--at", "5"], 1, "the log ends at position 4, before 5"),
        (&["fold", "Account", "a-1", "--at", "0"], 1, "has no event"),
    ] {
        let ended = run(&dsn, arguments);
        assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{ended:?}");
        assert!(ended.err.contains(told), "{ended:?}");
    }
}

#[test]
fn the_types_of_the_program_and_of_the_log_are_compared() {
    let folder = Folder::new("types");
    let dsn = log(&folder);
    let ended = run(&dsn, &["types"]);
    let line = |name: &str| ended.out.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(
        line("bank.AccountOpened ").contains("1     1  yes          3  bank::account::AccountOpened"),
        "{}",
        ended.out
    );
    assert!(line("bank.MoneyDeposited ").contains("2     3  yes"), "{}", ended.out);
    assert!(line("bank.MoneyPaidIn (now bank.MoneyDeposited) ").contains("yes"), "{}", ended.out);
    assert!(line("till.Opened ").ends_with("4     4  no"), "{}", ended.out);
}

/// An event with personal data.
#[derive(eskit::Event, serde::Serialize, serde::Deserialize)]
#[event(context = "desk")]
pub struct GuestCame {
    /// The guest.
    #[tag]
    pub guest: u64,
    /// What the guest is called.
    #[personal(subject = "guest")]
    pub name: eskit::Personal<String>,
}

#[test]
fn the_personal_data_of_the_program_is_listed() {
    let folder = Folder::new("personal");
    let dsn = folder.dsn("none.db");
    let ended = run(&dsn, &["personal"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    assert!(ended.out.contains("| `desk.GuestCame` | 1 | `name` | guest | `guest` | `null` |\n"), "{}", ended.out);
    let json: serde_json::Value = serde_json::from_str(&run(&dsn, &["personal", "--json"]).out).unwrap();
    assert_eq!(json["events"][0]["values"][0]["kind"], "guest", "{json}");
}
