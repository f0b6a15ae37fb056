//! Which recorded events the types of a crate claim: an event that nobody claims was removed or renamed.

use super::check::{Current, Lock};
use crate::message::Message;
use crate::message::same;
use crate::model::event::EventType;

/// Which type reads a record.
#[derive(Clone, Copy, Debug)]
pub enum Claim {
    /// None: the event was removed or renamed.
    Missing,
    /// That of another version or name.
    Read,
    /// Its own.
    Own(Current),
}

/// What holds of a record without a claim: the constants that events write come before these.
pub trait Unclaimed {
    /// Who reads it.
    const CLAIM: Claim = Claim::Missing;
    /// The version of the type that has the wire name, but no record.
    const STANDS_AT: u32 = 0;
}

impl<T: ?Sized> Unclaimed for T {}

/// One event of the file: its wire name, the version of a type that has this name but no record, and the claim on each
/// recorded version.
pub type Claims = (&'static str, u32, &'static [(u32, Claim)]);

impl Claim {
    const fn is_missing(&self) -> bool {
        matches!(self, Claim::Missing)
    }
}

/// The newest recorded version of each event must be claimed.
#[track_caller]
pub const fn check_claims(lock: Lock, events: &[Claims], package: &str) {
    if matches!(lock, Lock::Off | Lock::Writing) {
        return;
    }
    let mut i = 0;
    while i < events.len() {
        let (name, at, versions) = &events[i];
        let (newest, claim) = &versions[versions.len() - 1];
        // A type of a later version reads it through another one: when that is missing, its name in `from` is an error.
        if claim.is_missing() && *at <= *newest {
            refuse(name, *at, versions, former_package(name, events, package));
        }
        i += 1;
    }
}

/// The event types that claim the record of their own name and version.
pub const fn own_events<const N: usize>(events: &[Claims]) -> [Option<&'static EventType>; N] {
    let (mut all, mut next, mut i) = ([None; N], 0, 0);
    while i < events.len() {
        let (versions, mut j) = (events[i].2, 0);
        while j < versions.len() {
            if let Claim::Own(current) = &versions[j].1 {
                all[next] = Some(current.event);
            }
            next += 1;
            j += 1;
        }
        i += 1;
    }
    all
}

/// The context of the wire name, when it is neither that of the package nor of any event that is still there.
const fn former_package<'a>(name: &'a str, events: &[Claims], package: &str) -> Option<&'a str> {
    let Some(context) = context(name) else { return None };
    if same(context, package) {
        return None;
    }
    let mut i = 0;
    while i < events.len() {
        let (other, _, versions) = &events[i];
        if let Some(other) = self::context(other)
            && same(other, context)
            && !versions[versions.len() - 1].1.is_missing()
        {
            return None;
        }
        i += 1;
    }
    Some(context)
}

/// What stands before the last dot.
const fn context(name: &str) -> Option<&str> {
    let (bytes, mut end) = (name.as_bytes(), name.len());
    while end > 0 {
        end -= 1;
        if bytes[end] == b'.' {
            return Some(name.split_at(end).0);
        }
    }
    None
}

#[track_caller]
const fn refuse(name: &str, at: u32, versions: &[(u32, Claim)], former_package: Option<&str>) {
    let newest = versions[versions.len() - 1].0;
    let (mut claimed, mut i) = (at, 0);
    while i < versions.len() {
        if !versions[i].1.is_missing() && versions[i].0 > claimed {
            claimed = versions[i].0;
        }
        i += 1;
    }
    let message = Message::new().text("`eskit.lock` records ");
    let message = if claimed > 0 {
        message
            .text("version ")
            .number(newest)
            .text(" of event ")
            .code(name)
            .text(", but its newest type is at version ")
            .number(claimed)
            .text("\nhelp: restore the type with `version = ")
            .number(newest)
            .text("`, or raise the version above it")
    } else {
        let message = message
            .text("event ")
            .code(name)
            .text(", but no type has this wire name\nhelp: if its type was renamed, put `#[event(alias = \"")
            .text(name)
            .text("\")]` on it; ");
        let message = match former_package {
            Some(package) => {
                message.text("if the package was renamed, `#[event(context = \"").text(package).text("\")]`; ")
            }
            None => message,
        };
        message.text(
            "if it moved to another crate, move its lines to the `eskit.lock` there; if some builds are without it, put `#[shape(unlocked)]` on it and drop its lines; if it was removed, restore it, or stored events cannot be read",
        )
    };
    let message = message.text("; if it was never released, drop it with `ESKIT_LOCK=force cargo test eskit_lock`");
    panic!("{}", message.as_str());
}
