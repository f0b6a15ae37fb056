//! The file as a whole: its events, its stored commands and its projections, each in the order of their names.
//!
//! The macros read it too, in `eskit-macros/src/lock/file.rs`, as it stands when the program is built. The command that
//! writes it reads it when it runs: cargo does not build again for a file that was not there before.

use std::fmt;

use crate::codec::kind::PayloadKind;

/// What stands above the records.
const HEADER: &str = "\
# Every stored event and command, and every kept projection, to which `eskit::lock!()` holds the program.
# Written by `ESKIT_LOCK=write cargo test eskit_lock`; commit it with the change that it records.
format 1
";

/// The content of `eskit.lock`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct LockFile {
    /// The crate whose they are.
    pub(super) crate_name: String,
    /// Events, and then stored commands.
    pub(super) events: Vec<EventRecord>,
    pub(super) projections: Vec<ProjectionRecord>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct EventRecord {
    pub(super) kind: PayloadKind,
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    /// In the order of their numbers.
    pub(super) versions: Vec<VersionRecord>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct VersionRecord {
    pub(super) number: u32,
    /// The lines of the shape, the first one without indentation.
    pub(super) text: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ProjectionRecord {
    pub(super) name: String,
    pub(super) version: u32,
    /// The wire names of the events for which it has a method, in their order.
    pub(super) events: Vec<String>,
    /// Whether it takes every other event too.
    pub(super) takes_all: bool,
}

/// What stands in place of a wire name for all that are not named.
const EVERY_OTHER: &str = "every other event";

impl LockFile {
    /// Reads the file; the macros refuse a malformed one with the line.
    pub(super) fn parse(text: &str) -> Result<LockFile, String> {
        let mut file = LockFile::default();
        let (mut format, mut in_projection) = (false, false);
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if !line.starts_with(' ') {
                in_projection = line.starts_with("projection ");
            }
            let read = match format {
                false => (line == "format 1").then(|| format = true),
                true if in_projection => file.projection_line(line),
                true => file.line(line),
            };
            read.ok_or_else(|| format!("line {} is no part of a record: `{line}`", index + 1))?;
        }
        let is_same = |one: &EventRecord, other: &EventRecord| (one.kind, &one.name) == (other.kind, &other.name);
        let twice = |event: &&EventRecord| file.events.iter().filter(|other| is_same(event, other)).count() > 1;
        let again =
            |other: &&ProjectionRecord| file.projections.iter().filter(|one| one.name == other.name).count() > 1;
        match (file.events.iter().find(twice), file.projections.iter().find(again)) {
            _ if !format => Err("the line `format 1` is missing".to_owned()),
            (Some(event), _) => Err(format!("{} `{}` is recorded twice", event.kind, event.name)),
            (None, Some(projection)) => Err(format!("projection `{}` is recorded twice", projection.name)),
            (None, None) => Ok(file),
        }
    }

    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(name) = line.strip_prefix("crate ") {
            name.clone_into(&mut self.crate_name);
            return Some(());
        }
        for kind in [PayloadKind::Event, PayloadKind::Command] {
            if let Some(name) = line.strip_prefix(kind.word()).and_then(|rest| rest.strip_prefix(' ')) {
                self.events.push(EventRecord {
                    kind,
                    name: name.to_owned(),
                    aliases: Vec::new(),
                    versions: Vec::new(),
                });
                return Some(());
            }
        }
        let event = self.events.last_mut()?;
        if let Some(alias) = line.strip_prefix("  alias ") {
            event.aliases.push(alias.to_owned());
        } else if let Some(version) = line.strip_prefix("  version ") {
            let (number, head) = version.split_once(": ")?;
            event.versions.push(VersionRecord { number: number.parse().ok()?, text: head.to_owned() });
        } else {
            let version = event.versions.last_mut()?;
            version.text.push('\n');
            version.text.push_str(line.strip_prefix("    ").map(|_| &line[2..])?);
        }
        Some(())
    }

    fn projection_line(&mut self, line: &str) -> Option<()> {
        if let Some(head) = line.strip_prefix("projection ") {
            let (name, version) = head.split_once(" version ")?;
            let (name, version) = (name.to_owned(), version.parse().ok()?);
            self.projections.push(ProjectionRecord { name, version, events: Vec::new(), takes_all: false });
            return Some(());
        }
        let projection = self.projections.last_mut()?;
        match line.strip_prefix("  on ")? {
            EVERY_OTHER => projection.takes_all = true,
            name => projection.events.push(name.to_owned()),
        }
        Some(())
    }

    pub(super) fn event(&self, kind: PayloadKind, name: &str) -> Option<&EventRecord> {
        self.events.iter().find(|event| event.kind == kind && event.name == name)
    }

    pub(super) fn projection(&self, name: &str) -> Option<&ProjectionRecord> {
        self.projections.iter().find(|projection| projection.name == name)
    }
}

