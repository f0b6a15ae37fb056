//! What of an event is personal data, and of whom: found in its JSON, whatever serde makes of its fields.

use std::collections::BTreeMap;

use eskit::Personal;
use eskit::codec::EncodeReason;
use eskit::log::NewEvent;
use eskit::model::{Emit, SingleEvent};
use eskit::personal::personal_values;
use eskit::prelude::*;
use serde_json::json;

#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(context = "personal")]
#[serde(rename_all = "camelCase")]
struct Enrolled {
    #[tag("student")]
    student_id: u64,
    #[personal(subject = "student_id")]
    full_name: Personal<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[personal(subject = "student_id")]
    phone: Option<String>,
    #[personal(subject = "student_id", forgotten = "[forgotten]")]
    email: String,
    #[personal(subject = "student_id", forgotten = -1)]
    age: i16,
    #[personal]
    #[serde(flatten)]
    home: Home,
    #[personal]
    guests: Vec<Guest>,
    seats: u32,
}

#[derive(Shape, Serialize, Deserialize, Clone, PartialEq, Debug)]
struct Home {
    owner: String,
    #[personal(subject = "owner", kind = "student", forgotten = "")]
    street: String,
}

#[derive(Shape, Serialize, Deserialize, Clone, PartialEq, Debug)]
struct Guest {
    guest: Option<String>,
    #[personal(subject = "guest")]
    names: Personal<Vec<String>>,
}

/// What is found, as `path kind:id forgotten`.
fn found(events: &impl Emit) -> Vec<String> {
    let encoded = NewEvent::encode(events).unwrap();
    let values = encoded.iter().flat_map(|event| &event.personal);
    values.map(|value| format!("{} {} {}", value.path, value.subject, value.forgotten)).collect()
}

fn enrolled() -> Enrolled {
    Enrolled {
        student_id: 17,
        full_name: Personal::Known("Ada".to_owned()),
        phone: None,
        email: "a@b".to_owned(),
        age: 36,
        home: Home { owner: "s-1".to_owned(), street: "Nowhere 1".to_owned() },
        guests: vec![
            Guest { guest: None, names: Personal::Forgotten },
            Guest { guest: Some("g".to_owned()), names: vec!["B".to_owned()].into() },
        ],
        seats: 2,
    }
}

#[test]
fn each_value_is_found_under_the_name_that_serde_writes() {
    let expected = [
        "/fullName student:17 null",
        "/email student:17 \"[forgotten]\"",
        "/age student:17 -1",
        "/street student:s-1 \"\"",
        "/guests/1/names guest:g null",
    ];
    assert_eq!(found(&enrolled()), expected);
    let with_phone = Enrolled { phone: Some("1".to_owned()), ..enrolled() };
    assert!(found(&with_phone).contains(&"/phone student:17 null".to_owned()));
    let encoded = NewEvent::encode(&enrolled()).unwrap();
    assert!(String::from_utf8_lossy(&encoded[0].payload).contains("\"fullName\":\"Ada\""));
}

#[test]
fn an_event_without_personal_data_says_nothing() {
    #[derive(Event, Serialize, Deserialize)]
    struct Impersonal(u32);
    assert_eq!(found(&Impersonal(1)), [""; 0]);
    assert!(Impersonal::TYPE.personal.is_none());
}

#[test]
fn the_type_lists_what_it_may_hold() {
    let shape = Enrolled::TYPE.personal.unwrap();
    let told = personal_values(shape).into_iter().map(|f| (f.path, f.kind, f.subject, f.forgotten));
    let expected = [
        ("fullName", "student", "studentId", json!(null)),
        ("phone", "student", "studentId", json!(null)),
        ("email", "student", "studentId", json!("[forgotten]")),
        ("age", "student", "studentId", json!(-1)),
        ("street", "student", "owner", json!("")),
        ("guests[].names", "guest", "guest", json!(null)),
    ];
    assert!(told.eq(expected.into_iter().map(|(path, kind, subject, f)| (path.to_owned(), kind, subject, f))));
}

#[derive(Shape, Serialize, Deserialize)]
struct Named {
    id: String,
    #[personal(subject = "id", kind = "person")]
    name: Personal<String>,
}

fn named(id: &str) -> Named {
    Named { id: id.to_owned(), name: "x".to_owned().into() }
}

#[derive(Shape, Serialize, Deserialize)]
struct Pair(#[personal(subject = "2", kind = "person")] Option<String>, #[serde(skip)] (), u64);

#[derive(Shape, Serialize, Deserialize)]
enum Outer {
    None,
    One(Named),
    Two(Pair, u8),
    Three {
        id: u8,
        #[personal(subject = "id", kind = "person")]
        name: Option<String>,
    },
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(tag = "t")]
enum Inner {
    None,
    One(Named),
    Map(BTreeMap<String, Personals>),
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(untagged)]
enum Personals {
    Plain(u8),
}

#[derive(Shape, Serialize, Deserialize)]
#[serde(tag = "t", content = "c d")]
enum Beside {
    None,
    One(Vec<Named>),
}

#[derive(Shape, Serialize, Deserialize)]
struct Tree {
    own: Named,
    below: Vec<Tree>,
    by_name: BTreeMap<String, Tree>,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "personal")]
