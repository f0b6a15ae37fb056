//! Events and versions that go, move, or change their names.

use crate::package::Package;

const SHOP: &str = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct OrderPlaced { pub order: u64 }

#[derive(Event, Serialize, Deserialize)]
#[event(alias = \"shop.OrderDispatched\")]
pub struct OrderSent { pub order: u64 }
";

const SENT: &str = "#[derive(Event, Serialize, Deserialize)]
#[event(alias = \"shop.OrderDispatched\")]
pub struct OrderSent { pub order: u64 }
";

const PRICED: &str = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
#[event(version = 3, from = PricedV2, alias = \"shop.Valued\")]
pub struct Priced { pub cents: u64 }

#[derive(Event, Serialize, Deserialize)]
#[event(name = \"shop.Priced\", version = 2, upcast(1 = step))]
pub struct PricedV2 { pub cents: u64 }

impl From<PricedV2> for Priced { fn from(old: PricedV2) -> Priced { Priced { cents: old.cents } } }

pub const V: u32 = 3;
pub fn step(v: serde_json::Value) -> Result<serde_json::Value, UpcastError> { Ok(v) }
";

#[test]
fn an_event_that_is_gone_is_named() {
    let shop = Package::locked("gone", SHOP);
    shop.write(&SHOP.replace(SENT, ""));
    let text = "`eskit.lock` records event `shop.OrderSent`, but no type has this wire name";
    shop.check().fails_once(&[text, "put `#[event(alias = \"shop.OrderSent\")]` on it"]);
    shop.lock("write").fails(&["event `shop.OrderSent` is recorded, but no type has this wire name or alias"]);
    shop.lock("force").succeeds();
    assert!(!shop.lock_text().contains("OrderSent"), "{}", shop.lock_text());
    shop.check().succeeds();
}

#[test]
fn an_event_with_a_mistake_is_not_reported_as_gone() {
    let shop = Package::locked("mistake", SHOP);
    shop.write(&SHOP.replace("alias = \"shop.OrderDispatched\"", "alais = \"shop.OrderDispatched\""));
    shop.check().fails_once(&["unknown word `alais`"]);
}

#[test]
fn two_types_with_one_wire_name_are_one_error() {
    let shop = Package::locked("one_name", SHOP);
    let second = "#[derive(Event, Serialize, Deserialize)] pub struct OrderPlaced { pub id: String }";
    shop.write(&format!("{SHOP}pub mod other {{ use eskit::prelude::*; {second} }}"));
    shop.check().fails_once(&[
        "ClaimedByOneType` for type `the_wire_name_shop_OrderPlaced_version_1`",
        "conflicting implementation for `the_wire_name_shop_OrderPlaced_version_1`",
        "pub struct OrderPlaced { pub order: u64 }",
    ]);

    // Of a version that is not recorded yet, and of one that is not the next.
    let placed = "#[derive(Event, Serialize, Deserialize)]\npub struct OrderPlaced { pub order: u64 }";
    for (version, steps, text) in [
        (2, "1 = Ok", "for type `the_wire_name_shop_OrderPlaced_version_2`"),
        (3, "1 = Ok, 2 = Ok", "for type `the_wire_name_shop_OrderPlaced_version_1`"),
    ] {
        let events: String = ["one", "two"]
            .map(|module| {
                let name = format!("#[event(version = {version}, upcast({steps}))] pub struct OrderPlaced");
                let event = placed.replace("pub struct OrderPlaced", &name);
                format!("pub mod {module} {{ use eskit::prelude::*; {event} }}")
            })
            .concat();
        shop.write(&SHOP.replace(placed, &events));
        shop.check().fails(&[text]);
    }
}

#[test]
fn the_versions_of_a_renamed_event_may_all_keep_its_former_name() {
    let valued = PRICED.replace("shop.Priced", "shop.Valued").replace("pub struct Priced ", "pub struct Valued ");
    let valued = valued.replace(", alias = \"shop.Valued\"", "").replace("for Priced", "for Valued");
    let valued = valued.replace("-> Priced { Priced {", "-> Valued { Valued {");
    let shop = Package::locked("former_name", &valued);
    let both =
        PRICED.replace("version = 2, upcast(1 = step)", "version = 2, upcast(1 = step), alias = \"shop.Valued\"");
    for renamed in [PRICED, &both] {
        shop.write(renamed);
        shop.check().succeeds();
    }
    shop.lock("write").succeeds();
    shop.check_strictly().succeeds();
}

