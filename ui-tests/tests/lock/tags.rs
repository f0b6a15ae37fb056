//! Tags that come and go: queries by tag find what is stored.

use crate::package::Package;

const MAIL: &str = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
pub struct Sent { #[tag] pub mail: u32, pub sender: String }
";

const STEP: &str = "pub fn step(v: serde_json::Value) -> Result<serde_json::Value, UpcastError> { Ok(v) }";

fn second(tag: &str) -> String {
    let event = "#[event(version = 2, upcast(1 = Ok))] pub struct Sent";
    MAIL.replace("pub struct Sent", event).replace("pub sender", &format!("{tag} pub sender"))
}

#[test]
fn a_new_tag_with_a_new_version_is_stated_of_the_stored_events() {
    let shop = Package::locked("new_tag", MAIL);
    shop.write(&second("#[tag(\"from\")]"));
    let refused = shop.check();
    refused.fails_once(&[
        "event `shop.Sent` version 2 has the tag `from`, which stored events of version 1 do not carry",
        "help: add it to them with `eskit::retag`, and write `tag from` below version 1 of event `shop.Sent` in `eskit.lock`",
        "#[tag(\"from\")]",
        // On the key.
        "^^^^^^ evaluation",
    ]);
    shop.lock("write").fails(&["stored events of version 1 do not carry", "write `tag from` below version 1"]);

    // As the help says.
    shop.edit_lock("    tag mail\n", "    tag mail\n    tag from\n");
    shop.check().succeeds();
    shop.lock("write").succeeds();
    assert!(
        shop.lock_text().contains("  version 1: struct\n    tag mail\n    tag from\n    mail: u32\n"),
        "{}",
        shop.lock_text()
    );
    shop.check_strictly().succeeds();
    shop.test().succeeds();

    // The version after that has the versions before it to ask, each by its record.
    shop.write(&format!(
        "{}{STEP}",
        second("#[tag(\"from\")] #[tag]")
            .replace("version = 2, upcast(1 = Ok)", "version = 3, upcast(1 = step, 2 = step)")
    ));
    shop.check().fails_once(&["version 3 has the tag `sender`, which stored events of versions 1 and 2 do not carry"]);
    shop.lock("force").succeeds();
    assert_eq!(shop.lock_text().matches("    tag sender\n").count(), 3, "{}", shop.lock_text());
    shop.check_strictly().succeeds();
}

#[test]
fn an_older_type_keeps_what_was_stated_of_its_events() {
    let shop = Package::locked("typed_tag", MAIL);
    let typed = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
#[event(name = \"shop.Sent\")]
pub struct SentV1 { #[tag] pub mail: u32, pub sender: String }

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = SentV1)]
pub struct Sent { #[tag] pub mail: u32, #[tag] pub sender: String }

impl From<SentV1> for Sent { fn from(old: SentV1) -> Sent { Sent { mail: old.mail, sender: old.sender } } }
";
    shop.write(typed);
    shop.check().fails_once(&["version 2 has the tag `sender`, which stored events of version 1 do not carry"]);
    shop.edit_lock("    tag mail\n", "    tag mail\n    tag sender\n");
    shop.check().succeeds();
    shop.lock("write").succeeds();
    shop.check_strictly().succeeds();
    shop.test().succeeds();
    assert_eq!(shop.lock_text().matches("    tag sender\n").count(), 2, "{}", shop.lock_text());
}

#[test]
fn a_new_tag_of_the_same_version_is_stated_too() {
    let shop = Package::locked("same_version", MAIL);
    shop.write(&MAIL.replace("pub sender", "#[tag] pub sender"));
    shop.check().fails_once(&[
        "`sender` is a new tag, which the stored events do not carry",
        "help: add it to the stored events with `eskit::retag`, and write `tag sender` below version 1 of event `shop.Sent` in \
         `eskit.lock`; where no such event is stored, the line is enough",
    ]);
    shop.edit_lock("    tag mail\n", "    tag mail\n    tag sender\n");
    shop.check().succeeds();
    shop.check_strictly().succeeds();

    // A tag that goes hides the new events from models of older programs.
    shop.write(&MAIL.replace("#[tag] pub mail", "pub mail").replace("pub sender", "#[tag] pub sender"));
    shop.check().fails_once(&["`mail` is no tag any more, so queries by it miss new events", "help: keep the tags"]);
}

#[test]
fn a_new_tag_of_a_renamed_event_is_asked_of_its_former_name() {
    let shop = Package::locked("renamed_tag", MAIL);
    shop.write(
        &second("#[tag]")
            .replace("version = 2", "version = 2, alias = \"shop.Sent\"")
            .replace("struct Sent", "struct Posted"),
    );
    shop.check().fails_once(&[
        "event `shop.Posted` version 2 has the tag `sender`, which stored events of version 1 of `shop.Sent` do not carry",
        "below version 1 of event `shop.Sent`",
    ]);
    shop.edit_lock("    tag mail\n", "    tag mail\n    tag sender\n");
    shop.check().succeeds();
    shop.lock("write").succeeds();
    shop.check_strictly().succeeds();
}

#[test]
fn a_tag_that_a_new_version_drops_is_stated_of_the_stored_events() {
    let shop = Package::locked("dropped_tag", MAIL);
    let dropped = second("").replace("#[tag] pub mail", "pub mail");
    shop.write(&dropped);
    shop.check().fails_once(&[
        "event `shop.Sent` version 2 has no tag `mail`, which stored events of version 1 carry: models and queries by it would miss the new ones",
        "help: keep the tag; if nothing asks by it any more, write `gone tag mail` in place of `tag mail` below version 1 of event `shop.Sent` in `eskit.lock`",
    ]);
    shop.lock("write").fails(&["has no tag `mail`, which stored events of version 1 carry", "write `gone tag mail`"]);

    // As the help says.
    shop.edit_lock("    tag mail\n", "    gone tag mail\n");
    shop.check().succeeds();
    shop.lock("write").succeeds();
    assert!(
        shop.lock_text().contains("  version 1: struct\n    gone tag mail\n    mail: u32\n"),
        "{}",
        shop.lock_text()
    );
    shop.check_strictly().succeeds();
    shop.test().succeeds();
    // The stored events have it again as soon as new ones do.
    shop.write(&second(""));
    shop.check().fails_once(&["`mail` is a new tag, which the stored events do not carry"]);

    // By force, with a type for the older version.
    let typed = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
#[event(name = \"shop.Sent\")]
pub struct SentV1 { #[tag] pub mail: u32, pub sender: String }

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = SentV1)]
pub struct Sent { pub mail: u32, pub sender: String }

impl From<SentV1> for Sent { fn from(old: SentV1) -> Sent { Sent { mail: old.mail, sender: old.sender } } }
";
    let shop = Package::locked("dropped_typed", MAIL);
    shop.write(typed);
    shop.check().fails_once(&["version 2 has no tag `mail`, which stored events of version 1 carry"]);
    shop.lock("force").succeeds();
    assert_eq!(shop.lock_text().matches("    gone tag mail\n").count(), 1, "{}", shop.lock_text());
    shop.check_strictly().succeeds();
    shop.test().succeeds();
}

