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
fn a_shape_that_was_never_released_is_recorded_anew() {
    let shop = Package::locked("force", SHOP);
    shop.write(&SHOP.replace("zip: u32", "zip: String"));
    shop.lock("force").succeeds();
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
    shop.check().fails_once(&["version 1 is an older one: give `PricedV1` the recorded shape again"]);
}
