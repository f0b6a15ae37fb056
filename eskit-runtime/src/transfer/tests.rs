//! Both forms of a record give it back, and nothing that is not one makes them panic.

use super::{
    DecodeRecordError, DeletedEvent, Entry, Load, LogRecord, RecordError, RecordedAppend, StreamRecord, check_load,
};
use crate::log::bounds::LimitError;
use crate::log::content_type::ContentType;
use crate::log::id::{EventId, LogId};
use crate::log::lifecycle::StreamStatus;
use crate::log::metadata::{Metadata, Principal, PrincipalKind};
use crate::log::new_event::NewEvent;
use crate::log::position::{Place, Position};
use crate::log::recorded::Part;
use crate::log::stream::StreamId;
use crate::log::tag::Tags;
use crate::log::time::Timestamp;

fn stream(id: &str) -> StreamId {
    StreamId::new("order", id)
}

fn events() -> Vec<NewEvent> {
    let mut full = NewEvent::json("shop.Sold", r#"{"b": 1e400, "a":"\u0000","b":2}"#);
    full.stream = Some(stream("o-\u{1f600}"));
    full.tags = Tags::from_packed("customer:c 1\0shop:\u{e4}:b");
    full.metadata = Metadata::new()
        .with_correlation_id("request-\u{0}17")
        .with_initiator(Principal::new(PrincipalKind::Automation, "a"))
        .with("tenant", "t\n1");
    full.recorded_at = Some(Timestamp::from_micros(i64::MIN));
    let bytes = NewEvent::json("shop.Cbor", [0xff, 0]).with_content_type(ContentType::new("application/cbor"));
    let text = NewEvent::json("shop.Noted", "{}\n").with_content_type(ContentType::new("text/plain"));
    let broken = ["", "{", "1 ", "[1,\n2]", "\u{feff}{}"].map(|payload| NewEvent::json("shop.Broken", payload));
    [full, bytes, text, NewEvent::json("shop.Plain", "null")].into_iter().chain(broken).collect()
}

/// A record of each kind, with each kind of event.
fn records() -> Vec<LogRecord> {
    let events = events();
    let count = events.len() + 1;
    let time = Timestamp::from_micros(i64::MAX);
    let mut entries = vec![Entry::Deleted(DeletedEvent::new(Position::new(7), EventId::new(), u64::MAX, time))];
    for (index, event) in events.into_iter().enumerate() {
        let (position, part) = (Position::new(8 + index as u64), Part::new(index + 1, count).unwrap());
        let version = event.stream.as_ref().map(|_| 3);
        entries.push(Entry::Event(event.into_recorded(position, version, part, Timestamp::from_micros(5))));
    }
    let at = Timestamp::from_micros(-1);
    let statuses = [
        StreamStatus::Open,
        StreamStatus::Archived { at },
        StreamStatus::Tombstoned { at, reason: "it \"ended\"\n".into() },
        StreamStatus::Deleted { at, reason: "asked for".into() },
    ];
    let streams = statuses.into_iter().map(|status| LogRecord::Stream(StreamRecord::new(stream("\u{e4}"), 3, status)));
    std::iter::once(LogRecord::Append(RecordedAppend::new(entries).unwrap())).chain(streams).collect()
}

fn encoded(record: &LogRecord) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.encode(&mut bytes).unwrap();
    bytes
}

#[test]
fn the_binary_form_gives_each_record_back() {
    let records = records();
    let all: Vec<u8> = records.iter().flat_map(encoded).collect();
    let mut rest = all.as_slice();
    for record in &records {
        assert_eq!(&LogRecord::decode(&mut rest).unwrap(), record);
    }
    assert_eq!(LogRecord::decode(&mut rest), Err(DecodeRecordError::Cut));
}

#[test]
fn the_binary_form_is_the_one_that_is_described() {
    let gone = DeletedEvent::new(Position::new(7), EventId::from_bytes([9; 16]), 3, Timestamp::from_micros(5));
    let append = LogRecord::Append(RecordedAppend::new(vec![Entry::Deleted(gone)]).unwrap());
    let mut expected = vec![0, 0, 0, 45, 1, 1];
    expected.extend([0, 0, 0, 0, 0, 0, 0, 7, 0, 1, 2]);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 3]);
    expected.extend([9; 16]);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 5]);
    assert_eq!(encoded(&append), expected);
    let at = Timestamp::from_micros(5);
    let status = StreamStatus::Deleted { at, reason: "r".into() };
    let mut expected = vec![0, 0, 0, 40, 1, 2];
    expected.extend([0, 0, 0, 0, 0, 0, 0, 2, 3]);
    expected.extend([0, 0, 0, 0, 0, 0, 0, 5]);
    expected.extend([0, 0, 0, 5, 0, 0, 0, 3, 0, 0, 0, 1]);
    expected.extend(b"ordero-1r");
    assert_eq!(encoded(&LogRecord::Stream(StreamRecord::new(stream("o-1"), 2, status))), expected);
}

