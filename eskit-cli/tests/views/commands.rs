//! The log of commands.

use std::time::Duration;

use eskit::command_log::{CommandEntries, CommandEntry};
use eskit::execute::OutcomeKind;
use eskit::log::{Place, Position, Principal, PrincipalKind, SchemaVersion};
use eskit::model::StoredCommand;
use eskit::postgres::{PostgresStore, PostgresViews};
use eskit::sqlite::{SqliteStore, SqliteViews};
use eskit::{Metadata, Timestamp};
use eskit_postgres::testing;

use crate::support::{Folder, block_on, golden, id, scrub, small_log};

/// Entries about the small log: its first event, the append of two that follows, a repeated call, and a refusal.
async fn keep_commands(views: &impl CommandEntries) {
    let entry = |command: &str, second: i64, outcome| {
        let mut entry =
            CommandEntry::new(command, Timestamp::from_micros((1_764_500_000 + second) * 1_000_000), outcome);
        (entry.attempts, entry.duration) = (1, Duration::from_micros(1_500));
        entry
    };
    let place = |number: u8| Place::new(Position::new(number.into()), id(number));
    let mut placed = entry("PlaceOrder", 1, OutcomeKind::Appended);
    placed.tags = vec!["sku:tea".to_owned(), "sku:cup".to_owned()];
    let ada = Principal::new(PrincipalKind::User, "ada");
    placed.metadata = Metadata::new().with_correlation_id("c-1").with_initiator(ada).with("tenant", "t\u{1b}1");
    placed.idempotency_key = Some("place:1".to_owned());
    placed.events = Some((place(1), place(1)));
    placed.attempts = 2;
    placed.stored = Some(StoredCommand::new("shop.PlaceOrder", SchemaVersion::FIRST, "{ \"total\": 17.10 }"));
    placed.decision = serde_json::from_str(
        r#"{"models": [
            {"model": "Order", "key": "order:o-1", "version": 0, "last": {"position": 0, "id": null}, "condition": {"version": 0}},
            {"model": "Stock", "key": "sku:tea", "version": 3, "last": {"position": 7, "id": null}, "condition": {"no_events_after": 9}}
        ]}"#,
    )
    .unwrap();
    let mut reserved = entry("Reserve", 2, OutcomeKind::Appended);
    (reserved.events, reserved.metadata) = (Some((place(2), place(3))), Metadata::new().with_correlation_id("c-1"));
    let mut again = entry("Reserve", 3, OutcomeKind::Repeated);
    again.events = reserved.events;
    let mut refused = entry("CancelOrder", 4, OutcomeKind::Refused);
    refused.text = Some("the order was shipped".to_owned());
    views.add_commands(vec![placed, reserved, again, refused]).await.unwrap();
}

impl crate::Place {
    fn check_commands(&self) {
        let mut all = String::new();
        for arguments in [
            &["commands", "list"][..],
            &["commands", "list", "--limit", "2"],
            &["commands", "list", "--before", "3", "--limit", "1"],
            &["commands", "list", "--type", "Reserve", "--outcome", "appended"],
            &["commands", "list", "--correlation", "c-1", "--since", "2025-11-30T10:53:22Z"],
            &["commands", "list", "--until", "2025-11-30T10:53:22Z", "--json"],
            &["commands", "list", "--event", "3", "--json"],
            &["commands", "list", "--outcome", "denied"],
            &["commands", "show", "1"],
            &["commands", "show", "1", "--json"],
            &["commands", "show", "4"],
            &["commands", "profile", "--until", "2025-11-30T10:53:25Z", "--minutes", "1"],
            &["commands", "profile", "--until", "2025-11-30T10:58:22Z", "--before", "60", "--json"],
            &["commands", "profile", "--until", "2025-11-30T10:53:21Z"],
            &["trace", "3"],
            &["trace", "1", "--json"],
        ] {
            let ended = self.run(arguments);
            assert_eq!(ended.code, 0, "{ended:?}");
            all.push_str(&format!("$ eskit {}\n{}{}\n", arguments.join(" "), ended.out, ended.err));
        }
        golden("commands.txt", &all);
        for (arguments, code, told) in [
            (&["commands", "show", "17"][..], 1, "there is no command 17\nhelp: "),
            (
                &["commands", "list", "--outcome", "refusal"],
                2,
                "[possible values: appended, nothing, repeated, refused,",
            ),
        ] {
            let ended = self.run(arguments);
            assert_eq!((ended.code, ended.out.as_str()), (code, ""), "{ended:?}");
            assert!(ended.err.contains(told), "{ended:?}");
        }
    }
}

#[test]
fn commands_are_listed_shown_and_traced() {
    let folder = Folder::new("commands");
    let place = crate::Place { log: folder.dsn("small.db"), views: folder.dsn("views.db") };
    block_on(async {
        small_log(&SqliteStore::open(folder.path("small.db")).await.unwrap()).await;
        let views = SqliteViews::open(folder.path("views.db")).await.unwrap();
        // Who only looks creates nothing.
        let ended = place.run(&["commands", "list"]);
        assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{ended:?}");
        assert!(!folder.path("views.commands.db").exists());
        // An event whose command nobody kept has none.
        let traced = place.run(&["trace", "1", "--json"]).out;
        assert!(scrub(&traced, &["command"]).contains("\"command\":null"), "{traced}");
        keep_commands(&views).await;
    });
    place.check_commands();
    let Some(database) = block_on(testing::database()).unwrap() else { return };
    block_on(async {
        let store = PostgresStore::options().migrate(true).connect(database.dsn()).await.unwrap();
        small_log(&store).await;
        keep_commands(&PostgresViews::options().connect(database.dsn()).await.unwrap()).await;
    });
    crate::Place { log: database.dsn().to_owned(), views: database.dsn().to_owned() }.check_commands();
}
