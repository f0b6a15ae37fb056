use crate::log::lifecycle::StreamStatus;
use crate::log::time::Timestamp;

/// The status of a stream that is not open, as the columns of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredStatus {
    /// 1 archived, 2 tombstoned, 3 deleted.
    pub number: i32,
    /// Since when, in microseconds since 1970-01-01T00:00:00Z.
    pub at_micros: i64,
    /// The reason; `None` for an archived stream.
    pub reason: Option<String>,
}

impl StoredStatus {
    /// The columns for a status; `None` for an open stream, which needs no row.
    pub fn of(status: &StreamStatus) -> Option<StoredStatus> {
        let (number, at, reason) = match status {
            StreamStatus::Open => return None,
            StreamStatus::Archived { at } => (1, at, None),
            StreamStatus::Tombstoned { at, reason } => (2, at, Some(reason.clone())),
            StreamStatus::Deleted { at, reason } => (3, at, Some(reason.clone())),
        };
        Some(StoredStatus { number, at_micros: at.as_micros(), reason })
    }

    /// The status; `None` for an unknown number.
    pub fn status(self) -> Option<StreamStatus> {
        let (at, reason) = (Timestamp::from_micros(self.at_micros), self.reason.unwrap_or_default());
        match self.number {
            1 => Some(StreamStatus::Archived { at }),
            2 => Some(StreamStatus::Tombstoned { at, reason }),
            3 => Some(StreamStatus::Deleted { at, reason }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_comes_back_from_its_columns() {
        let (at, reason) = (Timestamp::from_micros(7), "why".to_owned());
        let closed = [
            StreamStatus::Archived { at },
            StreamStatus::Tombstoned { at, reason: reason.clone() },
            StreamStatus::Deleted { at, reason },
        ];
        for status in closed {
            assert_eq!(StoredStatus::of(&status).unwrap().status(), Some(status));
        }
        assert_eq!(StoredStatus::of(&StreamStatus::Open), None);
        assert_eq!(StoredStatus { number: 4, at_micros: 0, reason: None }.status(), None);
    }
}
