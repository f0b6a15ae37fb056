//! Events of other crates, and of the other crates of one package.

use std::fs;

use crate::package::Package;

const EVENTS: &str = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct Placed { pub order: Order }

#[derive(Shape, Serialize, Deserialize)]
pub struct Order { pub id: u64 }
";

const USER: &str = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct Seen { pub order: events::Order }

#[derive(Event)]
pub enum All { Seen(Seen), Placed(events::Placed) }
";

#[test]
fn each_crate_has_the_lock_of_its_own_events() {
    let events = Package::with_dependencies("dependency", "events", "", EVENTS);
    let path = format!("events = {{ path = {:?} }}", events.folder());
    let user = Package::with_dependencies("dependency", "shop", &path, USER);
    user.check().fails_once(&["`eskit.lock` is missing", "could not compile `events`"]);
    events.lock("write").succeeds();
    user.lock("write").succeeds();
    user.check().succeeds();
    assert!(!user.lock_text().contains("events.Placed"), "{}", user.lock_text());

    // A type of the one in an event of the other: each is named where it is recorded.
    events.write(&EVENTS.replace("id: u64", "id: String"));
    user.check().fails_once(&["event `events.Placed` version 1", "`order.id` was `u64`, is now `string`"]);
    events.lock("force").succeeds();
    user.check().fails_once(&["event `shop.Seen` version 1", "`order.id` was `u64`, is now `string`"]);
}

#[test]
fn the_programs_and_tests_of_a_package_need_no_lock() {
    let shop = Package::locked("targets", EVENTS);
    // They may even write what older programs wrote, with types of their own.
    let old = "use eskit::prelude::*;\nstruct Unknown;\n\
               #[derive(Event, Serialize, Deserialize)] struct Placed { #[serde(skip)] unknown: Option<Unknown> }\n";
    fs::write(
        shop.folder().join("src/main.rs"),
        format!("{old}fn main() {{ let _ = Placed {{ unknown: Some(Unknown) }}.unknown; }}"),
    )
    .unwrap();
    fs::create_dir_all(shop.folder().join("tests")).unwrap();
    fs::write(
        shop.folder().join("tests/old.rs"),
        format!("{old}#[test] fn t() {{ let _ = Placed {{ unknown: Some(Unknown) }}.unknown; }}"),
    )
    .unwrap();
    shop.check_all().succeeds();
    shop.lock("write").succeeds();
}