#[test]
fn a_renamed_event_keeps_its_former_name_for_good() {
    let shop = Package::locked("renamed", SHOP);
    let renamed =
        SHOP.replace("pub struct OrderPlaced", "#[event(alias = \"shop.OrderPlaced\")] pub struct OrderOpened");
    shop.write(&renamed);
    shop.check().succeeds();
    // Under its new name it is still held to what was recorded under the former one.
    shop.write(&renamed.replacen("order: u64", "order: u32", 1));
    shop.check().fails_once(&["is not what `eskit.lock` records under its alias `shop.OrderPlaced`"]);

    shop.write(&renamed);
    shop.lock("write").succeeds();
    let record = "event shop.OrderOpened\n  alias shop.OrderPlaced\n  version 1: struct\n    order: u64\n";
    assert!(shop.lock_text().contains(record), "{}", shop.lock_text());
    shop.check_strictly().succeeds();

    shop.write(&renamed.replace("#[event(alias = \"shop.OrderPlaced\")]", ""));
    shop.check().fails_once(&["event `shop.OrderOpened` is no longer read under its former name `shop.OrderPlaced`"]);
}

#[test]
fn the_events_of_a_renamed_package_keep_its_former_name() {
    let shop = Package::locked("package", SHOP);
    shop.edit_lock("event shop.", "event store.");
    let context = "#[event(context = \"store\")]";
    shop.check().fails_once(&["no type has this wire name", &format!("if the package was renamed, put `{context}`")]);
    let kept = SHOP.replacen("pub struct OrderPlaced", &format!("{context} pub struct OrderPlaced"), 1);
    shop.write(&kept);
    // The context is one that was stated: of the other event it is not said.
    let missing = shop.check();
    missing.fails_once(&["`eskit.lock` records event `store.OrderSent`", "if it moved to another crate"]);
    assert!(!missing.text.contains("if the package was renamed"), "{}", missing.text);
    shop.write(&kept.replace("#[event(alias", "#[event(context = \"store\", alias"));
    shop.check().succeeds();
}

#[test]
fn a_version_that_is_gone_is_named() {
    let source = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, upcast(1 = step))]
pub struct Priced { pub cents: u64 }

fn step(v: serde_json::Value) -> Result<serde_json::Value, UpcastError> { Ok(v) }
";
    let shop = Package::locked("version", source);
    shop.write("eskit::lock!(); #[derive(Event, Serialize, Deserialize)] pub struct Priced { pub cents: u64 }");
    shop.check().fails_once(&[
        "`eskit.lock` records version 2 of event `shop.Priced`",
        "help: restore the type with `version = 2`",
    ]);
    shop.lock("write").fails(&["version 2 of event `shop.Priced` is recorded, but its newest type is at version 1"]);
}

#[test]
fn an_event_whose_version_cannot_be_read_is_not_reported_as_gone() {
    let shop = Package::locked("unread", PRICED);
    let mistakes = [
        ("version = 3", "verison = 3", "did you mean `version`?"),
        ("version = 3", "version = \"3\"", "write `version = 3`"),
        ("version = 3", "version = V", "write the value of `V` itself"),
        ("from = PricedV2", "form = PricedV2", "did you mean `from`?"),
        ("alias = \"shop.Valued\"", "aliases = [\"shop.Valued\"]", "did you mean `alias = \"shop.Valued\"`?"),
        ("version = 2", "version = \"2\"", "write `version = 2`"),
        ("1 = step", "1 => step", "write `1 = step`"),
        ("name =", "nmae =", "did you mean `name`?"),
    ];
    for (right, wrong, help) in mistakes {
        shop.write(&PRICED.replacen(right, wrong, 1));
        shop.check().fails_once(&[help]);
    }
}