struct Shapes {
    #[personal]
    outer: Vec<Outer>,
    #[personal]
    inner: Vec<Inner>,
    #[personal]
    beside: [Beside; 2],
    #[personal]
    tree: Option<Box<Tree>>,
    #[personal]
    #[serde(flatten)]
    flat: Option<Outer>,
    #[personal]
    map: BTreeMap<String, (u8, Named)>,
    #[personal]
    either: Result<Named, String>,
}

#[test]
fn values_are_found_in_every_kind_of_type() {
    let leaf = |id| Tree { own: named(id), below: Vec::new(), by_name: BTreeMap::new() };
    let tree = Tree { below: vec![leaf("b")], by_name: [("k/~".to_owned(), leaf("c"))].into(), ..leaf("a") };
    let event = Shapes {
        outer: vec![
            Outer::None,
            Outer::One(named("o1")),
            Outer::Two(Pair(Some("x".to_owned()), (), 2), 1),
            Outer::Three { id: 3, name: Some("x".to_owned()) },
        ],
        inner: vec![Inner::None, Inner::One(named("i1")), Inner::Map([("m".to_owned(), Personals::Plain(1))].into())],
        beside: [Beside::None, Beside::One(vec![named("b1")])],
        tree: Some(Box::new(tree)),
        flat: Some(Outer::One(named("f1"))),
        map: [("k".to_owned(), (1, named("m1")))].into(),
        either: Ok(named("r1")),
    };
    let expected = [
        "/outer/1/One/name person:o1 null",
        "/outer/2/Two/0/0 person:2 null",
        "/outer/3/Three/name person:3 null",
        "/inner/1/name person:i1 null",
        "/beside/1/c d/0/name person:b1 null",
        "/tree/own/name person:a null",
        "/tree/below/0/own/name person:b null",
        "/tree/by_name/k~1~0/own/name person:c null",
        "/One/name person:f1 null",
        "/map/k/1/name person:m1 null",
        "/either/Ok/name person:r1 null",
    ];
    assert_eq!(found(&event), expected);
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "personal")]
enum Variants {
    #[event(codec = "cbor")]
    Joined {
        #[tag]
        member: String,
        #[personal(subject = "member")]
        name: Personal<String>,
    },
    Left,
}

#[test]
fn a_variant_and_cbor_go_the_same_way() {
    let joined = Variants::Joined { member: "m1".to_owned(), name: "Ada".to_owned().into() };
    assert_eq!(found(&[joined, Variants::Left]), ["/name member:m1 null"]);
}

/// An id that is another text as a tag.
#[derive(Serialize, Deserialize, Clone, Shape)]
struct Padded(u8);

impl TagValue for Padded {
    fn each_value(&self, each: &mut dyn FnMut(&dyn std::fmt::Display)) {
        each(&format_args!("{:03}", self.0));
    }
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "personal")]
struct Tagged {
    #[tag]
    person: Padded,
    #[personal(subject = "person")]
    name: Option<String>,
}

/// Reads only texts with an `@`.
#[derive(Serialize, Deserialize, Shape)]
#[serde(try_from = "String", into = "String")]
#[derive(Clone)]
struct Email(String);

impl TryFrom<String> for Email {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Email, &'static str> {
        if text.contains('@') { Ok(Email(text)) } else { Err("no address") }
    }
}

impl From<Email> for String {
    fn from(email: Email) -> String {
        email.0
    }
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "personal")]
struct Strict {
    person: u8,
    #[personal(subject = "person", forgotten = "[forgotten]")]
    email: Email,
}

/// Written otherwise than its derived shape says.
#[derive(Shape, Deserialize)]
struct Sly {
    id: u8,
    #[personal(subject = "id", kind = "person")]
    name: Option<String>,
}

impl Serialize for Sly {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.id, &self.name).serialize(serializer)
    }
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "personal")]
struct Hidden {
    #[personal]
    slies: Vec<Sly>,
}

fn refused(events: &impl Emit) -> (EncodeReason, String) {
    let error = NewEvent::encode(events).unwrap_err();
    assert!(!error.to_string().contains("SECRET"), "{error}");
    (error.reason, error.path)
}