#[test]
fn the_json_form_gives_each_record_back_in_one_line() {
    for record in records() {
        let line = record.to_json();
        assert!(!line.contains(['\n', '\r']), "{line}");
        assert_eq!(LogRecord::from_json(&line).unwrap(), record, "{line}");
    }
}

#[test]
fn the_json_form_is_the_one_that_is_described() {
    let id: EventId = "0195f3a6-5c1e-7d2b-9a43-2f6d8e0b1c57".parse().unwrap();
    let mut sold = NewEvent::json("shop.Sold", r#"{"cents":700}"#).with_id(id).with_stream(stream("o-1"));
    sold.tags.push("customer", "c-1");
    let part = Part::new(0, 2).unwrap();
    let sold = sold.into_recorded(Position::new(7), Some(1), part, Timestamp::from_micros(0));
    let gone = DeletedEvent::new(Position::new(8), id, 2, Timestamp::from_micros(1));
    let append = RecordedAppend::new(vec![Entry::Event(sold), Entry::Deleted(gone)]).unwrap();
    assert_eq!(
        LogRecord::Append(append).to_json(),
        r#"{"append":{"position":7,"events":[{"id":"0195f3a6-5c1e-7d2b-9a43-2f6d8e0b1c57","recorded_at":"1970-01-01T00:00:00.000000Z","type":"shop.Sold","schema_version":1,"stream":{"type":"order","id":"o-1","version":1},"tags":["customer:c-1"],"payload":{"cents":700}},{"id":"0195f3a6-5c1e-7d2b-9a43-2f6d8e0b1c57","recorded_at":"1970-01-01T00:00:00.000001Z","deleted":{"version":2}}]}}"#
    );
    let archived = StreamRecord::new(stream("o-2"), 2, StreamStatus::Archived { at: Timestamp::from_micros(0) });
    assert_eq!(
        LogRecord::Stream(archived).to_json(),
        r#"{"stream":{"type":"order","id":"o-2","version":2,"status":"archived","at":"1970-01-01T00:00:00.000000Z"}}"#
    );
}

/// What could not be written again as it is: an empty tag, and a stream without a version, or a version without a stream.
#[test]
fn an_event_with_a_gap_is_refused() {
    let event = |tags: &str, version: Option<u64>| {
        let event =
            NewEvent::json("a", "1").with_tags(Tags::from_packed(tags)).with_stream(version.map(|_| stream("o")));
        event.into_recorded(Position::new(1), version, Part::WHOLE, Timestamp::from_micros(0))
    };
    let bytes = |event| encoded(&LogRecord::Append(RecordedAppend::new(vec![Entry::Event(event)]).unwrap()));
    for (tags, version) in [("a:b\0\0c:d", None), ("\0a:b", None), ("a:b\0", None), ("", Some(0))] {
        let read = LogRecord::decode(&mut bytes(event(tags, version)).as_slice());
        assert!(matches!(read, Err(DecodeRecordError::Damaged { .. })), "{tags:?}, {version:?}: {read:?}");
    }
    let mut without_stream = bytes(event("", None));
    // Where the version of the first event ends.
    let at = 4 + 2 + 8 + 2 + 1 + 7;
    without_stream[at] = 1;
    assert!(LogRecord::decode(&mut without_stream.as_slice()).is_err());
}

/// Every record cut at each byte, and with each byte changed: refused, or another record.
#[test]
fn what_is_no_record_is_refused_without_a_panic() {
    for record in records() {
        let bytes = encoded(&record);
        for length in 0..bytes.len() {
            assert_eq!(LogRecord::decode(&mut &bytes[..length]), Err(DecodeRecordError::Cut));
            // The length says that it is whole.
            let mut cut = bytes[..length].to_vec();
            if let Some(field) = cut.get_mut(..4) {
                field.copy_from_slice(&(length as u32 - 4).to_be_bytes());
                assert!(LogRecord::decode(&mut cut.as_slice()).is_err(), "{length} bytes of {record:?}");
            }
            for change in [1, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[length] ^= change;
                if let Ok(other) = LogRecord::decode(&mut changed.as_slice()) {
                    assert_ne!(other, record);
                }
            }
        }
        let line = record.to_json();
        for (at, _) in line.char_indices().skip(1) {
            assert!(LogRecord::from_json(&line[..at]).is_err(), "{}", &line[..at]);
        }
    }
    let mut later = encoded(&records()[1]);
    later[4] = 2;
    assert_eq!(LogRecord::decode(&mut later.as_slice()), Err(DecodeRecordError::UnknownFormat { format: 2 }));
    (later[4], later[5]) = (1, 3);
    assert_eq!(LogRecord::decode(&mut later.as_slice()), Err(DecodeRecordError::UnknownKind { kind: 3 }));
}

#[test]
fn lines_with_more_or_less_than_a_record_are_refused() {
    let id = EventId::new();
    let at = "2026-11-21T18:30:00Z";
    let event =
        |rest: &str| format!(r#"{{"append":{{"position":1,"events":[{{"id":"{id}","recorded_at":"{at}"{rest}}}]}}}}"#);
    assert!(LogRecord::from_json(&event(r#","type":"a","payload":{}"#)).is_ok());
    let wrong = [
        (event(r#","type":"a","payload":{},"colour":1"#), "unknown field `colour`"),
        (event(r#","type":"a""#), "an event must have one payload"),
        (event(r#","type":"a","payload":1,"payload_hex":"00""#), "an event must have one payload"),
        (event(r#","type":"a","payload_hex":"0""#), "not hexadecimal"),
        (event(r#","type":"a","payload_hex":"+1""#), "not hexadecimal"),
        (event(r#","type":"a","payload_hex":"\u00e4""#), "not hexadecimal"),
        (event(r#","payload":1"#), "an event has no `type`"),
        (event(r#","type":"a","payload":1,"schema_version":0"#), "schema version 0"),
        (event(r#","type":"a","payload":1,"stream":{"type":"s","id":"1","version":0}"#), "version 0 in its stream"),
        (event(r#","type":"a","payload":1,"tags":["a:b\u0000c"]"#), "a tag is empty or holds a NUL character"),
        (event(r#","deleted":{"version":1},"type":"a""#), "a deleted event has more"),
        (r#"{"append":{"position":1,"events":[]}}"#.to_owned(), "has 0 events"),
        (r#"{"forgotten":{}}"#.to_owned(), "unknown variant `forgotten`"),
        (r#"{"stream":{"type":"a","id":"b","version":1,"status":"open","reason":"r"}}"#.to_owned(), "unknown status"),
        ("[".repeat(100_000), "the line is no record"),
    ];
    for (line, told) in wrong {
        let error = LogRecord::from_json(&line).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let last = event(r#","type":"a","payload":1"#).replace(r#""position":1"#, r#""position":18446744073709551615"#);
    assert!(LogRecord::from_json(&last).is_ok());
}

#[test]
fn records_are_checked_before_they_are_loaded() {
    let at = Timestamp::from_micros(0);
    let plain = |position: u64, event: NewEvent| {
        let version = event.stream.as_ref().map(|_| 0);
        let event = event.into_recorded(Position::new(position), version, Part::WHOLE, at);
        LogRecord::Append(RecordedAppend::new(vec![Entry::Event(event)]).unwrap())
    };
    let event = || NewEvent::json("shop.Sold", "{}");
    let after = Place::new(Position::new(6), EventId::new());
    let check = |records: Vec<LogRecord>| check_load(&Load::new(LogId::new(), after, records));
    assert_eq!(check(vec![plain(7, event()), plain(8, event())]), Ok(()));
    let gap = RecordError::Position { expected: Position::new(7), found: Position::new(8) };
    assert_eq!(check(vec![plain(8, event())]), Err(gap));
    let twice = event();
    let taken = RecordError::IdTaken { id: twice.id, position: None };
    assert_eq!(check(vec![plain(7, twice.clone()), plain(8, event()), plain(9, twice)]), Err(taken));
    let empty = |error| Err(RecordError::Limit { position: Some(Position::new(7)), error });
    let of = String::new();
    assert_eq!(check(vec![plain(7, NewEvent::json("", "{}"))]), empty(LimitError::Empty { what: "wire name", of }));
    let unversioned = check(vec![plain(7, event().with_stream(stream("o-1")))]);
    assert!(matches!(unversioned, Err(RecordError::Limit { error: LimitError::Empty { what: "version", .. }, .. })));
    let nameless = StreamRecord::new(StreamId::new("", "x"), 1, StreamStatus::Open);
    assert!(matches!(check(vec![LogRecord::Stream(nameless)]), Err(RecordError::Limit { position: None, .. })));
}
