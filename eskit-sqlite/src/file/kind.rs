//! What the files of this crate are, by what SQLite's `application_id` holds in them.

/// `eskt` in ASCII: a log.
pub(crate) const LOG: i32 = 0x6573_6b74;
/// `eskv`: the catalogue of views.
pub(crate) const CATALOGUE: i32 = 0x6573_6b76;
/// `eskm`: a read model.
pub(crate) const READ_MODEL: i32 = 0x6573_6b6d;
/// `esks`: snapshots.
pub(crate) const SNAPSHOTS: i32 = 0x6573_6b73;
/// `eskc`: a log of commands.
pub(crate) const COMMANDS: i32 = 0x6573_6b63;
/// `eskk`: keys.
pub(crate) const KEYS: i32 = 0x6573_6b6b;

const NOUNS: [(i32, &str); 6] = [
    (LOG, "a log of eskit"),
    (CATALOGUE, "a catalogue of views"),
    (READ_MODEL, "a read model"),
    (SNAPSHOTS, "a file of snapshots"),
    (COMMANDS, "a log of commands"),
    (KEYS, "a file of keys"),
];

/// What a file of eskit is.
pub(crate) fn noun_of(application_id: i32) -> Option<&'static str> {
    NOUNS.iter().find(|(id, _)| *id == application_id).map(|(_, noun)| *noun)
}