#[test]
fn what_could_not_be_sealed_is_refused() {
    let secret = || Some("SECRET".to_owned());
    let (reason, path) = refused(&Tagged { person: Padded(7), name: secret() });
    assert!(matches!(reason, EncodeReason::NoSubject { subject: "person", .. }), "{reason:?}");
    assert_eq!(path, "name");
    assert_eq!(found(&Tagged { person: Padded(100), name: secret() }), ["/name person:100 null"]);

    let guests = vec![Guest { guest: None, names: vec!["SECRET".to_owned()].into() }];
    let (reason, path) = refused(&Enrolled { guests, ..enrolled() });
    assert!(matches!(reason, EncodeReason::NoSubject { subject: "guest", problem: "is not there" }), "{reason:?}");
    assert_eq!(path, "guests[0].names");
    let (reason, _) = refused(&Enrolled { home: Home { owner: String::new(), ..enrolled().home }, ..enrolled() });
    assert!(matches!(reason, EncodeReason::NoSubject { problem: "is empty", .. }), "{reason:?}");

    let (reason, path) = refused(&Hidden { slies: vec![Sly { id: 1, name: secret() }] });
    assert!(matches!(reason, EncodeReason::Misshapen { wanted: "an object" }), "{reason:?}");
    assert_eq!(path, "slies[0]");

    let (reason, path) = refused(&Strict { person: 1, email: Email("SECRET@b".to_owned()) });
    assert!(matches!(&reason, EncodeReason::Unforgettable(error) if error.to_string().contains("no address")));
    assert_eq!(path, "email");
}

#[test]
fn a_personal_value_is_read_as_forgotten_and_never_printed() {
    let json = NewEvent::encode(&enrolled()).unwrap().remove(0).payload;
    let mut payload: serde_json::Value = serde_json::from_slice(&json).unwrap();
    payload["fullName"] = json!(null);
    let read: Enrolled = serde_json::from_value(payload).unwrap();
    assert_eq!(read.full_name, Personal::Forgotten);
    assert_eq!(format!("{:?} {:?}", enrolled().full_name, read.full_name), "*** Forgotten");
    let nested: Personal<Option<u8>> = Personal::Known(None);
    #[derive(Event, Serialize, Deserialize)]
    struct Nested {
        id: u8,
        #[personal(subject = "id")]
        value: Personal<Option<u8>>,
    }
    let (reason, _) = refused(&Nested { id: 1, value: nested });
    assert!(matches!(reason, EncodeReason::Null { .. }), "{reason:?}");
}

/// Reads back as another text, or not at all.
#[derive(Serialize, Clone)]
struct Odd(String);

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Odd, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.strip_prefix("SECRET") {
            Some("!") => Err(serde::de::Error::custom(text)),
            Some(_) => Ok(Odd(text + " too")),
            None => Ok(Odd(text)),
        }
    }
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "personal")]
struct Quoted {
    id: u8,
    #[personal(subject = "id")]
    #[shape("contacts")]
    contacts: Option<std::collections::BTreeMap<String, Odd>>,
}

#[test]
fn an_error_never_quotes_an_event_with_personal_data() {
    let contacts = |text: &str| Some([("SECRET mum".to_owned(), Odd(text.to_owned()))].into());
    let (reason, path) = refused(&Quoted { id: 1, contacts: contacts("SECRET") });
    assert!(
        matches!(&reason, EncodeReason::Changed { written, read } if written == "***" && read == "***"),
        "{reason:?}"
    );
    assert_eq!(path, "contacts");
    let (reason, path) = refused(&Quoted { id: 1, contacts: contacts("SECRET!") });
    assert!(matches!(reason, EncodeReason::Unreadable(_)), "{reason:?}");
    assert_eq!(path, "contacts");
}

#[derive(Default)]
struct SeatCounts(u32);

#[projection(name = "seat-counts", memory, personal = "none")]
impl SeatCounts {
    #[on]
    fn enrolled(&mut self, event: &Enrolled) {
        self.0 += event.seats;
    }
}

#[aggregate(tag = "student")]
#[derive(Default)]
struct Student {
    seats: u32,
}

#[decider]
impl Student {
    #[evolve]
    fn enrolled(&mut self, event: &Enrolled) {
        self.seats += event.seats;
    }
}

#[test]
fn a_program_reports_what_it_holds_and_what_reads_it() {
    let report = eskit::model::Registry::collect().personal();
    let text = report.to_string();
    for line in [
        "| `personal.Enrolled` | 1 | `fullName` | student | `studentId` | `null` |\n",
        "| `personal.Enrolled` | 1 | `guests[].names` | guest | `guest` | `null` |\n",
        "| `personal.Shapes` | 1 | `map[*][1].name` | person | `id` | `null` |\n",
        "| `personal.Shapes` | 1 | `beside[].c d[].name` | person | `id` | `null` |\n",
        "| aggregate | `Student` | `personal.Enrolled` | states in memory |\n",
        "| projection | `seat-counts` | `personal.Enrolled` | nothing |\n",
    ] {
        assert!(text.contains(line), "no {line} in:\n{text}");
    }
    assert!(!text.contains("Impersonal"), "{text}");
    let json = report.to_json();
    let of = |list: &str, name: &str| {
        let mut all = json[list].as_array().unwrap().iter();
        all.find(|entry| entry["name"] == name).unwrap().clone()
    };
    let email = &of("events", "personal.Enrolled")["values"][2];
    assert_eq!(*email, json!({"path": "email", "kind": "student", "subject": "studentId", "forgotten": "[forgotten]"}));
    assert_eq!(of("readers", "seat-counts")["keeps"], "none");
    assert_eq!(of("readers", "Student")["keeps"], json!(null));
}
