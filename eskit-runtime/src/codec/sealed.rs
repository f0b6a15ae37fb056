//! Sealed values: where they are in a payload, and how a payload is written with others in their place.
//!
//! A sealed value stands as `{"$sealed":"..","forgotten":..}` where the value was. The content type says whether a payload has any.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::codec::convert;
use crate::codec::error::CodecError;
use crate::codec::json::Values;
use crate::log::new_event::NewEvent;
use crate::log::personal::{JsonPointer, PersonalValue};
use crate::log::recorded::{PersonalData, RecordedEvent};

/// The member by which a sealed value is known.
pub(crate) const SEALED: &str = "$sealed";

/// A payload with sealed values, as JSON text. Returned by [`RecordedEvent::sealed_payload`].
#[derive(Clone, Debug)]
pub struct SealedPayload {
    json: String,
    values: Vec<SealedValue>,
}

/// A sealed value in a payload.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct SealedValue {
    /// Where it is.
    pub path: JsonPointer,
    /// The sealed bytes, as text.
    pub sealed: String,
    /// What it reads as once its subject is forgotten, as JSON text.
    pub forgotten: String,
    range: Range<usize>,
}

/// What stands in the payload.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form<'t> {
    #[serde(rename = "$sealed", borrow)]
    sealed: Cow<'t, str>,
    #[serde(borrow, default)]
    forgotten: Option<&'t RawValue>,
}

impl SealedPayload {
    fn of(json: String) -> Result<SealedPayload, CodecError> {
        let mut values = Vec::new();
        let mut walk = Values::new(&json, SEALED);
        while let Some(value) = walk.find(|value| value.is_marked) {
            let (range, path) = (value.range, JsonPointer::from_text(walk.path()));
            let text = json.get(range.clone()).unwrap_or_default();
            let form: Form<'_> = serde_json::from_str(text)
                .map_err(|error| CodecError::new(format!("the sealed value at `{path}` is damaged: {error}")))?;
            let forgotten = form.forgotten.map_or("null", RawValue::get).to_owned();
            values.push(SealedValue { path, sealed: form.sealed.into_owned(), forgotten, range });
        }
        Ok(SealedPayload { json, values })
    }

    /// The sealed values, in the order in which they stand.
    pub fn values(&self) -> &[SealedValue] {
        &self.values
    }

    /// The payload with these JSON texts instead of its sealed values, in their order.
    pub fn with<T: AsRef<str>>(&self, texts: &[T]) -> String {
        let ranges = self.values.iter().map(|value| value.range.clone());
        replace(&self.json, ranges.zip(texts))
    }
}

/// A text with others in the place of these parts of it.
fn replace<T: AsRef<str>>(text: &str, parts: impl Iterator<Item = (Range<usize>, T)>) -> String {
    let (mut written, mut at) = (String::with_capacity(text.len() + 64), 0);
    for (range, part) in parts {
        written.push_str(text.get(at..range.start).unwrap_or_default());
        written.push_str(part.as_ref());
        at = range.end;
    }
    written.push_str(text.get(at..).unwrap_or_default());
    written
}

impl RecordedEvent {
    /// The payload as JSON text and the sealed values in it, whatever the types of the event are; none if its content type says that it
    /// has none.
    ///
    /// # Errors
    /// The payload is damaged, or in a format that this program does not know.
    pub fn sealed_payload(&self) -> Result<Option<SealedPayload>, CodecError> {
        if !self.content_type.is_sealed() {
            return Ok(None);
        }
        let plain = self.content_type.plain();
        let json = convert::to_text(&plain, &self.payload)?;
        SealedPayload::of(json.into_owned()).map(Some)
    }

    /// The event as it reads once the subjects of all its sealed values are forgotten: needs no key. `None` if no value is sealed.
    ///
    /// # Errors
    /// The payload is damaged, or in a format that this program does not know.
    pub fn forgotten(&self) -> Result<Option<RecordedEvent>, CodecError> {
        let Some(payload) = self.sealed_payload()? else { return Ok(None) };
        let texts: Vec<&str> = payload.values().iter().map(|value| value.forgotten.as_str()).collect();
        let mut event = self.clone();
        event.set_opened(payload.with(&texts))?;
        Ok(Some(event))
    }

