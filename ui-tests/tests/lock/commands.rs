//! Stored commands in the file: they are held to it as events are, and apart from them.

use crate::package::Package;

const SHOP: &str = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct ShipOrder { #[tag] pub order: u64 }

pub mod commands {
    use eskit::prelude::*;

    #[derive(Command, Serialize, Deserialize)]
    #[command(stored, alias = \"shop.SendOrder\")]
    pub struct ShipOrder { #[tag] pub order: u64, pub by: Carrier }

    #[derive(Shape, Serialize, Deserialize)]
    pub struct Carrier { pub name: String }
}
";

const RECORDS: &str = "
event shop.ShipOrder
  version 1: struct
    tag order
    order: u64

command shop.ShipOrder
  alias shop.SendOrder
  version 1: struct
    order: u64
    by: struct
      name: string
";

#[test]
fn a_command_is_recorded_apart_from_events() {
    let shop = Package::locked("command", SHOP);
    assert!(shop.lock_text().ends_with(RECORDS), "{}", shop.lock_text());
    shop.check_strictly().succeeds();
    shop.test().succeeds();
    // A new tag is no change of what is stored.
    shop.write(&SHOP.replace("pub by:", "#[tag(\"by\")] #[serde(skip)] pub to: u64, pub by:"));
    shop.check().succeeds();
}

#[test]
fn a_change_needs_another_version() {
    let shop = Package::locked("command_changed", SHOP);
    shop.write(&SHOP.replace("name: String", "name: u8"));
    let text = "command `shop.ShipOrder` version 1 is not what `eskit.lock` records";
    shop.check().fails_once(&[
        text,
        "`by.name` was `string`, is now `u8`",
        "help: write `version = 2, upcast(1 = from_v1)`",
    ]);
    shop.lock("write").fails(&["command `shop.ShipOrder` version 1 is not what is recorded"]);
    shop.write(&SHOP.replace("pub name: String", "pub name: String, pub fleet: u8"));
    shop.check().fails_once(&["`by.fleet` was added, but stored commands do not hold it"]);

    let next = SHOP.replace("stored, alias", "stored, version = 2, upcast(1 = Ok), alias");
    shop.write(&next.replace("name: String", "name: u8"));
    shop.check().succeeds();
    shop.check_strictly().fails_once(&["command `shop.ShipOrder` version 2 is not recorded in `eskit.lock`"]);
    shop.test().fails(&["command `shop.ShipOrder` is not recorded as it is"]);
    shop.lock("write").succeeds();
    let record = "  version 2: struct\n    order: u64\n    by: struct\n      name: u8\n";
    assert!(shop.lock_text().ends_with(record), "{}", shop.lock_text());
}

#[test]
fn a_typed_older_version_is_told_with_the_attribute_of_commands() {
    let old = "#[derive(Command, Serialize, Deserialize)]\n#[command(stored, name = \"shop.ShipOrder\")]\npub struct ShipOrderV1 { pub order: u64 }";
    let from = "impl From<ShipOrderV1> for ShipOrder { fn from(old: ShipOrderV1) -> ShipOrder { ShipOrder { order: old.order, ..ShipOrder::default() } } }";
    let new = "#[derive(Command, Serialize, Deserialize, Default)]\n#[command(stored, version = 2, from = ShipOrderV1)]\npub struct ShipOrder { pub order: u64 }";
    let source = format!("eskit::lock!();\n{old}\n{new}\n{from}\n");
    let shop = Package::locked("command_typed", &source);
    shop.write(&source.replace(
        "version = 2, from = ShipOrderV1)]\npub struct ShipOrder { ",
        "version = 2, from = ShipOrderV1)]\npub struct ShipOrder { #[serde(skip_serializing)] pub by: u8, ",
    ));
    shop.check().fails_once(&[
        "`by` was added, but stored commands do not hold it",
        "help: give it a default, `#[serde(default)]` or an `Option`, or write `version = 3, from = ShipOrderV2`, and keep the recorded shape as `#[command(stored, name = \"shop.ShipOrder\", version = 2, from = ShipOrderV1)] struct ShipOrderV2`",
    ]);
}

#[test]
fn a_command_that_is_gone_is_named() {
    let shop = Package::locked("command_gone", SHOP);
    shop.write(&SHOP.replace("stored, alias = \"shop.SendOrder\"", "crate = eskit"));
    shop.check().fails_once(&[
        "`eskit.lock` records command `shop.ShipOrder`, but no type has this wire name",
        "put `#[command(stored, alias = \"shop.ShipOrder\")]` on it",
        "help: if it was never released, or none is stored any more, drop it with `ESKIT_LOCK=force cargo test eskit_lock`",
    ]);
    shop.lock("force").succeeds();
    assert!(shop.lock_text().contains("event shop.ShipOrder"), "{}", shop.lock_text());
    assert!(!shop.lock_text().contains("command"), "{}", shop.lock_text());
    shop.check_strictly().succeeds();
}

#[test]
fn a_former_name_that_is_gone_is_named() {
    let shop = Package::locked("command_alias", SHOP);
    shop.write(&SHOP.replace("stored, alias = \"shop.SendOrder\"", "stored"));
    shop.check().fails_once(&[
        "command `shop.ShipOrder` is no longer read under its former name `shop.SendOrder`",
        "write `alias = \"shop.SendOrder\"` again: commands are stored under it",
    ]);
}

#[test]
fn two_commands_with_one_name_are_one_error() {
    let shop = Package::locked("command_twice", SHOP);
    let second = "#[derive(Command, Serialize, Deserialize)] #[command(stored)] pub struct ShipOrder { pub id: u64 }";
    shop.write(&format!("{SHOP}pub mod other {{ use eskit::prelude::*; {second} }}"));
    shop.check().fails_once(&["ClaimedByOneType` for type `the_command_name_shop_ShipOrder_version_1`"]);
}

#[test]
fn a_command_with_a_mistake_is_not_reported_as_gone() {
    let shop = Package::locked("command_mistake", SHOP);
    shop.write(&SHOP.replace("stored, alias", "stored, alais"));
    shop.check().fails_once(&["unknown word `alais`"]);
}

#[test]
fn a_field_without_a_shape_is_named() {
    let shop = Package::locked("command_shape", SHOP);
    shop.write(&SHOP.replace(
        "#[derive(Shape, Serialize, Deserialize)]\n    pub struct Carrier",
        "#[derive(Serialize, Deserialize)]\n    pub struct Carrier",
    ));
    shop.check().fails_once(&["`Carrier` has no shape that the schema lock could record"]);
    shop.write(&SHOP.replace("pub by: Carrier", "#[shape(\"carrier\")] pub by: Carrier").replace(
        "pub struct ShipOrder { #[tag] pub order: u64, #[shape",
        "#[shape(unlocked)] pub struct ShipOrder { #[tag] pub order: u64, #[shape",
    ));
    shop.check().fails_once(&["`eskit.lock` records command `shop.ShipOrder`"]);
}
