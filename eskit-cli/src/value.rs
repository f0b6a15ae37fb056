//! What stands on the command line: events, streams, tags and times.

use std::str::FromStr;

use eskit::Timestamp;
use eskit::log::{EventId, Position, StreamId, Tag};

/// An event, by its position or its id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EventRef {
    At(Position),
    WithId(EventId),
}

impl FromStr for EventRef {
    type Err = String;

    fn from_str(text: &str) -> Result<EventRef, String> {
        if let Ok(position) = text.parse() {
            return Ok(EventRef::At(Position::new(position)));
        }
        text.parse().map(EventRef::WithId).map_err(|_| "neither a position nor the id of an event".to_owned())
    }
}

/// `account:a-17`: everything after the first colon is the id.
pub(crate) fn stream(text: &str) -> Result<StreamId, String> {
    match text.split_once(':') {
        Some((stream_type, id)) if !stream_type.is_empty() && !id.is_empty() => Ok(StreamId::new(stream_type, id)),
        _ => Err("write the type and the id of a stream, such as `account:a-17`".to_owned()),
    }
}

/// `course:maths`: everything after the first colon is the value.
pub(crate) fn tag(text: &str) -> Result<Tag, String> {
    match text.split_once(':') {
        Some((key, value)) if !key.is_empty() => Ok(Tag::new(key, value)),
        _ => Err("write the key and the value of a tag, such as `course:maths`".to_owned()),
    }
}

/// A time of RFC 3339, or a date, which stands for its beginning in UTC.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let at = text.parse().or_else(|_| format!("{text}T00:00:00Z").parse());
    at.map_err(|_| "write a time such as `2026-11-21T18:30:00Z`, or a date".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_after_the_first_colon_belongs_to_the_id() {
        assert_eq!(stream("account:a:17").unwrap(), StreamId::new("account", "a:17"));
        assert_eq!(tag("course:a:b").unwrap().as_str(), "course:a:b");
        for text in ["", "account", ":a", "account:"] {
            assert!(stream(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_date_is_its_beginning() {
        assert_eq!(time("2026-11-21").unwrap(), time("2026-11-21T00:00:00Z").unwrap());
        assert!(time("21.11.2026").is_err());
    }

    #[test]
    fn a_number_is_a_position() {
        assert!(matches!("17".parse(), Ok(EventRef::At(at)) if at.get() == 17));
        assert!(matches!("0195f3a6-5c1e-7d2b-9a43-2f6d8e0b1c57".parse(), Ok(EventRef::WithId(_))));
        assert!("-1".parse::<EventRef>().is_err() && "seventeen".parse::<EventRef>().is_err());
    }
}
