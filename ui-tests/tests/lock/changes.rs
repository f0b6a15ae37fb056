//! Changes of a recorded shape, and what the messages say to write.

use crate::package::Package;

const SHOP: &str = "
eskit::lock!();

#[derive(Shape, Serialize, Deserialize)]
pub struct Address { pub street: String, pub zip: u32 }

#[derive(Shape, Serialize, Deserialize)]
pub struct Customer { pub name: String, pub address: Address, pub nick: Option<String> }

#[derive(Event, Serialize, Deserialize)]
pub struct OrderPlaced { pub customer: Customer, pub lines: Vec<Line> }

#[derive(Shape, Serialize, Deserialize)]
pub struct Line { pub sku: String, pub size: Size }

#[derive(Shape, Serialize, Deserialize)]
pub enum Size { Small, Large }
";

#[test]
fn a_change_deep_inside_is_named_and_the_help_mends_it() {
    let shop = Package::locked("nested", SHOP);
    let changed = SHOP.replace("zip: u32", "zip: String");
    shop.write(&changed);
    let path = "`customer.address.zip` was `u32`, is now `string`";
    shop.check().fails_once(&[path, "help: write `version = 2, upcast(1 = from_v1)`", "pub struct OrderPlaced"]);

    // The command writes while the build refuses, but not what stored events would not survive.
    let before = shop.lock_text();
    shop.lock("write").fails(&["`eskit.lock` stays as it is", path, "ESKIT_LOCK=force"]);
    assert_eq!(shop.lock_text(), before);
    // What was built to write is not taken for a build that was checked.
    shop.test().fails_once(&["error[E0080]", path]);

    let step = "fn from_v1(v: serde_json::Value) -> Result<serde_json::Value, UpcastError> { Ok(v) }";
    let placed = "pub struct OrderPlaced";
    shop.write(&format!(
        "{}{step}",
        changed.replace(placed, &format!("#[event(version = 2, upcast(1 = from_v1))] {placed}"))
    ));
    shop.check().succeeds();
    shop.lock("write").succeeds();
    assert!(shop.lock_text().starts_with(&before), "{}", shop.lock_text());
    assert!(shop.lock_text().contains("  version 2: struct\n    customer: struct\n"), "{}", shop.lock_text());

    // The version after that is one more step.
    shop.write(&format!(
        "{}{step}",
        changed
            .replace(placed, &format!("#[event(version = 2, upcast(1 = from_v1))] {placed}"))
            .replace("sku: String", "sku: u64")
    ));
    shop.check().fails_once(&[
        "`lines[].sku` was `string`, is now `u64`",
        "write `version = 3` and add `2 = from_v2` to `upcast(..)`",
    ]);
}

#[test]
fn a_renamed_part_keeps_its_name_on_the_wire() {
    let shop = Package::locked("renamed_part", SHOP);
    for (from, to, help, mended) in [
        (
            "pub street: String",
            "pub road: String",
            "if `street` was renamed, put `#[serde(rename = \"street\")]` on `road`; if not, write `version = 2",
            "#[serde(rename = \"street\")] pub road: String",
        ),
        (
            "Small, Large",
            "Small, Huge",
            "if `Large` was renamed, put `#[serde(rename = \"Large\")]` on `Huge`; if not, write",
            "Small, #[serde(rename = \"Large\")] Huge",
        ),
    ] {
        let changed = SHOP.replace(from, to);
        shop.write(&changed);
        shop.check().fails_once(&["was removed", help]);
        shop.write(&changed.replace(to, mended));
        shop.check().succeeds();
    }
    // Also where nothing needs the part: its values would be lost without a word.
    let changed = SHOP.replace("pub nick:", "pub nickname:");
    shop.write(&changed);
    shop.check().fails_once(&[
        "`customer.nick` was removed, and what is stored of it is not read as `nickname`",
        "help: if `nick` was renamed, put `#[serde(rename = \"nick\")]` on `nickname`; if not, put the word `gone` before what was removed in `eskit.lock`",
    ]);
    shop.write(&changed.replace("pub nickname", "#[serde(rename = \"nick\")] pub nickname"));
    shop.check().succeeds();
    shop.write(&changed);
    shop.edit_lock("nick?: option string", "gone nick?: option string");
    shop.check().succeeds();
    shop.lock("write").succeeds();
    assert!(shop.lock_text().contains("      nickname?: option string\n      gone nick?: option string\n"));
    // Of another shape it is another part.
    shop.write(&SHOP.replace("street: String", "road: u8"));
    shop.check().fails_once(&["`customer.address.street` was removed", "help: write `version = 2"]);
}

