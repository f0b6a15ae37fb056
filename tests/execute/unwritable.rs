//! What must never enter the log is refused before the append.

use eskit::codec::EncodeReason;
use eskit::log::limits::{EVENTS_PER_APPEND_MAX, TAG_PART_BYTES_MAX};
use eskit::prelude::*;
use eskit_tests::campus::{EnrollClass, Seats, define, enrol};
use eskit_tests::scripted::log;

use crate::scripted;

#[derive(Event, Serialize, Deserialize)]
struct Measured {
    #[tag]
    probe: String,
    celsius: f64,
}

#[derive(Command)]
struct Measure {
    #[tag]
    probe: String,
    celsius: f64,
}

#[aggregate(tag = "probe")]
#[derive(Default, Debug)]
struct Probe {
    sum: f64,
}

#[decider]
impl Probe {
    #[evolve]
    fn measured(&mut self, event: &Measured) {
        self.sum += event.celsius;
    }

    #[decide]
    fn measure(&self, command: &Measure) -> Measured {
        Measured { probe: command.probe.clone(), celsius: command.celsius }
    }
}

#[tokio::test]
async fn an_event_that_could_not_be_read_back_is_refused() {
    let app = scripted();
    for (celsius, what) in [(f64::NAN, "NaN"), (f64::INFINITY, "infinity"), (f64::NEG_INFINITY, "negative infinity")] {
        let error = app.execute(Measure { probe: "p".into(), celsius }).await.unwrap_err();
        let ExecuteError::Encode(encode) = &error else { panic!("{error:?}") };
        assert!(matches!(encode.reason, EncodeReason::Null { .. }), "{encode:?}");
        assert_eq!(
            error.to_string(),
            format!(
                "event `eskit-tests.Measured` would be read back as another one: `celsius` is {what}, for which JSON has \
                 only `null`\nhelp: let the decider refuse it, or give the field another form with `#[serde(with = \"..\")]`"
            )
        );
    }
    assert!(app.store().take_appends().is_empty());
    // The state that is returned, and the one that is read, hold the float that was given, to the last bit.
    let celsius = 117.63331139400017;
    let done = app.execute(Measure { probe: "p".into(), celsius }).await.unwrap();
    assert_eq!((done.state.sum, app.load::<Probe>("p").await.unwrap().sum), (celsius, celsius));
}

#[derive(Event, Serialize, Deserialize)]
struct Mapped {
    #[tag]
    map: u32,
    cells: std::collections::BTreeMap<(u32, u32), u32>,
}

#[derive(Command)]
struct Map {
    #[tag]
    map: u32,
}

#[aggregate(tag = "map")]
#[derive(Default, Debug)]
struct Maps;

#[decider]
impl Maps {
    #[evolve]
    fn mapped(&mut self, _: &Mapped) {}

    #[decide]
    fn map(&self, command: &Map) -> Mapped {
        Mapped { map: command.map, cells: [((1, 2), 3)].into() }
    }
}

#[tokio::test]
async fn an_event_that_is_no_json_is_refused() {
    let app = scripted();
    let error = app.execute(Map { map: 1 }).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "event `eskit-tests.Mapped` cannot be written as JSON: `cells`: key must be a string\nhelp: give the field another \
         form with `#[serde(with = \"..\")]`"
    );
    assert!(app.store().take_appends().is_empty());
}

#[tokio::test]
async fn an_append_over_a_limit_is_refused_whole() {
    let app = scripted();
    app.execute(define("maths", u32::MAX)).await.unwrap();
    let students = (0..=EVENTS_PER_APPEND_MAX).map(|n| n.to_string()).collect();
    let error = app.execute(EnrollClass { course: "maths".into(), students }).await.unwrap_err();
    assert_eq!(error.to_string(), "10001 events in one append, but at most 10000 are allowed");
    assert!(matches!(error, ExecuteError::Limit(_)));
    assert_eq!(app.load::<Seats>("maths").await.unwrap().taken, 0);
    assert_eq!(log(app.store()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_key_over_a_limit_is_refused_before_it_is_read() {
    let app = scripted();
    let long = "x".repeat(TAG_PART_BYTES_MAX + 1);
    for (course, text) in [
        (long.as_str(), "has 257 bytes, but at most 256 are allowed"),
        ("", "the tag value of `course` is empty"),
        ("a\0b", "holds a NUL character"),
    ] {
        let error = app.execute(enrol(course, "ada")).await.unwrap_err();
        assert!(error.to_string().ends_with(text), "{error}");
        assert!(matches!(error, ExecuteError::Limit(_)), "{error:?}");
        let error = app.load::<Seats>(course).await.unwrap_err();
        assert!(matches!(error, eskit::LoadError::Limit(_)), "{error:?}");
    }
}
