use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The namespace (RFC 9562, section 6.5) of event ids that are derived from an idempotency key.
const KEY_NAMESPACE: Uuid = Uuid::from_u128(0x6573_6b69_7400_4000_8000_6964_656d_706f);

/// The identity of an event: a UUID, unique in its log.
///
/// New events get a UUIDv7 (RFC 9562), whose first 48 bits are the time in milliseconds, so ids sort by creation time
/// and stay cheap to index. An append that is tried again with the same ids is answered with the original positions. Stands
/// hyphenated in text and in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(Uuid);

impl EventId {
    /// A new UUIDv7.
    #[allow(clippy::new_without_default, reason = "every call makes another id; a default would suggest one value")]
    pub fn new() -> EventId {
        EventId(Uuid::now_v7())
    }

    /// The id of event number `index` of the append that carries this idempotency key: a UUIDv5, the same each time.
    pub fn from_key(key: &str, index: usize) -> EventId {
        EventId(Uuid::new_v5(&KEY_NAMESPACE, format!("{index}:{key}").as_bytes()))
    }

    /// As [`EventId::from_key`], but near the id of the event that caused the append: a UUIDv8 (RFC 9562, section 5.8) of the first 48
    /// bits of that id, which are its time, and a hash. Ids that are scattered over the whole range make each append touch another page
    /// of the index by id; these stay together.
    pub fn from_key_near(cause: EventId, key: &str, index: usize) -> EventId {
        let mut bytes = *EventId::from_key(key, index).as_bytes();
        bytes[..6].copy_from_slice(&cause.as_bytes()[..6]);
        bytes[6] = 0x80 | (bytes[6] & 0x0f);
        EventId::from_bytes(bytes)
    }

    /// The id with these 16 bytes, in the order of RFC 9562.
    pub const fn from_bytes(bytes: [u8; 16]) -> EventId {
        EventId(Uuid::from_bytes(bytes))
    }

    /// The 16 bytes of this id, in the order of RFC 9562.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// This id as a [`Uuid`].
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for EventId {
    fn from(id: Uuid) -> EventId {
        EventId(id)
    }
}

impl FromStr for EventId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<EventId, uuid::Error> {
        Uuid::from_str(text).map(EventId)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a log: a UUID that is created with the log and never changes. A copy of a log, such as a restored backup, has the same
/// id; use a [`Place`](crate::log::Place) to tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogId(Uuid);

impl LogId {
    /// The id of a new log.
    #[allow(clippy::new_without_default, reason = "every call makes another id; a default would suggest one value")]
    pub fn new() -> LogId {
        LogId(Uuid::now_v7())
    }

    /// The id with these 16 bytes, in the order of RFC 9562.
    pub const fn from_bytes(bytes: [u8; 16]) -> LogId {
        LogId(Uuid::from_bytes(bytes))
    }

    /// The 16 bytes of this id, in the order of RFC 9562.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// This id as a [`Uuid`].
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl From<Uuid> for LogId {
    fn from(id: Uuid) -> LogId {
        LogId(id)
    }
}

impl FromStr for LogId {
    type Err = uuid::Error;
    fn from_str(text: &str) -> Result<LogId, uuid::Error> {
        Uuid::from_str(text).map(LogId)
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_sort_by_creation() {
        let ids: Vec<EventId> = (0..1000).map(|_| EventId::new()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(ids[0].as_uuid().get_version_num(), 7);
    }

    #[test]
    fn ids_near_a_cause_begin_with_its_time() {
        let cause = EventId::new();
        let ids: Vec<EventId> = (0..3).map(|index| EventId::from_key_near(cause, "shipping/1", index)).collect();
        assert!(
            ids.iter().all(|id| id.as_bytes()[..6] == cause.as_bytes()[..6] && id.as_uuid().get_version_num() == 8)
        );
        assert!(ids[0] != ids[1] && ids[1] != ids[2]);
        assert_eq!(ids[0], EventId::from_key_near(cause, "shipping/1", 0));
        assert_ne!(ids[0], EventId::from_key_near(cause, "shipping/2", 0));
    }

    #[test]
    fn a_key_gives_the_same_ids_each_time() {
        assert_eq!(EventId::from_key("order-1", 0), EventId::from_key("order-1", 0));
        assert_ne!(EventId::from_key("order-1", 0), EventId::from_key("order-1", 1));
        // The index stands first, so that no key can spell another key's index.
        assert_ne!(EventId::from_key("1:x", 1), EventId::from_key("x", 11));
    }

    #[test]
    fn text_and_json_round_trip() {
        let id = EventId::new();
        assert_eq!(id.to_string().parse::<EventId>().unwrap(), id);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!((&json, serde_json::from_str(&json).unwrap()), (&format!("\"{id}\""), id));
    }
}