#[test]
fn a_new_field_takes_no_name_from_what_is_flattened() {
    let source = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct Paid { pub amount: u64, #[serde(flatten)] pub card: Option<Card> }

#[derive(Shape, Serialize, Deserialize)]
pub struct Card { pub number: String, pub name: Option<String> }
";
    let shop = Package::locked("flattened", source);
    let changed = source.replace("amount: u64", "amount: u64, pub name: Option<String>");
    shop.write(&changed);
    shop.check().fails_once(&[
        "`name` now takes `name` from a flattened part, which reads it too",
        "help: give it another name on the wire, `#[serde(rename = \"..\")]`",
    ]);
    shop.write(
        &changed.replace("pub name: Option<String>, #", "#[serde(rename = \"payer\")] pub name: Option<String>, #"),
    );
    shop.check().succeeds();
}

#[test]
fn a_new_field_reads_what_a_flattened_map_held() {
    let source = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct Edited { pub action: String, #[serde(flatten)] pub rest: Rest }

pub type Rest = serde_json::Map<String, serde_json::Value>;
";
    let hub = Package::locked("flattened_map", source);
    let taken = "#[serde(skip_serializing_if = \"Option::is_none\")] pub enterprise: Option<String>, #[serde(flatten)]";
    let changed = source.replace("#[serde(flatten)]", taken);
    hub.write(&changed);
    let text = "`enterprise` was added, but stored events may hold it in a flattened part, as any JSON";
    let help = "help: write `version = 2, upcast(1 = from_v1)`, with `fn from_v1(old: serde_json::Value) -> \
                Result<serde_json::Value, UpcastError>`, which turns the old JSON into the new; if no stored event holds the \
                name in another shape, record it anew with `ESKIT_LOCK=force cargo test eskit_lock`";
    hub.check().fails_once(&[text, help]);
    let step = "fn from_v1(old: serde_json::Value) -> Result<serde_json::Value, UpcastError> { Ok(old) }";
    let mended = "#[event(version = 2, upcast(1 = from_v1))] pub struct Edited";
    hub.write(&format!("{}{step}", changed.replace("pub struct Edited", mended)));
    hub.check().succeeds();
    // What takes any JSON reads what any field held.
    hub.write(&changed.replace("Option<String>", "Option<serde_json::Value>"));
    hub.check().succeeds();

    // Of a map of numbers it is the shape that tells.
    let numbers =
        source.replace("serde_json::Map<String, serde_json::Value>", "std::collections::BTreeMap<String, u64>");
    let hub = Package::locked("flattened_numbers", &numbers);
    let changed = numbers.replace("#[serde(flatten)]", taken);
    hub.write(&changed);
    hub.check().fails_once(&[&text.replace("any JSON", "`u64`")]);
    hub.write(&changed.replace("Option<String>", "Option<u64>"));
    hub.check().succeeds();
}

#[test]
fn what_is_read_as_it_was_stored_needs_no_function() {
    let shop = Package::locked("widened", SHOP);
    for (from, to, text) in [
        ("zip: u32", "zip: u64", "`customer.address.zip` was `u32`, is now `u64`"),
        ("zip: u32", "zip: Option<u32>", "`customer.address.zip` was `u32`, is now `option u32`"),
        ("Small, Large", "Small, Large, Huge", "`lines[].size.Huge` is a new variant"),
    ] {
        let changed = SHOP.replace(from, to);
        shop.write(&changed);
        shop.check()
            .fails_once(&[text, "help: write `version = 2, upcast(1 = Ok)`, since the stored JSON is read as it is"]);
        let mended = "#[event(version = 2, upcast(1 = Ok))] pub struct OrderPlaced";
        shop.write(&changed.replace("pub struct OrderPlaced", mended));
        shop.check().succeeds();
    }
    let second = SHOP.replace("pub struct OrderPlaced", "#[event(version = 2, upcast(1 = Ok))] pub struct OrderPlaced");
    shop.write(&second);
    shop.lock("write").succeeds();
    shop.write(&second.replace("zip: u32", "zip: u64"));
    shop.check().fails_once(&["write `version = 3` and add `2 = Ok` to `upcast(..)`, since the stored JSON is read"]);
}

#[test]
fn a_shape_that_was_never_released_is_recorded_anew() {
    let shop = Package::locked("force", SHOP);
    shop.write(&SHOP.replace("zip: u32", "zip: String"));
    let forced = shop.lock("force");
    forced.succeeds();
    let lines = [
        "`ESKIT_LOCK` is set: wrote `eskit.lock`, with changes of event `shop.OrderPlaced`",
        "stored events and commands, older programs or read models do not survive what was forced:",
        "`customer.address.zip` was `u32`, is now `string`",
    ];
    lines.iter().for_each(|line| assert!(forced.text.contains(line), "{}", forced.text));
    shop.check().succeeds();
    assert!(shop.lock_text().contains("        zip: string\n"), "{}", shop.lock_text());
}

#[test]
fn what_stored_events_and_older_programs_survive_is_allowed() {
    let shop = Package::locked("allowed", SHOP);
    // In another order, with a field that may be missing, and without one that might be.
    shop.write(
        &SHOP
            .replace("pub street: String, pub zip: u32", "pub zip: u32, pub street: String, pub city: Option<String>")
            .replace(", pub nick: Option<String>", ""),
    );
    shop.check().succeeds();
    shop.lock("write").succeeds();
    assert!(shop.lock_text().contains("      gone nick?: option string\n"), "{}", shop.lock_text());

    // What serde writes and does not look at when it reads.
    shop.write(&SHOP.replace("pub struct Line", "#[serde(tag = \"kind\")] pub struct Line"));
    shop.check().succeeds();

    // What is gone is still stored: it does not come back as something else.
    shop.write(&SHOP.replace("nick: Option<String>", "nick: Option<u8>"));
    shop.check().fails(&["`customer.nick` was `string`, is now `u8`"]);
}

#[test]
fn what_one_of_them_does_not_survive_is_refused() {
    let shop = Package::locked("refused", SHOP);
    for (from, to, text) in [
        ("pub sku", "pub count: u32, pub sku", "`lines[].count` was added, but stored events do not hold it"),
        ("pub sku", "pub count: u32, pub sku", "help: give it a default, `#[serde(default)]` or an `Option`, or write"),
        ("pub sku: String, ", "", "`lines[].sku` was removed"),
        ("pub sku", "#[serde(rename = \"id\", alias = \"sku\")] pub sku", "`lines[].sku` is now written as `id`"),
        ("nick: Option<String>", "nick: String", "`customer.nick` was `option string`, is now `string`"),
        (
            "Small, Large",
            "Small, Large, Huge",
            "`lines[].size.Huge` is a new variant, which older programs do not know",
        ),
        ("Small, Large", "Small", "`lines[].size.Large` was removed"),
        ("pub enum Size", "#[serde(rename_all = \"lowercase\")] pub enum Size", "`lines[].size.Small` was removed"),
        ("pub enum Size", "#[serde(tag = \"t\")] pub enum Size", "`lines[].size` was `enum`, is now `enum tag t`"),
        (
            "pub struct Line",
            "#[serde(transparent)] pub struct One(u8); #[derive(Shape, Serialize, Deserialize)] pub struct Line",
            "",
        ),
        ("pub lines: Vec<Line>", "pub lines: Vec<Option<Line>>", "`lines[]` was `struct`, is now `option struct`"),
        ("pub customer", "#[tag(\"who\")] pub who: Option<u8>, pub customer", "`who` is a new tag"),
    ] {
        shop.write(&SHOP.replace(from, to));
        if text.is_empty() {
            shop.check().succeeds();
        } else {
            shop.check().fails_once(&[text]);
        }
    }
}

#[test]
fn variants_without_a_name_are_known_by_their_place() {
    let source = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct Paid { pub amount: Amount }

#[derive(Shape, Serialize, Deserialize)]
pub enum Amount { Nothing, #[serde(untagged)] Cents(u64), #[serde(untagged)] Exact(f64) }
";
    let shop = Package::locked("places", source);
    shop.write(&source.replace("Cents(u64)", "Whole(u64)"));
    shop.check().succeeds();
    // What was stored as `7` would be read as the other one from now on.
    let swapped = "#[serde(untagged)] Exact(f64), #[serde(untagged)] Cents(u64)";
    shop.write(&source.replace("#[serde(untagged)] Cents(u64), #[serde(untagged)] Exact(f64)", swapped));
    shop.check().fails_once(&["`amount.0` was `u64`, is now `f64`", "`amount.1` was `f64`, is now `u64`"]);
}

#[test]
fn a_typed_version_is_followed_by_a_typed_version() {
    let source = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = PricedV1)]
pub struct Priced { pub cents: u64 }

#[derive(Event, Serialize, Deserialize)]
#[event(name = \"shop.Priced\")]
pub struct PricedV1 { pub euros: u64 }

impl From<PricedV1> for Priced {
    fn from(old: PricedV1) -> Priced { Priced { cents: old.euros * 100 } }
}
";
    let shop = Package::locked("typed", source);
    shop.write(&source.replace("cents: u64", "cents: i64").replace("* 100", "as i64 * 100"));
    shop.check().fails_once(&["write `version = 3, from = PricedV2`, and keep the recorded shape as \
         `#[event(name = \"shop.Priced\", version = 2, from = PricedV1)] struct PricedV2`"]);
    shop.write(&source.replace("euros: u64", "euros: u32").replace("old.euros", "u64::from(old.euros)"));
    shop.check().fails_once(&["help: keep the older version 1 as it was: give `PricedV1` the recorded shape again"]);
    let added = source.replace("euros: u64", "euros: u64, pub unit: String");
    shop.write(&added);
    shop.check()
        .fails_once(&["help: give it a default, `#[serde(default)]` or an `Option`, or keep the older version 1"]);
}

#[test]
fn the_versions_of_a_type_that_stands_in_them_are_copies() {
    let source = "
eskit::lock!();

#[derive(Shape, Serialize, Deserialize)]
pub struct Price { pub cents: u64 }

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = PricedV1, alias = \"shop.Valued\")]
pub struct Priced { pub price: Price, pub note: String }

#[derive(Event, Serialize, Deserialize)]
#[event(name = \"shop.Priced\")]
pub struct PricedV1 { pub cents: u64 }

impl From<PricedV1> for Priced {
    fn from(old: PricedV1) -> Priced { Priced { price: Price { cents: old.cents as _ }, note: String::new() } }
}
";
    let shop = Package::locked("copies", source);
    let changed = source.replace("pub struct Price { pub cents: u64 }", "pub struct Price { pub cents: i64 }");
    shop.write(&changed);
    let kept = "`#[event(name = \"shop.Priced\", version = 2, from = PricedV1)] struct PricedV2`";
    shop.check().fails_once(&[
        "write `version = 3, from = PricedV2`, and keep the recorded shape as",
        &format!("{kept}, with copies of the nested types as they were"),
    ]);

    // What was kept without a copy is told so, and not by the name of one more version.
    let third = changed
        .replace("version = 2, from = PricedV1", "version = 3, from = PricedV2")
        .replace("impl From<PricedV1> for Priced ", "impl From<PricedV1> for PricedV2 ")
        .replace("-> Priced { Priced {", "-> PricedV2 { PricedV2 {");
    let second = "
#[derive(Event, Serialize, Deserialize)]
#[event(name = \"shop.Priced\", version = 2, from = PricedV1)]
pub struct PricedV2 { pub price: Price, pub note: String }

impl From<PricedV2> for Priced {
    fn from(old: PricedV2) -> Priced { Priced { price: Price { cents: old.price.cents as _ }, note: old.note } }
}
";
    shop.write(&format!("{third}{second}"));
    shop.check().fails_once(&[
        "event `shop.Priced` version 2 is not what `eskit.lock` records",
        "help: give `PricedV2` the recorded shape again, with copies of the nested types as they were, and change the \
         version after it, `#[event(name = \"shop.Priced\", version = 3, from = PricedV2)]`",
    ]);

    let copied = format!("{third}{second}").replace("PricedV2 { pub price: Price", "PricedV2 { pub price: PriceV2");
    let copied = copied.replace("PricedV2 { price: Price {", "PricedV2 { price: PriceV2 {");
    let copied = format!("{copied}#[derive(Shape, Serialize, Deserialize)] pub struct PriceV2 {{ pub cents: u64 }}");
    // The former name is asked of the newest version only.
    shop.write(&copied);
    shop.check().succeeds();
    shop.write(&copied.replace(", alias = \"shop.Valued\"", ""));
    shop.check().fails_once(&["no longer read under its former name `shop.Valued`", "pub struct Priced {"]);
}

#[test]
fn an_event_without_serde_is_one_error() {
    let shop = Package::locked("serde", SHOP);
    shop.write(&SHOP.replace("#[derive(Event, Serialize, Deserialize)]", "#[derive(Event)]"));
    shop.check().fails_once(&[
        "`OrderPlaced` cannot be stored, since it cannot be written and read as JSON",
        "help: add `Serialize, Deserialize` to its derives; if they are there, mend serde's error first",
    ]);
}
