//! Events as Protobuf, through prost's derive.

use eskit::codec::{DecodeReason, EncodeReason};
use eskit::log::{ContentType, NewEvent, Part, Position, SchemaVersion};
use eskit::prelude::*;
use eskit::{RecordedEvent, Shape, Timestamp};
use prost::DecodeError;
use prost::bytes::{Buf, BufMut};
use prost::encoding::{DecodeContext, WireType};

#[derive(Event, prost::Message, Serialize, Deserialize, Clone, PartialEq)]
#[event(context = "codecs", codec = "protobuf")]
pub(crate) struct Shipped {
    #[tag("parcel")]
    #[prost(string, tag = "1")]
    parcel: String,
    #[prost(message, optional, tag = "2")]
    to: Option<Address>,
    #[prost(uint32, repeated, tag = "4")]
    grams: Vec<u32>,
}

#[derive(prost::Message, Shape, Serialize, Deserialize, Clone, PartialEq)]
pub(crate) struct Address {
    #[prost(string, tag = "1")]
    street: String,
    #[prost(double, tag = "2")]
    height: f64,
}

/// The second version.
#[derive(Event, prost::Message, Serialize, Deserialize, Clone, PartialEq)]
#[event(context = "codecs", codec = "protobuf", version = 2, from = ReturnedV1)]
pub(crate) struct Returned {
    #[prost(string, tag = "1")]
    parcel: String,
    #[prost(bool, tag = "2")]
    is_damaged: bool,
}

/// The first one, which was written as Protobuf too.
#[derive(Event, prost::Message, Serialize, Deserialize, Clone, PartialEq)]
#[event(name = "codecs.Returned", codec = "protobuf")]
pub(crate) struct ReturnedV1 {
    #[prost(string, tag = "1")]
    parcel: String,
}

impl From<ReturnedV1> for Returned {
    fn from(old: ReturnedV1) -> Returned {
        Returned { parcel: old.parcel, is_damaged: true }
    }
}

/// Two kinds in one enum.
#[derive(Event, Clone, PartialEq, Debug)]
enum ParcelEvent {
    Shipped(Shipped),
    Returned(Returned),
}

/// A message by hand, which leaves its only field out.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Default, Debug)]
#[event(context = "codecs", codec = "protobuf")]
pub(crate) struct Weighed {
    scale: String,
}

impl prost::Message for Weighed {
    fn encode_raw(&self, _: &mut impl BufMut) {}

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buf: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        prost::encoding::skip_field(wire_type, tag, buf, context)
    }

    fn encoded_len(&self) -> usize {
        0
    }

    fn clear(&mut self) {}
}

fn shipped() -> Shipped {
    let to = Address { street: "Main".to_owned(), height: 0.5 };
    Shipped { parcel: "p1".to_owned(), to: Some(to), grams: vec![1, 300] }
}

fn recorded(new: NewEvent) -> RecordedEvent {
    new.into_recorded(Position::new(3), None, Part::WHOLE, Timestamp::now())
}

#[test]
fn an_event_is_written_and_read_as_its_protobuf_message() {
    let new = NewEvent::encode(&shipped()).unwrap().remove(0);
    assert_eq!(new.content_type, ContentType::PROTOBUF);
    assert_eq!(new.payload, prost::Message::encode_to_vec(&shipped()));
    assert_eq!(new.tags.iter().map(|tag| tag.as_str().to_owned()).collect::<Vec<_>>(), ["parcel:p1"]);
    assert_eq!(recorded(new.clone()).decode::<ParcelEvent>().unwrap(), ParcelEvent::Shipped(shipped()));
    // Nothing is left out of what is empty: nothing is written for it.
    assert!(NewEvent::encode(&ReturnedV1::default()).unwrap()[0].payload.is_empty());
}

#[test]
fn what_was_written_before_the_type_was_protobuf_is_read_too() {
    let json = serde_json::to_string(&shipped()).unwrap();
    let mut cbor = NewEvent::json("codecs.Shipped", json.clone());
    cbor.recode(&ContentType::CBOR).unwrap();
    for new in [NewEvent::json("codecs.Shipped", json), cbor] {
        assert_eq!(recorded(new).decode::<Shipped>().unwrap(), shipped());
    }
}

#[test]
fn an_older_version_is_read_by_its_own_type() {
    let old = NewEvent::encode(&ReturnedV1 { parcel: "p1".to_owned() }).unwrap().remove(0);
    let expected = Returned { parcel: "p1".to_owned(), is_damaged: true };
    assert_eq!(recorded(old).decode::<Returned>().unwrap(), expected);
}

#[test]
fn damage_is_named_and_other_formats_are_refused() {
    let mut new = NewEvent::encode(&shipped()).unwrap().remove(0);
    let refused = new.recode(&ContentType::JSON).unwrap_err().to_string();
    let expected = "the payload of event `codecs.Shipped` is `application/protobuf` and cannot be written as `application/json`: \
                    only the type of the event writes and reads Protobuf";
    assert_eq!(refused, expected);
    let refused = NewEvent::json("codecs.Shipped", "{}").recode(&ContentType::PROTOBUF).unwrap_err().to_string();
    assert!(refused.ends_with("only the type of the event writes and reads Protobuf"), "{refused}");
    new.payload.truncate(new.payload.len() - 1);
    let error = recorded(new.clone()).decode::<Shipped>().unwrap_err();
    assert!(
        error.to_string().starts_with("event `codecs.Shipped` version 1 at position 3 has a payload that does not")
    );
    let newer = new.clone().with_schema_version(SchemaVersion::new(2).unwrap());
    assert!(matches!(recorded(newer).decode::<Shipped>().unwrap_err().reason, DecodeReason::NewerVersion { .. }));
    let other_type = new.with_name("codecs.Opened");
    let error = recorded(other_type).decode::<super::Opened>().unwrap_err().to_string();
    assert!(error.ends_with("cannot decode\nhelp: its type needs `#[event(codec = \"protobuf\")]`"), "{error}");
}

#[test]
fn what_serde_sees_must_come_back_from_protobuf() {
    assert_eq!(NewEvent::encode(&Weighed::default()).unwrap().len(), 1);
    let error = NewEvent::encode(&Weighed { scale: "old".to_owned() }).unwrap_err();
    assert!(matches!(error.reason, EncodeReason::Changed { .. }));
    assert!(
        error.to_string().starts_with("event `codecs.Weighed` would be read back as another one: `scale`"),
        "{error}"
    );
    // Protobuf has the floats for which JSON has only `null`.
    let to = Some(Address { height: f64::NAN, ..Address::default() });
    let new = NewEvent::encode(&Shipped { to, ..shipped() }).unwrap().remove(0);
    assert!(recorded(new).decode::<Shipped>().unwrap().to.unwrap().height.is_nan());
}
