use eskit::Timestamp;
use eskit::log::{NewEvent, Part, Position};
use eskit::schema::RecordedShapes;

/// A lock file, and after a NUL a payload that is compared with it.
pub(crate) fn lock(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (Some(Ok(file)), payload) = (parts.next().map(std::str::from_utf8), parts.next().unwrap_or_default()) else {
        return;
    };
    let Ok(shapes) = RecordedShapes::parse(file) else { return };
    let event = NewEvent::json("fuzz.Event", payload);
    shapes.compare(&event.into_recorded(Position::new(1), None, Part::WHOLE, Timestamp::from_micros(0)));
}
