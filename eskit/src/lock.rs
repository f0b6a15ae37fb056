/// Switches the schema lock on: stands once, at the crate root, as `eskit::lock!();`.
///
/// From then on the file `eskit.lock`, committed beside `Cargo.toml`, records the shape of every event that the crate
/// derives, and every build, `cargo check` too, holds the program to it. A field whose type changed, however deep, an
/// event or version that is gone, a former name that is no longer read: each is a compile error that says what to write.
/// The types in events derive [`Shape`](derive@crate::Shape).
///
/// | command | |
/// |---|---|
/// | `ESKIT_LOCK=write cargo test eskit_lock` | records new events, new versions and compatible changes, also while the build is refused |
/// | `ESKIT_LOCK=force cargo test eskit_lock` | records everything as it is now: for shapes that were never released |
/// | `cargo test` | fails when the file is stale |
///
/// While `ESKIT_LOCK` is set nothing is checked, so no release is built then.
///
/// A change is compatible when stored events and older programs both survive it: a new field that may be missing, in a
/// struct that does not deny unknown fields, is the most common one. A part that goes as another of its shape comes is taken
/// for a renamed one, whose stored values would be lost: where it was removed, put `gone` before it in the file. A
/// compatible change, or a new event, is not an error while you work; a release build (one without `debug_assertions`)
/// requires that it is recorded, so that nothing is released which the lock does not know.
///
/// A tag that stored events do not carry hides them from models and queries by it, so a new one is refused until the record
/// of each older version has a line for it, `tag sender`: write it when [`retag`](fn@crate::retag) has been run, or will be before such
/// a model is used, or where no such event is stored.
///
/// One crate of a package has the lock, the one that holds its events; the file names it. The package's programs, tests and
/// examples are not held to the lock. A test that needs what an older program wrote writes it as JSON, with
/// [`NewEvent::json`](crate::log::NewEvent::json) and its `schema_version`: a second type of one wire name would clash.
///
/// Left out are events in a module called `tests`, and those marked `#[shape(unlocked)]`: mark those that exist in some builds
/// only, by `#[cfg(..)]`, or they count as removed in the others.
///
/// A package that cargo fetched, from a registry or a git repository, is held to its own lock but for what its authors have
/// not recorded.
///
/// ```text
/// # eskit.lock
/// format 1
/// crate shop
///
/// event shop.OrderPlaced
///   version 1: struct
///     tag order
///     order: uuid
///     customer: struct
///       name: string
///       zip?: option string
/// ```
///
/// Events stand in the order of their names, and each part of a shape on a line of its own, so that what two branches record
/// mostly merges without a conflict; otherwise keep the lines of both, and run the command. Behind a name stand `?` where
/// reading does without it, and in brackets what else serde's attributes say; `gone` before it marks what was removed, since
/// stored events still hold it.
#[macro_export]
macro_rules! lock {
    () => {
        $crate::__lock!($crate);
    };
}
