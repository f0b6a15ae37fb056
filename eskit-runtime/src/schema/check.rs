//! The schema lock as compile errors: what the derive of each event calls.

mod tags;

use std::marker::PhantomData;

pub use self::tags::{check_dropped_tag, check_tag};

use super::claim::Claim;
use super::compare::compare;
use super::current::{Current, Lock, is_test_module};
use super::report::Report;
use crate::message::Message;
use crate::message::same;
use crate::model::event::EventType;
use crate::shape::ShapeDef;

/// What `eskit.lock` records of one version of an event.
#[derive(Clone, Copy, Debug)]
pub struct Recorded {
    /// The hash of the shape and the tags.
    pub fingerprint: u64,
    /// The lines of the record.
    pub text: &'static str,
    /// The former wire name that the record stands under, or nothing.
    pub former_name: &'static str,
    /// Whether there is a newer version too.
    pub superseded: bool,
    /// The hash of the recorded tags that the type does not have: those that stored events were given since.
    pub other_tags_hash: u64,
}

#[track_caller]
const fn check_change(current: &Current, lock: Lock, recorded: &Recorded) {
    if matches!(lock, Lock::Off | Lock::Writing) || !current.is_locked() {
        return;
    }
    let EventType { kind, tags, .. } = *current.event;
    let report = compare(recorded.text, (kind, tags), current.shape, recorded.superseded);
    if report.refused > 0 {
        refuse(current, recorded, &report);
    }
    if matches!(lock, Lock::Strict) && recorded.former_name.is_empty() {
        refuse_unrecorded(current.title().text(" has parts that are not recorded in `eskit.lock`"));
    }
}

/// The event must have the shape that the file records for it, or one that stored events and older programs both survive.
#[track_caller]
pub const fn check(lock: Lock, recorded: &Recorded, claim: &Claim) {
    if let Claim::Own(current) = claim {
        let fingerprint = current.shape.fingerprint.wrapping_add(current.tags_hash);
        let stated = if recorded.superseded { recorded.other_tags_hash } else { 0 };
        if recorded.fingerprint != fingerprint.wrapping_add(stated) {
            check_change(current, lock, recorded);
        }
    }
}

/// The file does not hold the event: that is refused in a release.
#[track_caller]
pub const fn check_unrecorded(lock: Lock, claim: &Claim) {
    if let Claim::Own(current) = claim
        && matches!(lock, Lock::Strict)
        && current.is_locked()
    {
        refuse_unrecorded(current.title().text(" is not recorded in `eskit.lock`"));
    }
}

/// The shape of a field must be known where the lock is on. `suspects` are the types that may lack `Shape`, or the serde
/// attribute that hides it.
#[track_caller]
pub const fn known(
    lock: Lock,
    module: &str,
    shape: &'static ShapeDef,
    field: &str,
    suspects: &str,
) -> &'static ShapeDef {
    if shape.is_opaque() && !matches!(lock, Lock::Off) && !is_test_module(module) {
        let message = Message::new().text("the schema lock cannot see the shape of ").code(field);
        let message = match super::node::strip(suspects, "serde ") {
            Some(attribute) => message.text(": it is hidden by `#[serde(").text(attribute).text(
                ")]`\nhelp: state what stands on the wire, by a type, `#[shape(as = String)]`, or by a name, `#[shape(\"geo-point\")]`",
            ),
            None => message
                .text("\nhelp: put `#[derive(eskit::Shape)]` on ")
                .text(suspects)
                .text("; of a type from another crate state the shape at the field, `#[shape(as = String)]`"),
        };
        panic!("{}", message.as_str());
    }
    shape
}

#[track_caller]
const fn refuse_unrecorded(message: Message) {
    let message = message.text(
        ", but a release needs all of it there\nhelp: run `ESKIT_LOCK=write cargo test eskit_lock`, and commit the file",
    );
    panic!("{}", message.as_str());
}

#[track_caller]
const fn refuse(current: &Current, recorded: &Recorded, report: &Report) {
    let message = current.title().text(" is not what `eskit.lock` records");
    let message = if recorded.former_name.is_empty() {
        message
    } else {
        message.text(" under its alias ").code(recorded.former_name)
    };
    let message = help(message.text(report.lines().as_str()).text("\nhelp: "), current, recorded, report);
    panic!("{}", message.as_str());
}

/// What to write instead, for the one kind of difference or for all.
const fn help(message: Message, current: &Current, recorded: &Recorded, report: &Report) -> Message {
    let EventType { version, rust_name, .. } = *current.event;
    if report.refused == report.new_tags {
        return message
            .text("add it to the stored events with `eskit::retag`, and write `tag ")
            .text(report.tag.as_str())
            .text("` below version ")
            .number(version)
            .text(" of event ")
            .code(current.event.name)
            .text(" in `eskit.lock`; where no such event is stored, the line is enough");
    }
    if report.refused == report.new_tags + report.lost_tags {
        return message.text(
            "keep the tags that were recorded; where no program asks by them, record the others with `ESKIT_LOCK=force cargo test eskit_lock`",
        );
    }
    if report.refused == report.id_types {
        let message = message.text(report.id_type.as_str()).text(" below version ").number(version);
        return message.text(" of event ").code(current.event.name).text(" in `eskit.lock`");
    }
    if report.refused == report.taken {
        return message.text("give it another name on the wire, `#[serde(rename = \"..\")]`");
    }
    if report.refused == report.personal {
        return message.text(
            "say `#[personal(..)]` of it as it was recorded; if it is meant to change, record it with `ESKIT_LOCK=force cargo test eskit_lock`",
        );
    }
    let message = if report.renamed.as_str().is_empty() {
        message
    } else {
        message.text(report.renamed.as_str()).text("; if not, ")
    };
    if report.refused == report.replaced {
        return message.text("put the word `gone` before what was removed in `eskit.lock`");
    }
    let message = if report.refused == report.without_default {
        message.text("give it a default, `#[serde(default)]` or an `Option`, or ")
    } else {
        message
    };
    if recorded.superseded {
        let message = message.text("keep the older version ").number(version).text(" as it was: ");
        return same_shape(message, current.event, report).text(", and change the newest version");
    }
    let message = if is_named_after(rust_name, version) {
        let message = same_shape(message, current.event, report).text(", and change the version after it, `");
        attribute(message, current.event, version + 1, rust_name).text("`")
    } else {
        next_version(message, current.event, report)
    };
    let message = if report.refused == report.held {
        let message = message.text("; if no stored ").text(current.event.kind.word());
        message.text(" holds the name in another shape")
    } else {
        message.text("; if version ").number(version).text(" was never released")
    };
    message.text(", record it anew with `ESKIT_LOCK=force cargo test eskit_lock`")
}

