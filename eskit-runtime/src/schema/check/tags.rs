//! Tags that an event has and its older versions do not, or the other way round.

use crate::message::Message;
use crate::message::same;
use crate::schema::claim::Claim;
use crate::schema::current::Lock;

/// The newest version of an event has a tag that the stored events of these older versions do not carry.
#[track_caller]
pub const fn check_tag(lock: Lock, claim: &Claim, key: &str, name: &str, versions: &[u32], stands_at: u32) {
    let Claim::Own(current) = claim else { return };
    let is_older = stands_at > current.event.version;
    if matches!(lock, Lock::Off | Lock::Writing) || is_older || !current.is_locked() {
        return;
    }
    let message = current.title().text(" has the tag ").code(key).text(", which stored events of ");
    let message = push_versions(message, versions);
    let message = if same(name, current.event.name) { message } else { message.text(" of ").code(name) };
    let message = message.text(" do not carry: models and queries by it would miss them\nhelp: add it to them with `eskit::retag`, and write `tag ").text(key);
    let message = push_versions(message.text("` below "), versions).text(" of event ").code(name);
    let message = message.text(" in `eskit.lock`; where no such event is stored, the line is enough");
    panic!("{}", message.as_str());
}

/// The newest version of an event lacks a tag that the stored events of these older versions carry.
#[track_caller]
pub const fn check_dropped_tag(lock: Lock, claim: &Claim, key: &str, name: &str, versions: &[u32], stands_at: u32) {
    let Claim::Own(current) = claim else { return };
    let is_older = stands_at > current.event.version;
    if matches!(lock, Lock::Off | Lock::Writing) || is_older || !current.is_locked() {
        return;
    }
    let message = current.title().text(" has no tag ").code(key).text(", which stored events of ");
    let message = push_versions(message, versions);
    let message = if same(name, current.event.name) { message } else { message.text(" of ").code(name) };
    let message = message.text(" carry: models and queries by it would miss the new ones\nhelp: keep the tag; if nothing asks by it any more, write `gone tag ").text(key).text("` in place of `tag ").text(key);
    let message = push_versions(message.text("` below "), versions).text(" of event ").code(name);
    panic!("{}", message.text(" in `eskit.lock`").as_str());
}

/// `version 1`, or `versions 1, 2 and 3`.
const fn push_versions(message: Message, versions: &[u32]) -> Message {
    let mut message = message.text(if versions.len() == 1 { "version " } else { "versions " });
    let mut i = 0;
    while i < versions.len() {
        let before = if i == 0 {
            ""
        } else if i + 1 == versions.len() {
            " and "
        } else {
            ", "
        };
        message = message.text(before).number(versions[i]);
        i += 1;
    }
    message
}
