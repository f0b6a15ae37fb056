use std::collections::HashMap;

use rusqlite::Connection;

use crate::error::Fault;
use crate::statements::Statements;

/// Which column a name stands in; the numbers are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NameKind {
    /// The wire name of an event.
    Type = 0,
    /// The type of a stream.
    StreamType = 1,
}

/// The last positions of names that the running transaction has not written to the `names` table yet.
#[derive(Default)]
pub(crate) struct PendingNames {
    types: HashMap<String, i64>,
    stream_types: HashMap<String, i64>,
}

impl PendingNames {
    fn of(&self, kind: NameKind) -> &HashMap<String, i64> {
        match kind {
            NameKind::Type => &self.types,
            NameKind::StreamType => &self.stream_types,
        }
    }

    /// Notes that the event at `position` has this name.
    pub(crate) fn note(&mut self, kind: NameKind, name: &str, position: i64) {
        let names = match kind {
            NameKind::Type => &mut self.types,
            NameKind::StreamType => &mut self.stream_types,
        };
        match names.get_mut(name) {
            Some(last) => *last = position,
            None => {
                names.insert(name.to_owned(), position);
            }
        }
    }

    /// Writes everything that was noted, and forgets it.
    pub(crate) fn flush(&mut self, statements: &mut Statements<'_>) -> Result<(), Fault> {
        for kind in [NameKind::Type, NameKind::StreamType] {
            for (name, last) in self.of(kind) {
                statements.upsert_name.execute((kind as i64, name, last))?;
            }
        }
        self.clear();
        Ok(())
    }

    /// Forgets everything that was noted.
    pub(crate) fn clear(&mut self) {
        self.types.clear();
        self.stream_types.clear();
    }
}

/// The position of the last event with this name; 0 when there is none. `pending` is what the transaction of `conn`
/// holds back.
pub(crate) fn last(
    conn: &Connection,
    pending: Option<&PendingNames>,
    kind: NameKind,
    name: &str,
) -> Result<i64, Fault> {
    if let Some(last) = pending.and_then(|pending| pending.of(kind).get(name)) {
        return Ok(*last);
    }
    let mut statement = conn.prepare_cached("SELECT last FROM names WHERE kind = ?1 AND name = ?2")?;
    let mut rows = statement.query((kind as i64, name))?;
    Ok(match rows.next()? {
        Some(row) => row.get(0)?,
        None => 0,
    })
}
