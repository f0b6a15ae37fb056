//! Projections in the file: which events each takes at its version.

use crate::package::Package;

const SHOP: &str = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct OrderPlaced { #[tag] pub order: u64 }

#[derive(Event, Serialize, Deserialize)]
pub struct OrderPaid { #[tag] pub order: u64 }

pub struct Tx;
pub struct OrderList;

#[projection(name = \"order-list\")]
impl OrderList {
    #[on]
    fn placed(&self, _: &OrderPlaced, _: &mut Tx) {}
}
";

const PAID: &str = "#[on]\n    fn paid(&self, _: &OrderPaid, _: &mut Tx) {}\n\n    #[on]";

const ALL: &str = "#[on]\n    fn all(&self, _: &RecordedEvent, _: &mut Tx) {}\n\n    #[on]";

const RECORD: &str = "
projection order-list version 1
  on shop.OrderPlaced
";

#[test]
fn other_events_need_another_version() {
    let shop = Package::locked("projection", SHOP);
    assert!(shop.lock_text().ends_with(RECORD), "{}", shop.lock_text());

    let more = SHOP.replace("#[on]", PAID);
    shop.write(&more);
    let text = "projection `order-list` version 1 now takes `shop.OrderPaid`, which it did not before";
    shop.check().fails_once(&[text, "help: write `version = 2`, so that it is built anew beside the old one"]);
    let before = shop.lock_text();
    shop.lock("write").fails(&["`eskit.lock` stays as it is", text]);
    assert_eq!(shop.lock_text(), before);

    let second = more.replace("\"order-list\"", "\"order-list\", version = 2");
    shop.write(&second);
    shop.check().succeeds();
    shop.check_strictly().fails_once(&["projection `order-list` version 2 is not recorded in `eskit.lock`"]);
    shop.test().fails(&["projection `order-list` is not recorded as it is"]);
    shop.lock("write").succeeds();
    let record = "\nprojection order-list version 2\n  on shop.OrderPaid\n  on shop.OrderPlaced\n";
    assert!(shop.lock_text().ends_with(record), "{}", shop.lock_text());
    shop.check_strictly().succeeds();

    shop.write(SHOP);
    shop.check().fails_once(&["projection `order-list` version 1 comes before version 2", "write `version = 2`"]);
    shop.lock("force").succeeds();
    assert!(shop.lock_text().ends_with(RECORD), "{}", shop.lock_text());
}

#[test]
fn the_method_for_every_other_event_is_one_entry() {
    let all = SHOP.replace("#[on]", ALL);
    let shop = Package::locked("projection_all", &all);
    let record = "\nprojection order-list version 1\n  on shop.OrderPlaced\n  on every other event\n";
    assert!(shop.lock_text().ends_with(record), "{}", shop.lock_text());
    for (source, text) in [
        (SHOP.to_owned(), "version 1 no longer takes every other event\n"),
        (all.replacen("#[on]", PAID, 1), "version 1 now takes `shop.OrderPaid` in a method of its own, which it did"),
    ] {
        shop.write(&source);
        shop.check().fails_once(&[text, "help: write `version = 2`"]);
    }
    let another = "#[derive(Event, Serialize, Deserialize)] pub struct OrderSent;";
    shop.write(&format!("{all}{another}"));
    shop.check().succeeds();
}

#[test]
fn a_renamed_event_is_no_other_event() {
    let shop = Package::locked("projection_renamed", SHOP);
    let renamed = SHOP.replace("pub struct OrderPlaced", "#[event(alias = \"shop.OrderPlaced\")] pub struct OrderMade");
    shop.write(&renamed.replace("_: &OrderPlaced", "_: &OrderMade"));
    shop.check().succeeds();
    // Without the alias it is another one, which is said once.
    shop.write(&SHOP.replace("OrderPlaced", "OrderMade"));
    shop.check().fails_once(&["`eskit.lock` records event `shop.OrderPlaced`, but no type has this wire name"]);
    shop.write(&renamed.replace("_: &OrderPlaced", "_: &OrderMade"));
    shop.lock("write").succeeds();
    assert!(shop.lock_text().ends_with(&RECORD.replace("OrderPlaced", "OrderMade")), "{}", shop.lock_text());
    shop.check_strictly().succeeds();
}

#[test]
fn the_record_of_a_projection_stays_when_it_is_gone() {
    let shop = Package::locked("projection_gone", SHOP);
    let (without, _) = SHOP.split_at(SHOP.find("#[projection").unwrap());
    shop.write(without);
    shop.check_strictly().succeeds();
    shop.test().succeeds();
    // Under its old name, beside rows that may still be there.
    shop.write(&SHOP.replace("OrderPlaced, _: &mut", "OrderPaid, _: &mut"));
    shop.check().fails_once(&[
        "version 1 now takes `shop.OrderPaid`, which it did not before, and no longer takes `shop.OrderPlaced`",
    ]);
}

#[test]
fn what_is_built_anew_at_each_start_is_not_recorded() {
    let memory = SHOP.replace("\"order-list\"", "\"order-list\", memory").replace(", _: &mut Tx", "");
    let tests = "#[cfg(test)]\nmod tests {\n    use super::*;\n    pub struct Other;\n    #[projection(name = \"other\")]\n    impl Other {\n        #[on]\n        fn paid(&self, _: &OrderPaid, _: &mut Tx) {}\n    }\n}\n";
    let shop = Package::locked("projection_memory", &format!("{memory}{tests}"));
    assert!(!shop.lock_text().contains("projection"), "{}", shop.lock_text());
    shop.check_strictly().succeeds();
}

#[test]
fn a_crate_of_projections_alone_has_a_lock_too() {
    let (events, projection) = SHOP.split_at(SHOP.find("pub struct Tx").unwrap());
    let shop = Package::new("projection_apart", &events.replace("eskit::lock!();", ""));
    let path = format!("shop = {{ path = {:?} }}", shop.folder());
    let source = format!("pub use shop::{{OrderPaid, OrderPlaced}};\neskit::lock!();\n{projection}");
    let views = Package::with_dependencies("projection_views", "views", &path, &source);
    views.lock("write").succeeds();
    assert!(views.lock_text().ends_with(&format!("crate views\n{RECORD}")), "{}", views.lock_text());
    views.check().succeeds();
    views.write(&source.replace("#[on]", PAID));
    views.check().fails_once(&["projection `order-list` version 1 now takes `shop.OrderPaid`"]);
    views.write(&source.replace("eskit::lock!();", ""));
    views.check().fails_once(&["the root file of the crate has no `eskit::lock!()`"]);
}