impl fmt::Display for LockFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}crate {}", self.crate_name)?;
        for event in &self.events {
            write!(f, "\n{} {}\n", event.kind, event.name)?;
            event.aliases.iter().try_for_each(|alias| writeln!(f, "  alias {alias}"))?;
            for version in &event.versions {
                writeln!(f, "  version {}: {}", version.number, version.text.replace('\n', "\n  "))?;
            }
        }
        for projection in &self.projections {
            write!(f, "\nprojection {} version {}\n", projection.name, projection.version)?;
            let every_other = projection.takes_all.then_some(EVERY_OTHER);
            let events = projection.events.iter().map(String::as_str);
            events.chain(every_other).try_for_each(|event| writeln!(f, "  on {event}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Every stored event and command, and every kept projection, to which `eskit::lock!()` holds the program.
# Written by `ESKIT_LOCK=write cargo test eskit_lock`; commit it with the change that it records.
format 1
crate shop

event shop.OrderPlaced
  alias shop.OrderCreated
  version 1: struct
    tag order
    lines: list struct
      sku: string
  version 2: string

command shop.PlaceOrder
  version 1: struct
    order: string

projection order-list version 2
  on shop.OrderPaid
  on shop.OrderPlaced
  on every other event

projection totals version 1
  on shop.OrderPaid
";

    #[test]
    fn the_file_reads_back_as_it_was_written() {
        let file = LockFile::parse(TEXT).unwrap();
        assert_eq!(file.events[0].versions[0].text, "struct\n  tag order\n  lines: list struct\n    sku: string");
        assert_eq!(file.events[0].versions[1].text, "string");
        assert_eq!((file.events[1].kind, file.events[1].name.as_str()), (PayloadKind::Command, "shop.PlaceOrder"));
        assert_eq!((file.projections[0].events.len(), file.projections[0].takes_all), (2, true));
        assert_eq!(file.to_string(), TEXT);
        assert_eq!(LockFile::parse(&TEXT.replace('\n', "\r\n")).unwrap(), file);
    }

    #[test]
    fn a_malformed_line_is_named() {
        for (text, message) in [
            ("", "the line `format 1` is missing"),
            ("format 2\n", "line 1 is no part of a record: `format 2`"),
            ("format 1\n  version 1: struct", "line 2 is no part of a record: `  version 1: struct`"),
            ("format 1\nevent a\n<<<<<<< HEAD\n", "line 3 is no part of a record: `<<<<<<< HEAD`"),
            ("format 1\nevent a\n  version x: struct", "line 3 is no part of a record: `  version x: struct`"),
            ("format 1\nevent a\nevent b\nevent a\n", "event `a` is recorded twice"),
            ("format 1\nevent a\ncommand a\ncommand a\n", "command `a` is recorded twice"),
            ("format 1\nprojection a", "line 2 is no part of a record: `projection a`"),
            ("format 1\nprojection a version x", "line 2 is no part of a record: `projection a version x`"),
            ("format 1\nprojection a version 1\n  alias b", "line 3 is no part of a record: `  alias b`"),
            ("format 1\nprojection a version 1\nprojection a version 2\n", "projection `a` is recorded twice"),
        ] {
            assert_eq!(LockFile::parse(text).unwrap_err(), message, "{text}");
        }
    }
}
