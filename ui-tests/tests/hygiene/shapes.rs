//! Events of every shape, with every attribute.

use eskit::log::{NewEvent, SchemaVersion};
use eskit::model::SingleEvent;
use eskit::prelude::*;
use eskit::testing::given;
use serde_json::{Value, json};

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Unit;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Tuple(#[tag("a")] u32, String, #[tag("b")] Option<u32>);

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[event(context = "shapes", alias = "old.Named", alias = "older.Named")]
struct Named {
    #[tag]
    #[tag("also")]
    id: u32,
    #[tag("friend")]
    friends: Vec<u32>,
}

#[derive(Event, Clone, Debug, PartialEq)]
enum Inner {
    Unit(Unit),
    Tuple(Tuple),
}

#[derive(Event, Clone, Debug, PartialEq)]
#[event(context = "outer")]
enum Outer {
    Inner(Inner),
    Named(Named),
    #[event(name = "own.Name", version = 2, upcast(1 = rename))]
    Own {
        #[tag("id")]
        number: u32,
    },
    Plain,
}

fn rename(mut value: Value) -> Result<Value, UpcastError> {
    let old = value.as_object_mut().and_then(|fields| fields.remove("no"));
    value["number"] = old.ok_or_else(|| UpcastError::new("there is no `no`"))?;
    Ok(value)
}

#[derive(Command)]
struct Look {
    #[tag]
    id: u32,
}

#[aggregate(tag = "id")]
#[derive(Default, Debug, PartialEq)]
struct Seen {
    names: Vec<String>,
    versions: Vec<u32>,
    numbers: Vec<u32>,
}

#[decider]
impl Seen {
    #[evolve]
    fn named(&mut self, event: &Named, recorded: &RecordedEvent) {
        self.names.push(recorded.name.to_string());
        self.numbers.push(event.id);
    }

    #[evolve]
    fn own(&mut self, event: &Own, recorded: &eskit::RecordedEvent) {
        let Own::Own { number } = event;
        self.versions.push(recorded.schema_version.get());
        self.numbers.push(*number);
    }

    #[decide]
    fn look(&self, _: &Look) -> Option<Named> {
        None
    }
}

#[derive(Event, Clone, Debug, PartialEq)]
enum Own {
    #[event(name = "own.Number", version = 2, upcast(1 = rename))]
    Own {
        #[tag("id")]
        number: u32,
    },
}

fn encoded(event: impl eskit::model::Emit, name: &str, version: u32, payload: &Value) -> NewEvent {
    let mut emitter = eskit::model::Emitter::new();
    event.emit(&mut emitter).unwrap();
    let mut event = emitter.into_events().remove(0);
    event.name = name.into();
    event.schema_version = SchemaVersion::new(version).unwrap();
    event.payload = payload.to_string().into_bytes();
    event
}

#[test]
fn wire_names_follow_package_context_and_name() {
    let names =
        ["ui-tests.Unit", "ui-tests.Tuple", "shapes.Named", "old.Named", "older.Named", "own.Name", "outer.Plain"];
    assert_eq!(Outer::TYPES.names(), names);
    assert_eq!((Named::NAME, Named::VERSION), ("shapes.Named", 1));
}

#[test]
fn tags_follow_fields_in_order() {
    let tags = |event: &dyn Fn(&mut eskit::log::Tags)| {
        let mut tags = eskit::log::Tags::new();
        event(&mut tags);
        tags.iter().map(|tag| tag.as_str().to_owned()).collect::<Vec<_>>()
    };
    let tuple = Tuple(1, String::new(), None);
    assert_eq!(tags(&|all| tuple.tags(all)), ["a:1"]);
    let named = Named { id: 3, friends: vec![4, 5] };
    assert_eq!(tags(&|all| named.tags(all)), ["id:3", "also:3", "friend:4", "friend:5"]);
}

#[test]
fn aliases_and_old_versions_are_read_and_the_envelope_is_passed() {
    let named = Named { id: 1, friends: vec![] };
    let own = Own::Own { number: 1 };
    given(named.clone())
        .and_encoded([
            encoded(named, "old.Named", 1, &json!({ "id": 1, "friends": [] })),
            encoded(own.clone(), "own.Number", 1, &json!({ "no": 1 })),
        ])
        .and(own)
        .when(Look { id: 1 })
        .then_nothing()
        .then_state(|state| {
            assert_eq!(
                *state,
                Seen {
                    names: vec!["shapes.Named".to_owned(), "old.Named".to_owned()],
                    versions: vec![1, 2],
                    numbers: vec![1, 1, 1, 1],
                }
            )
        });
}

#[test]
fn every_variant_is_written_and_read() {
    let variants = [
        Outer::Inner(Inner::Unit(Unit)),
        Outer::Inner(Inner::Tuple(Tuple(1, "x".to_owned(), Some(2)))),
        Outer::Named(Named { id: 1, friends: vec![2] }),
        Outer::Own { number: 1 },
        Outer::Plain,
    ];
    let mut emitter = eskit::model::Emitter::new();
    eskit::model::Emit::emit(&variants.to_vec(), &mut emitter).unwrap();
    let payloads: Vec<_> =
        emitter.into_events().into_iter().map(|event| String::from_utf8(event.payload).unwrap()).collect();
    assert_eq!(payloads, ["null", r#"[1,"x",2]"#, r#"{"id":1,"friends":[2]}"#, r#"{"number":1}"#, "{}"]);
}
