//! A stored command is found by its wire name, and read at any of its versions.

use eskit::codec::{DecodeError, DecodeReason, EncodeError, EncodeReason, PayloadKind};
use eskit::log::SchemaVersion;
use eskit::model::{Registry, StoredCommand};
use eskit::prelude::*;

use super::shop::{CancelOrder, EndOrder, Order, PlaceOrder, ShipOrder, ShopCommand, place};

fn version(number: u32) -> SchemaVersion {
    SchemaVersion::new(number).unwrap()
}

fn all() -> [ShopCommand; 3] {
    [
        ShopCommand::Place(place(1)),
        ShopCommand::End(EndOrder::Ship(ShipOrder { order: 1 })),
        ShopCommand::End(EndOrder::Cancel(CancelOrder { order: 1 })),
    ]
}

#[test]
fn what_is_encoded_is_decoded_as_the_set_and_as_the_command() {
    let stored: Vec<StoredCommand> = all().iter().map(|command| command.encode().unwrap()).collect();
    let heads: Vec<(&str, u32)> = stored.iter().map(|stored| (stored.name.as_str(), stored.version.get())).collect();
    assert_eq!(heads, [("shop.PlaceOrder", 2), ("shop.ShipOrder", 2), ("shop.CancelOrder", 1)]);
    assert_eq!(stored[0].payload, br#"{"order":1,"sku":"tea","quantity":2}"#);
    for (stored, command) in stored.iter().zip(all()) {
        assert_eq!(ShopCommand::decode(stored).unwrap(), command);
    }
    assert_eq!(PlaceOrder::decode(&stored[0]).unwrap(), place(1));
    assert_eq!(EndOrder::decode(&stored[2]).unwrap(), EndOrder::Cancel(CancelOrder { order: 1 }));
}

#[tokio::test]
async fn a_command_by_name_without_a_version_is_one_of_today() {
    let app = App::new(MemoryStore::new());
    let body = br#"{"order": 17, "sku": "tea", "quantity": 3}"#;
    let command = ShopCommand::from_json("shop.PlaceOrder", None, body).unwrap();
    assert_eq!(command, ShopCommand::Place(PlaceOrder { quantity: 3, ..place(17) }));
    app.execute(command).await.unwrap();
    assert!(app.load::<Order>(17_u64).await.unwrap().is_placed);
}

#[test]
fn older_versions_and_former_names_are_read() {
    let old = r#"{"order": 1, "sku": "tea"}"#;
    let one = ShopCommand::Place(PlaceOrder { quantity: 1, ..place(1) });
    assert_eq!(ShopCommand::from_json("shop.CreateOrder", Some(version(1)), old).unwrap(), one);
    assert_eq!(ShopCommand::from_json("shop.PlaceOrder", Some(version(1)), old).unwrap(), one);
    let stored = StoredCommand::new("shop.ShipOrder", version(1), r#"{"id": 5}"#);
    assert_eq!(ShipOrder::decode(&stored).unwrap(), ShipOrder { order: 5 });
}

fn refused(name: &str, version: Option<SchemaVersion>, body: &str) -> DecodeError {
    let error = ShopCommand::from_json(name, version, body).unwrap_err();
    assert_eq!((error.kind, error.name.as_str()), (PayloadKind::Command, name));
    error
}

#[test]
fn an_unknown_name_is_told_with_those_that_are_known() {
    let error = refused("shop.ShipOrdre", None, "{}");
    assert!(matches!(error.reason, DecodeReason::UnknownCommand { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "there is no command `shop.ShipOrdre`\nhelp: did you mean `shop.ShipOrder`? known are `shop.PlaceOrder`, \
         `shop.CreateOrder`, `shop.ShipOrder`, and `shop.CancelOrder`"
    );
    // No event is a command, and a command alone knows its own name only.
    assert!(!refused("commands.OrderPlaced", None, "{}").to_string().contains("did you mean"));
    let stored = ShopCommand::Place(place(1)).encode().unwrap();
    let error = CancelOrder::decode(&stored).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no command `shop.PlaceOrder`\nhelp: the only one that is known here is `shop.CancelOrder`"
    );
}

#[test]
fn a_payload_that_does_not_fit_is_told_with_the_name_and_the_version() {
    for (name, number, body, text) in [
        (
            "shop.CancelOrder",
            None,
            "{}",
            "command `shop.CancelOrder` version 1 has a payload that does not fit its type: missing field `order`",
        ),
        ("shop.CancelOrder", None, "", "command `shop.CancelOrder` version 1 has a payload that does not fit"),
        (
            "shop.CancelOrder",
            Some(2),
            "{}",
            "command `shop.CancelOrder` version 2 is newer than version 1, the newest that this program knows",
        ),
        (
            "shop.PlaceOrder",
            Some(1),
            r#"{"order": 1, "sku": "none"}"#,
            "command `shop.PlaceOrder` version 1 was refused by the upcaster from version 1: there is nothing in the order",
        ),
    ] {
        let error = refused(name, number.map(version), body).to_string();
        assert!(error.starts_with(text), "{error}");
    }
    let error = ShopCommand::from_json("shop.CancelOrder", None, [0xff]).unwrap_err();
    assert!(matches!(error.reason, DecodeReason::Malformed(_)), "{error:?}");
}

#[derive(Command, Serialize, Deserialize, Debug)]
#[command(stored)]
struct Measure {
    celsius: f64,
}

#[test]
fn a_command_that_would_come_back_as_another_is_not_encoded() {
    let error: EncodeError = Measure { celsius: f64::NAN }.encode().unwrap_err();
    assert!(matches!(error.reason, EncodeReason::Null { value: "NaN" }), "{error:?}");
    assert!(
        error.to_string().starts_with("command `eskit-tests.Measure` would be read back as another one: `celsius`")
    );
    assert_eq!(Measure { celsius: 1.5 }.encode().unwrap().name.as_str(), "eskit-tests.Measure");
}

#[test]
fn the_registry_lists_stored_commands_apart_from_events() {
    let registry = Registry::collect();
    let commands: Vec<(&str, u32)> =
        registry.stored_commands().iter().map(|command| (command.name, command.version)).collect();
    assert_eq!(
        commands,
        [
            ("eskit-tests.Measure", 1),
            ("shop.CancelOrder", 1),
            ("shop.PlaceOrder", 2),
            ("shop.ShipOrder", 1),
            ("shop.ShipOrder", 2),
        ]
    );
    assert!(registry.events().iter().all(|event| event.kind == PayloadKind::Event));
    registry.check().unwrap();
    let json = registry.to_json();
    assert_eq!(json["stored_commands"][2]["aliases"][0], "shop.CreateOrder");
    let ship = json["commands"].as_array().unwrap().iter().find(|command| command["name"] == "ShipOrder").unwrap();
    assert_eq!(ship["stored_as"], "shop.ShipOrder");
}