/// That the type of an older version gets its shape back.
const fn same_shape(message: Message, event: &EventType, report: &Report) -> Message {
    copies(message.text("give ").code(event.rust_name).text(" the recorded shape again"), report)
}

/// The types that stand in the event have changed for each version that holds them.
const fn copies(message: Message, report: &Report) -> Message {
    if report.nested { message.text(", with copies of the nested types as they were") } else { message }
}

const fn attribute(message: Message, event: &EventType, version: u32, from: &str) -> Message {
    let message = message.text(event.kind.attribute()).text("name = \"").text(event.name);
    let message = message.text("\", version = ").number(version);
    message.text(", from = ").text(from).text(")]")
}

/// Whether a type of version 3 is called `OrderPlacedV3`, as an older one would be.
const fn is_named_after(rust_name: &str, version: u32) -> bool {
    let (base, number) = (without_version(rust_name), Message::new().text("V").number(version));
    let (_, suffix) = rust_name.split_at(base.len());
    same(suffix, number.as_str())
}

/// The name without the `V3` at its end.
const fn without_version(rust_name: &str) -> &str {
    let bytes = rust_name.as_bytes();
    let mut end = bytes.len();
    while end > 0 && bytes[end - 1].is_ascii_digit() {
        end -= 1;
    }
    if end < 2 || end == bytes.len() || bytes[end - 1] != b'V' {
        return rust_name;
    }
    let (base, _) = rust_name.split_at(end - 1);
    base
}

/// How the next version is written: with one more step on the JSON, or after a typed version with one more type.
const fn next_version(message: Message, event: &EventType, report: &Report) -> Message {
    let EventType { version, rust_name, .. } = *event;
    let base = without_version(rust_name);
    let next = message.text("write `version = ").number(version + 1);
    if let Some(previous) = event.previous {
        let next = next.text(", from = ").text(base).text("V").number(version);
        let next = next.text("`, and keep the recorded shape as `");
        let next = attribute(next, event, version, previous.rust_name);
        return copies(next.text(" struct ").text(base).text("V").number(version).text("`"), report);
    }
    let step = if report.refused == report.older {
        Message::new().number(version).text(" = Ok")
    } else {
        Message::new().number(version).text(" = from_v").number(version)
    };
    let next = if version == 1 {
        next.text(", upcast(").text(step.as_str()).text(")`")
    } else {
        next.text("` and add `").text(step.as_str()).text("` to `upcast(..)`")
    };
    if report.refused == report.older {
        return next.text(", since the stored JSON is read as it is");
    }
    next.text(", with `fn from_v").number(version).text(
        "(old: serde_json::Value) -> Result<serde_json::Value, UpcastError>`, which turns the old JSON into the new",
    )
}

/// An alias that the file records and the event no longer has. Where a version stands that the file does not hold yet, the
/// alias is asked of that one.
#[track_caller]
pub const fn check_alias(lock: Lock, claim: &Claim, alias: &str, stands_at: u32) {
    let Claim::Own(current) = claim else { return };
    let is_older = stands_at > current.event.version;
    if matches!(lock, Lock::Off | Lock::Writing) || is_older || !current.is_locked() {
        return;
    }
    let message = current
        .name()
        .text(" is no longer read under its former name ")
        .code(alias)
        .text("\nhelp: write `alias = \"")
        .text(alias)
        .text("\"` again: ")
        .text(current.event.kind.word())
        .text("s are stored under it");
    panic!("{}", message.as_str());
}

/// What the events of a crate have instead of a lock that is missing.
#[derive(Debug)]
pub struct NoLock<T>(PhantomData<T>);

impl<T> NoLock<T> {
    /// Refuses the crate.
    pub const AT_THE_CRATE_ROOT: () = refuse_without_lock();
}

#[track_caller]
const fn refuse_without_lock() {
    panic!(
        "`eskit.lock` stands beside `Cargo.toml`, but the root file of the crate has no `eskit::lock!()`\nhelp: write `eskit::lock!();` in `src/lib.rs`, or in `src/main.rs` of a program"
    );
}

/// `eskit::lock!()` stands at the crate root, where the events look for it.
#[track_caller]
pub const fn check_root(module: &str) {
    let (path, mut i) = (module.as_bytes(), 0);
    while i < path.len() {
        if path[i] == b':' {
            let message = Message::new()
                .text("`eskit::lock!()` stands in the module ")
                .code(module)
                .text(", where no event finds it\nhelp: move it to the crate root");
            panic!("{}", message.as_str());
        }
        i += 1;
    }
}