#[test]
fn a_version_that_is_not_recorded_leaves_the_records_to_the_older_types() {
    let shop = Package::locked("next", PRICED);
    let next = PRICED.replacen("version = 3, from = PricedV2", "version = 4, from = PricedV3", 1);
    shop.write(&format!(
        "{next}
#[derive(Event, Serialize, Deserialize)]
#[event(name = \"shop.Priced\", version = 3, from = PricedV2, alias = \"shop.Valued\")]
pub struct PricedV3 {{ pub cents: u64 }}

impl From<PricedV3> for Priced {{ fn from(old: PricedV3) -> Priced {{ Priced {{ cents: old.cents }} }} }}
impl From<PricedV2> for PricedV3 {{ fn from(old: PricedV2) -> PricedV3 {{ PricedV3 {{ cents: old.cents }} }} }}
"
    ));
    shop.check().succeeds();
}

#[test]
fn a_missing_type_of_the_version_before_is_one_error() {
    let shop = Package::locked(
        "predecessor",
        "eskit::lock!(); #[derive(Event, Serialize, Deserialize)] pub struct Priced { pub euros: u64 }",
    );
    let second = "eskit::lock!(); #[derive(Event, Serialize, Deserialize)] #[event(version = 2, from = PricedV1)] pub struct Priced { pub cents: u64 }";
    let from = "impl From<u64> for Priced { fn from(euros: u64) -> Priced { Priced { cents: euros * 100 } } }";
    shop.write(&format!("{second} {from}"));
    shop.check().fails_once(&["cannot find type `PricedV1` in this scope"]);
}

#[test]
fn an_event_may_move_even_into_a_function() {
    let shop = Package::locked("moved", SHOP);
    let moved = SENT.replace("#[derive", "use eskit::prelude::*;\n#[derive");
    shop.write(&SHOP.replace(SENT, &format!("pub mod deep {{ pub mod down {{ {moved} }} }}")));
    shop.check().succeeds();
    shop.check_strictly().succeeds();
    shop.write(&SHOP.replace(SENT, &format!("pub fn inner() {{ {moved} }}")));
    shop.check().succeeds();
    shop.test().succeeds();
    shop.write(&SHOP.replace(SENT, &format!("pub fn inner() {{ {} }}", moved.replace("u64", "u32"))));
    shop.check().fails_once(&["event `shop.OrderSent` version 1", "`order` was `u64`, is now `u32`"]);
}

#[test]
fn a_type_without_a_shape_is_named_at_its_field() {
    let shop = Package::locked("unknown", SHOP);
    let nested = "#[derive(Serialize, Deserialize)] pub struct Customer;";
    // Of a new event, and of one that is recorded.
    shop.write(&format!(
        "{SHOP}{nested} #[derive(Event, Serialize, Deserialize)] pub struct New {{ customers: Vec<Customer> }}"
    ));
    shop.check()
        .fails_once(&["cannot see the shape of `customers`", "help: put `#[derive(eskit::Shape)]` on `Customer`"]);
    shop.write(&format!("{}{nested}", SHOP.replacen("order: u64", "order: Customer", 1)));
    shop.check().fails_once(&["`Customer` has no shape", "help: put `#[derive(eskit::Shape)]` on `Customer`"]);
}

#[test]
fn without_the_line_at_the_crate_root_there_is_no_lock() {
    let source = "pub struct Unknown; impl Unknown { pub fn new() -> Unknown { Unknown } }
#[derive(Event, Serialize, Deserialize)] pub struct Placed { #[serde(skip, default = \"Unknown::new\")] pub unknown: Unknown }";
    let shop = Package::new("off", source);
    shop.check().succeeds();
    shop.check_strictly().succeeds();
    assert!(!shop.lock_path().exists());
}

#[test]
fn the_registry_holds_each_event_once() {
    let program = format!(
        "{SHOP}
#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, upcast(1 = step))]
pub struct Priced {{ pub cents: u64 }}

fn step(v: serde_json::Value) -> Result<serde_json::Value, UpcastError> {{ Ok(v) }}

#[test]
fn registered() {{
    let registry = eskit::model::Registry::collect();
    let names: Vec<_> = registry.events().iter().map(|event| event.name).collect();
    assert_eq!(names, [\"shop.OrderPlaced\", \"shop.OrderSent\", \"shop.Priced\"]);
}}
"
    );
    // Two of the events are recorded, and one is not yet; then all of them are.
    let shop = Package::locked("registry", SHOP);
    shop.write(&program);
    shop.test_only("registered").succeeds();
    shop.lock("write").succeeds();
    shop.test_only("registered").succeeds();
}
