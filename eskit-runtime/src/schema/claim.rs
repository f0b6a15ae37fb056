//! Which recorded events the types of a crate claim: an event without a claim was removed or renamed.

use std::marker::PhantomData;

use super::current::{Current, Lock};
use crate::codec::kind::PayloadKind;
use crate::message::Message;
use crate::message::same;
use crate::model::event::EventType;

/// Which type reads a wire name and version.
#[derive(Clone, Copy, Debug)]
pub enum Claim {
    /// None.
    Missing,
    /// One of this version, by another name or from a later version, or one whose version is not recorded.
    Read(u32),
    /// Its own, and the version is recorded.
    Own(Current),
}

/// Implemented for the type that stands for a wire name and version, by the type that claims it: a second one is a conflict.
pub trait ClaimedByOneType {
    /// Which type reads it.
    const CLAIM: Claim;
}

/// Implemented for the type that stands for a wire name and version, beside an error in the event that has them.
pub trait Mistaken {}

/// What is claimed of a wire name and version: the constants of its own come before those of [`Unclaimed`].
#[derive(Debug)]
pub struct ClaimOn<R>(PhantomData<R>);

impl<R: ClaimedByOneType> ClaimOn<R> {
    /// Which type reads it.
    pub const CLAIM: Claim = R::CLAIM;
}

impl<R: Mistaken> ClaimOn<R> {
    /// Whether its event has errors.
    pub const MISTAKEN: bool = true;
}

/// What holds without a claim.
pub trait Unclaimed {
    /// Which type reads it.
    const CLAIM: Claim = Claim::Missing;
    /// Whether its event has errors.
    const MISTAKEN: bool = false;
}

impl<T: ?Sized> Unclaimed for T {}

/// What is claimed of one event or stored command of the file.
#[derive(Clone, Copy, Debug)]
pub struct Claims {
    /// Whether it is an event or a command.
    pub kind: PayloadKind,
    /// Its wire name.
    pub name: &'static str,
    /// Its newest recorded version.
    pub newest: u32,
    /// Whether a type of that name has errors, so that its claims are not known.
    pub mistaken: bool,
    /// The claims on its first version, on each recorded one, and on the one after them.
    pub claims: &'static [Claim],
}

impl Claims {
    /// Whether its newest recorded version is read, by its own type or through a later one.
    pub(super) const fn are_kept(&self) -> bool {
        self.mistaken || newest_type(self.claims) >= self.newest
    }
}

/// The version of the newest type that has one of these claims.
pub const fn newest_type(claims: &[Claim]) -> u32 {
    let (mut newest, mut i) = (0, 0);
    while i < claims.len() {
        let version = match &claims[i] {
            Claim::Missing => 0,
            Claim::Read(version) => *version,
            Claim::Own(current) => current.event.version,
        };
        if version > newest {
            newest = version;
        }
        i += 1;
    }
    newest
}

/// The newest recorded version of each event must be read.
#[track_caller]
pub const fn check_claims(lock: Lock, events: &[Claims], package: &str) {
    if matches!(lock, Lock::Off | Lock::Writing) {
        return;
    }
    let mut i = 0;
    while i < events.len() {
        // A type of a later version reads it through another one: when that is missing, its name in `from` is an error.
        if !events[i].are_kept() {
            refuse(&events[i], former_package(events[i].name, events, package));
        }
        i += 1;
    }
}

/// The event types that claim the record of their own name and version.
pub const fn own_events<const N: usize>(events: &[Claims]) -> [Option<&'static EventType>; N] {
    let (mut all, mut next, mut i) = ([None; N], 0, 0);
    while i < events.len() {
        let (claims, mut j) = (events[i].claims, 0);
        while j < claims.len() {
            if let Claim::Own(current) = &claims[j] {
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
        if let Some(other) = self::context(events[i].name)
            && same(other, context)
            && events[i].are_kept()
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
const fn refuse(event: &Claims, former_package: Option<&str>) {
    let Claims { kind, name, newest, .. } = *event;
    let claimed = newest_type(event.claims);
    let message = Message::new().text("`eskit.lock` records ");
    let message = if claimed > 0 {
        message
            .text("version ")
            .number(newest)
            .text(" of ")
            .text(kind.word())
            .text(" ")
            .code(name)
            .text(", but its newest type is at version ")
            .number(claimed)
            .text("\nhelp: restore the type with `version = ")
            .number(newest)
            .text("`, or raise the version above it")
    } else {
        let message = message
            .text(kind.word())
            .text(" ")
            .code(name)
            .text(", but no type has this wire name\nhelp: if its type was renamed, put `")
            .text(kind.attribute())
            .text("alias = \"")
            .text(name)
            .text("\")]` on it");
        let message = match former_package {
            Some(package) => message
                .text("\nhelp: if the package was renamed, put `")
                .text(kind.attribute())
                .text("context = \"")
                .text(package)
                .text("\")]` on it"),
            None => message,
        };
        let message = message.text(
            "\nhelp: if it moved to another crate, move its lines to the `eskit.lock` there\nhelp: if some builds are without it, put `#[shape(unlocked)]` on it and drop its lines\nhelp: if it was removed, restore it: stored ",
        );
        message.text(kind.word()).text("s cannot be read without it")
    };
    let message = message.text(match kind {
        PayloadKind::Event => "\nhelp: if it was never released",
        PayloadKind::Command => "\nhelp: if it was never released, or none is stored any more",
    });
    let message = message.text(", drop it with `ESKIT_LOCK=force cargo test eskit_lock`");
    panic!("{}", message.as_str());
}
