//! The file itself: missing, created, edited, malformed, deleted. Each build is an incremental one after another.

use std::fs;

use crate::package::Package;

const SHOP: &str = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct OrderPlaced { #[tag] pub order: u64, pub customer: Customer }

#[derive(Shape, Serialize, Deserialize)]
pub struct Customer { pub name: String, pub zip: u32 }

#[derive(Event, Serialize, Deserialize)]
pub struct OrderPaid;
";

const RECORD: &str = "format 1
crate shop

event shop.OrderPaid
  version 1: unit

event shop.OrderPlaced
  version 1: struct
    tag order
    order: u64
    customer: struct
      name: string
      zip: u32
";

#[test]
fn no_state_of_the_file_passes_unnoticed() {
    let shop = Package::new("file", SHOP);
    let missing = ["`eskit.lock` is missing", "help: run `ESKIT_LOCK=write cargo test eskit_lock`"];
    shop.check().fails_once(&missing);
    shop.check().fails_once(&missing);

    shop.lock("write").succeeds();
    assert_eq!(shop.lock_text(), RECORD);
    shop.check().succeeds();
    shop.test().succeeds();

    // Nothing in the source changes from here on.
    shop.edit_lock("zip: u32", "zip: string");
    shop.check().fails_once(&["event `shop.OrderPlaced` version 1", "`customer.zip` was `string`, is now `u32`"]);
    shop.edit_lock("zip: string", "zip: u32");
    shop.check().succeeds();

    let text = fs::read_to_string(shop.lock_path()).unwrap();
    fs::remove_file(shop.lock_path()).unwrap();
    shop.check().fails_once(&missing);
    fs::write(shop.lock_path(), text).unwrap();
    shop.check().succeeds();
}

#[test]
fn a_file_that_cannot_be_read_is_refused_with_the_line() {
    let shop = Package::locked("malformed", SHOP);
    shop.edit_lock("event shop.OrderPaid", "even shop.OrderPaid");
    let line = "line 6 is no part of a record: `even shop.OrderPaid`";
    shop.check().fails_once(&["`eskit.lock` cannot be read", line, "help: restore it from version control"]);
    shop.lock("write").fails(&[line]);
    shop.edit_lock("even shop.OrderPaid", "event shop.OrderPaid");

    shop.edit_lock("zip: u32", "zip u32");
    shop.check().fails_once(&["line 15 is no part of a record: `      zip u32`"]);
    shop.edit_lock("zip u32", "zip: u32");

    // Two branches that both record an event.
    shop.edit_lock("event shop.OrderPaid\n", "event shop.OrderPaid\n  version 1: unit\n\nevent shop.OrderPaid\n");
    shop.check().fails_once(&["event `shop.OrderPaid` is recorded twice"]);
    shop.edit_lock("event shop.OrderPaid\n  version 1: unit\n\nevent shop.OrderPaid\n", "event shop.OrderPaid\n");

    shop.edit_lock("format 1", "format 2");
    shop.check().fails_once(&[
        "`eskit.lock` is of `format 2`, and this version of eskit reads `format 1`",
        "help: update eskit",
    ]);
    shop.edit_lock("format 2", "format 1");

    shop.edit_lock("crate shop", "crate shop_tests");
    shop.check()
        .fails_once(&["records the events of crate `shop_tests`, and this is crate `shop`", "write `crate shop`"]);
    shop.edit_lock("crate shop_tests", "crate shop");
    shop.check().succeeds();
}

#[test]
fn a_merge_is_made_by_keeping_both_sides() {
    let shop = Package::locked("merge", SHOP);
    let (left, right) = ("event shop.OrderA\n  version 1: unit\n", "event shop.OrderB\n  version 1: unit\n");
    let conflict = format!("<<<<<<< HEAD\n{left}=======\n{right}>>>>>>> right\nevent shop.OrderPaid");
    shop.edit_lock("event shop.OrderPaid", &conflict);
    let texts = ["holds a merge conflict, from line 6 on", "help: keep the lines of both sides, without the marks"];
    shop.check().fails_once(&texts);
    shop.lock("write").fails(&texts);

    shop.edit_lock(&conflict, &format!("{right}\n{left}\nevent shop.OrderPaid"));
    let event = "#[derive(Event, Serialize, Deserialize)] pub struct";
    shop.write(&format!("{SHOP}{event} OrderA; {event} OrderB;"));
    shop.check().succeeds();
    shop.lock("write").succeeds();
    assert_eq!(
        shop.lock_text(),
        RECORD.replace("event shop.OrderPaid", &format!("{left}\n{right}\nevent shop.OrderPaid"))
    );
}

#[test]
fn a_folder_in_place_of_the_file_is_one_error() {
    let shop = Package::new("folder", SHOP);
    fs::create_dir(shop.lock_path()).unwrap();
    shop.check().fails_once(&["`eskit.lock` cannot be read"]);
    fs::remove_dir(shop.lock_path()).unwrap();
    shop.lock("write").succeeds();
    shop.check().succeeds();
}

#[test]
fn the_command_is_spelled_right_and_the_lock_stands_at_the_crate_root() {
    let shop = Package::locked("command", SHOP);
    shop.lock("wirte").fails_once(&["`ESKIT_LOCK` is `wirte`", "help: unset it, or set it to `write` or `force`"]);

    let inner = Package::new("inner", "mod events { eskit::lock!(); }");
    inner
        .lock("write")
        .fails_once(&["`eskit::lock!()` stands in the module `shop::events`", "move it to the crate root"]);

    let (one, lock) = ("#[derive(Event, Serialize, Deserialize)] pub struct OrderPaid;", "eskit::lock!();");
    let moved = Package::locked("moved_between", &format!("{lock} {one}"));
    moved.write(&format!("mod events {{ {lock} }} {one}"));
    let nowhere = moved.check();
    nowhere.fails(&["`eskit::lock!()` stands in the module `shop::events`", "move it to the crate root"]);
    moved.write(&format!("{lock} {one} {lock}"));
    moved.check().fails_once(&["`__eskit_lock_stands_at_the_crate_root` redefined here"]);
}

#[test]
fn a_missing_line_beside_the_file_is_one_error_for_all_events() {
    let shop = Package::locked("line", SHOP);
    let another = "#[derive(Event)] pub enum Order { Sent { order: u64 }, Gone }";
    for removed in ["", "// eskit::lock!();"] {
        shop.write(&format!("{}{another}", SHOP.replace("eskit::lock!();", removed)));
        shop.check().fails_once(&[
            "`eskit.lock` stands beside `Cargo.toml`, but the root file of the crate has no `eskit::lock!()`",
            "help: write `eskit::lock!();` in `src/lib.rs`",
        ]);
    }
    shop.write(&format!("{SHOP}{another}"));
    shop.check().succeeds();
}

#[test]
fn what_is_not_recorded_is_refused_in_a_release_only() {
    let shop = Package::locked("strict", SHOP);
    shop.check_strictly().succeeds();

    let added = "pub zip: u32, #[serde(default)] pub city: String";
    shop.write(&format!(
        "{}#[derive(Event, Serialize, Deserialize)] pub struct OrderSent;",
        SHOP.replace("pub zip: u32", added)
    ));
    shop.check().succeeds();
    let strict = shop.check_strictly();
    strict.fails(&[
        "event `shop.OrderSent` version 1 is not recorded in `eskit.lock`, but a release needs all of it there",
        "event `shop.OrderPlaced` version 1 has parts that are not recorded in `eskit.lock`",
        "help: run `ESKIT_LOCK=write cargo test eskit_lock`, and commit the file",
    ]);
    shop.test().fails(&[
        "`eskit.lock` is not up to date",
        "event `shop.OrderPlaced` is not recorded as it is",
        "event `shop.OrderSent` is not recorded as it is",
    ]);
    shop.lock("write").succeeds();
    shop.check_strictly().succeeds();
    assert!(shop.lock_text().contains("      zip: u32\n      city?: string\n"), "{}", shop.lock_text());
}

#[test]
fn no_release_is_built_while_the_file_is_written() {
    let shop = Package::locked("left_set", SHOP);
    for mode in ["write", "force"] {
        shop.check_release(Some(mode)).fails_once(&[
            "`ESKIT_LOCK` is set, so this release is not held to `eskit.lock`",
            "help: unset it; the file is written by a debug build, `ESKIT_LOCK=write cargo test eskit_lock`",
        ]);
    }
    shop.check_release(Some("")).succeeds();
}
