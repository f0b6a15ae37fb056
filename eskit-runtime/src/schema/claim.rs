//! Which recorded events the types of a crate claim: an event that nobody claims was removed or renamed.

use super::check::Lock;
use crate::__private::message::Message;

/// One event of the file: its wire name, the version of a type that has this name but no record, and whether each recorded
/// version is claimed.
pub type Claims = (&'static str, u32, &'static [(u32, bool)]);

/// The newest recorded version of each event must be claimed.
#[track_caller]
pub const fn check_claims(lock: Lock, events: &[Claims]) {
    if matches!(lock, Lock::Off | Lock::Writing) {
        return;
    }
    let mut i = 0;
    while i < events.len() {
        let (name, at, versions) = events[i];
        if !versions[versions.len() - 1].1 {
            refuse(name, at, versions);
        }
        i += 1;
    }
}

#[track_caller]
const fn refuse(name: &str, at: u32, versions: &[(u32, bool)]) {
    let (newest, _) = versions[versions.len() - 1];
    let (mut claimed, mut i) = (at, 0);
    while i < versions.len() {
        if versions[i].1 && versions[i].0 > claimed {
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
        message
            .text("event ")
            .code(name)
            .text(", but no type has this wire name\nhelp: if its type was renamed, put `#[event(alias = \"")
            .text(name)
            .text("\")]` on it; if it was removed, restore it, or stored events cannot be read")
    };
    let message = message.text("; if it was never released, drop it with `ESKIT_LOCK=force cargo test eskit_lock`");
    panic!("{}", message.as_str());
}
