//! Remedies in the words of the command: errors of the library name functions of Rust.

/// What the library advises, and what whoever sits at a terminal can do.
const REMEDIES: &[(&str, &str)] = &[
    (
        "check the path, or create the file with `create(true)`",
        "check the path; only `migrate` and `restore` create a log, at `--to`",
    ),
    (
        "; run the migrations, or open with `migrate(true)`",
        "\nhelp: check the database and `--schema`; a log of an earlier version is brought up to date by the program that writes to it",
    ),
    ("; make it writable, or open it with `read_only(true)`", "\nhelp: make it writable"),
    (
        "; make the file and its folder writable; to read, with `read_only(true)`, the folder is enough",
        "\nhelp: make the file and its folder writable; for verbs that read, the folder is enough",
    ),
    (": try again, or raise `busy_timeout`", "\nhelp: try again"),
    (": free space or raise `max_bytes`, then try again", "\nhelp: free space, then try again"),
    ("leave out what begins with `?`, and set options with `SqliteStore::options()`", "leave out what begins with `?`"),
    ("trim it, as in `eskit::connect(dsn.trim())`", "trim it"),
    (
        "choose another schema with `PostgresViews::options().schema(\"..\")`",
        "choose another schema with `--views-schema`",
    ),
    (
        "leave the schema out, or name a database of PostgreSQL",
        "leave `--schema` out, or name a database of PostgreSQL",
    ),
    ("leave the schema out; the DSN names the log", "leave `--schema` out; the DSN names the log"),
    ("delete it although it is tagged, if", "add `--although-tagged` if"),
    ("restore it into a stream of another name, or into another log", "give it another name with `--as`"),
    ("restore it with `StreamChange::Restore`", "`eskit streams restore` opens it"),
];

/// An error of the library, with remedies that can be followed at a terminal.
pub(crate) fn of_command(text: &str) -> String {
    let mut text = text.to_owned();
    for (library, command) in REMEDIES {
        if text.contains(library) {
            text = text.replace(library, command);
        }
    }
    text
}