    /// Sets the payload to this JSON text, in which no value is sealed, in the format that it has.
    ///
    /// # Errors
    /// The format is not known to this program, or cannot hold the text.
    pub fn set_opened(&mut self, json: String) -> Result<(), CodecError> {
        let plain = self.content_type.plain();
        self.payload = convert::of_text(&plain, json)?;
        (self.content_type, self.personal) = (plain, PersonalData::Opened);
        Ok(())
    }
}

impl NewEvent {
    /// Replaces the personal values of the payload by sealed ones, and says so in the content type. `seal` is called with each value and
    /// its JSON text, in the order in which they stand, and returns the text of the sealed bytes.
    ///
    /// # Errors
    /// `seal` failed, a value is not where it should be or lies in another one, a member named `$sealed` is in the payload, or the payload has a format
    /// that cannot hold sealed values. The event is as it was.
    pub fn seal<E>(&mut self, mut seal: impl FnMut(&PersonalValue, &str) -> Result<String, E>) -> Result<(), CodecError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        if self.personal.is_empty() {
            return Ok(());
        }
        let json = convert::to_text(&self.content_type, &self.payload)?;
        let mut found: Vec<(Range<usize>, &PersonalValue)> = Vec::with_capacity(self.personal.len());
        let mut walk = Values::new(&json, SEALED);
        while let Some(value) = walk.next() {
            if let Some(personal) = self.personal.iter().find(|personal| personal.path.as_str() == walk.path()) {
                found.push((value.range, personal));
            } else if value.is_marked {
                let why = "has a member `$sealed`, which only sealed values have";
                return Err(CodecError::new(format!("the value at `{}` {why}", walk.path())));
            }
        }
        found.sort_by_key(|(range, _)| range.start);
        if let Some(lost) = self.personal.iter().find(|personal| !found.iter().any(|(_, value)| value == personal)) {
            return Err(CodecError::new(format!("there is no personal value at `{}`", lost.path)));
        }
        if let Some(pair) = found.windows(2).find(|pair| pair[1].0.start < pair[0].0.end) {
            let (inner, outer) = (&pair[1].1.path, &pair[0].1.path);
            return Err(CodecError::new(format!("the personal value at `{inner}` lies in that at `{outer}`")));
        }
        let mut sealed = Vec::with_capacity(found.len());
        for (range, personal) in found {
            let text = json.get(range.clone()).unwrap_or_default();
            let bytes = seal(personal, text).map_err(CodecError::new)?;
            let form = match personal.forgotten.is_null() {
                true => format!(r#"{{"{SEALED}":"{bytes}"}}"#),
                false => format!(r#"{{"{SEALED}":"{bytes}","forgotten":{}}}"#, personal.forgotten),
            };
            sealed.push((range, form));
        }
        let json = replace(&json, sealed.into_iter());
        self.payload = convert::of_text(&self.content_type, json)?;
        self.content_type = self.content_type.sealed();
        self.personal.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::log::content_type::ContentType;
    use crate::log::personal::Subject;
    use crate::log::position::Position;
    use crate::log::recorded::Part;
    use crate::log::time::Timestamp;

    fn personal(path: JsonPointer, forgotten: Json) -> PersonalValue {
        PersonalValue::new(path, Subject::new("student", "ada"), forgotten)
    }

    fn event(payload: &str, personal: Vec<PersonalValue>) -> NewEvent {
        NewEvent::json("campus.Registered", payload).with_personal(personal)
    }

    fn recorded(event: NewEvent) -> RecordedEvent {
        event.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::from_micros(0))
    }

    #[test]
    fn values_are_replaced_where_they_stand_and_nothing_else_changes() {
        let payload = r#"{ "z": 1.50, "name":"A\"da", "a/b": [ {"n":null}, {"n":[1, {"x":2}]} ], "n": 123456789012345678901234567890 }"#;
        let root = JsonPointer::ROOT;
        let in_list = root.member("a/b").element(1).member("n");
        let values = vec![personal(in_list, json!("[gone]")), personal(root.member("name"), Json::Null)];
        let mut event = event(payload, values);
        let mut seen = Vec::new();
        event
            .seal(|value, text| {
                seen.push((value.path.to_string(), text.to_owned()));
                Ok::<_, CodecError>(format!("S{}", seen.len()))
            })
            .unwrap();
        assert_eq!(
            seen,
            [("/name".to_owned(), r#""A\"da""#.to_owned()), ("/a~1b/1/n".into(), r#"[1, {"x":2}]"#.into())]
        );
        let sealed = r#"{ "z": 1.50, "name":{"$sealed":"S1"}, "a/b": [ {"n":null}, {"n":{"$sealed":"S2","forgotten":"[gone]"}} ], "n": 123456789012345678901234567890 }"#;
        assert_eq!(String::from_utf8_lossy(&event.payload), sealed);
        assert_eq!((event.content_type.as_str(), event.personal.len()), ("application/json;sealed=1", 0));

        let mut recorded = recorded(event);
        let found = recorded.sealed_payload().unwrap().unwrap();
        let texts: Vec<_> =
            found.values().iter().map(|value| (value.path.as_str(), value.forgotten.as_str())).collect();
        assert_eq!(texts, [("/name", "null"), ("/a~1b/1/n", "\"[gone]\"")]);
        let opened = found.with(&[r#""A\"da""#, r#"[1, {"x":2}]"#]);
        assert_eq!(opened, payload);
        recorded.set_opened(opened).unwrap();
        assert!(recorded.content_type.is_json());
        assert!(!format!("{recorded:?}").contains("A\\\"da"), "{recorded:?}");
    }

    #[test]
    fn what_cannot_be_sealed_is_refused_and_left_as_it_was() {
        let root = JsonPointer::ROOT;
        let name = || personal(root.member("name"), Json::Null);
        for (payload, values, why) in [
            (r#"{"other":1}"#, vec![name()], "there is no personal value at `/name`"),
            (
                r#"{"name":{"first":1}}"#,
                vec![name(), personal(root.member("name").member("first"), Json::Null)],
                "the personal value at `/name/first` lies in that at `/name`",
            ),
            (
                r#"{"name":"Ada","note":{"\u0024sealed":"x"}}"#,
                vec![name()],
                "the value at `/note` has a member `$sealed`, which only sealed values have",
            ),
        ] {
            let mut event = event(payload, values);
            let before = event.clone();
            assert_eq!(event.seal(|_, _| Ok::<_, CodecError>(String::new())).unwrap_err().to_string(), why);
            assert_eq!(event, before);
        }
        let mut other = event("{}", vec![name()]).with_content_type(ContentType::PROTOBUF);
        assert_eq!(
            other.seal(|_, _| Ok::<_, CodecError>(String::new())).unwrap_err().to_string(),
            "values in a payload of type `application/protobuf` cannot be sealed"
        );
    }

    #[test]
    fn a_damaged_value_is_named() {
        for payload in [r#"{"name":{"$sealed":7}}"#, r#"{"name":{"$sealed":"x","more":1}}"#] {
            let mut event = event(payload, Vec::new());
            event.content_type = event.content_type.sealed();
            let error = recorded(event).sealed_payload().unwrap_err().to_string();
            assert!(error.starts_with("the sealed value at `/name` is damaged: "), "{error}");
        }
    }

    #[cfg(feature = "cbor")]
    #[test]
    fn values_in_cbor_are_sealed_and_opened_in_cbor() {
        let mut event = event(r#"{"name":"Ada","n":1}"#, vec![personal(JsonPointer::ROOT.member("name"), Json::Null)]);
        event.recode(&ContentType::CBOR).unwrap();
        let plain = event.payload.clone();
        event.seal(|_, text| Ok::<_, CodecError>(text.trim_matches('"').to_uppercase())).unwrap();
        assert_eq!(event.content_type.as_str(), "application/cbor;sealed=1");
        let mut recorded = recorded(event);
        assert_eq!(recorded.payload_as_json().unwrap(), r#"{"name":{"$sealed":"ADA"},"n":1}"#);
        recorded.recode(&ContentType::JSON).unwrap();
        assert_eq!(recorded.content_type.as_str(), "application/json;sealed=1");
        recorded.recode(&ContentType::CBOR).unwrap();
        let found = recorded.sealed_payload().unwrap().unwrap();
        recorded.set_opened(found.with(&["\"Ada\""])).unwrap();
        assert_eq!((recorded.payload, recorded.content_type), (plain, ContentType::CBOR));
    }
}