#[test]
fn the_type_of_an_id_is_recorded_beside_its_tag() {
    let source = "
eskit::lock!();

#[derive(TagValue, Shape, Serialize, Deserialize)]
pub struct Sku(String);

#[derive(TagValue, Shape, Serialize, Deserialize)]
pub struct OrderId(String);

#[derive(Event, Serialize, Deserialize)]
pub struct Added { #[tag] pub sku: Sku, #[tag] pub shelf: String }
";
    let shop = Package::locked("id_type", source);
    assert!(shop.lock_text().contains("    tag sku: Sku\n    tag shelf\n"), "{}", shop.lock_text());
    shop.check_strictly().succeeds();

    // The shape of the payload is the same.
    shop.write(&source.replace("pub sku: Sku", "pub sku: OrderId"));
    shop.check().fails_once(&[
        "`sku` was the tag of a `Sku`, and is now that of a `OrderId`",
        "help: give the field `sku` the type `Sku` again; where only the name of the type changed, write `tag sku: OrderId` below version 1 of event `shop.Added` in `eskit.lock`",
    ]);
    shop.lock("write").fails(&["`sku` was the tag of a `Sku`, and is now that of a `OrderId`"]);

    // As the help says.
    shop.edit_lock("tag sku: Sku", "tag sku: OrderId");
    shop.check_strictly().succeeds();
    shop.test().succeeds();

    // A type that becomes known is recorded like a new part.
    shop.write(&source.replace("pub sku: Sku", "pub sku: OrderId").replace("pub shelf: String", "pub shelf: Sku"));
    shop.check().succeeds();
    shop.check_strictly().fails_once(&["has parts that are not recorded"]);
    shop.lock("write").succeeds();
    assert!(shop.lock_text().contains("    tag sku: OrderId\n    tag shelf: Sku\n"), "{}", shop.lock_text());
    shop.check_strictly().succeeds();

    // One that is no longer known is not dropped from the record: from there it could become any other.
    shop.write(&source.replace("pub sku: Sku", "pub sku: String").replace("pub shelf: String", "pub shelf: Sku"));
    shop.check().fails_once(&[
        "`sku` was the tag of a `OrderId`, and its ids have no type of their own any more",
        "help: give the field `sku` the type `OrderId` again; if its ids are to have no type of their own, write `tag sku` below version 1 of event `shop.Added` in `eskit.lock`",
    ]);
    shop.lock("write").fails(&["`sku` was the tag of a `OrderId`"]);
    shop.edit_lock("tag sku: OrderId", "tag sku");
    shop.check_strictly().succeeds();
}
