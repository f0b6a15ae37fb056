/// Enables the schema lock. Write `eskit::lock!();` once, at the crate root.
///
/// The file `eskit.lock`, committed beside `Cargo.toml`, then records the shape of every event and every stored command that the crate derives, and the events
/// that each of its projections takes. Every build, including `cargo check`, compares the program with it. A changed type of a field
/// at any depth, a removed event or version, and a former name that is no longer read are compile errors that say what to write. The
/// types inside events derive [`Shape`](derive@crate::Shape).
///
/// | command | |
/// |---|---|
/// | `ESKIT_LOCK=write cargo test eskit_lock` | records new events, new versions and compatible changes, even while the lock refuses the build |
/// | `ESKIT_LOCK=force cargo test eskit_lock` | records everything as it is now; use it for shapes that were never released |
/// | `cargo test` | fails if the file is out of date |
///
/// While `ESKIT_LOCK` is set, nothing is checked, so a release build fails.
///
/// A change is compatible if the program can read stored events, and older programs can read new ones. The most common one is a new
/// field that may be missing, in a struct that does not deny unknown fields. If one part is removed and another of the same shape is
/// added, the lock takes it for a rename that would lose stored values; if it really was removed, put `gone` before it in the file.
/// Compatible changes and new events are not errors while you work. A release build (one without `debug_assertions`) requires that
/// they are recorded, so that every released shape is in the file.
///
/// Stored events without a new tag are hidden from aggregates and queries by that tag. So a new tag is refused until the record of
/// each older version has a line for it, `tag sender`. Write the line if no such events are stored, or if [`retag`](fn@crate::retag) has
/// been run, or will be before the tag is used.
///
/// A projection that takes other events than its record says needs a new `version`, since its rows hold only what it took so far. The
/// record of a projection that is gone stays in the file; delete it if no views hold its rows any more. Projections in memory are
/// not recorded.
///
/// Only one crate of a package has the lock: the one with its events. The file names it. The package's programs, tests and examples
/// are not checked. A test that needs an event of an older program writes it as JSON, with
/// [`NewEvent::json`](crate::log::NewEvent::json) and its `schema_version`, since a second type with the same wire name would clash.
///
/// Events and projections in a module called `tests`, and events marked `#[shape(unlocked)]`, are left out. Mark events that exist
/// only in some builds, because of `#[cfg(..)]`; otherwise they count as removed in the others.
///
/// A package from a registry or a git repository is compared with its own lock, except for changes that its authors have not
/// recorded.
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
///
/// projection order-list version 2
///   on shop.OrderPlaced
/// ```
///
/// Events are sorted by name, and each part of a shape has a line of its own, so the changes of two branches usually merge without a
/// conflict. Otherwise, keep the lines of both and run the command. A `?` after a name marks a part that may be missing; brackets
/// have further serde attributes. `gone` before a name marks a removed part, which stored events still have.
#[macro_export]
macro_rules! lock {
    () => {
        $crate::__lock!($crate);
    };
}
