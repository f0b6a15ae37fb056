//! `eskit.lock`, as the macros read it.

mod projection;
mod word;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

pub(crate) use self::projection::ProjectionRecord;
use self::word::is_word;
use super::this_crate::this_crate;
use crate::ast::StoredAttrs;
use crate::kind::StoredKind;
use crate::shape::hash::{mix, names, tag, text};
use crate::shape::member::flag;

/// The events, stored commands and projections of the file.
pub(crate) struct LockFile {
    /// The crate whose events they are, as [`this_crate`] writes it.
    pub(crate) crate_name: String,
    pub(crate) events: Vec<EventRecord>,
    pub(crate) projections: Vec<ProjectionRecord>,
}

/// An event, or a stored command.
pub(crate) struct EventRecord {
    pub(crate) kind: StoredKind,
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    /// In the order of their numbers.
    pub(crate) versions: Vec<VersionRecord>,
}

pub(crate) struct VersionRecord {
    pub(crate) number: u32,
    /// The lines of the shape, the first one without indentation.
    pub(crate) text: String,
    /// The hash of the shape and the tags.
    pub(crate) fingerprint: u64,
}

/// What stands beside `Cargo.toml`.
#[derive(Clone)]
pub(crate) enum Found {
    Nothing,
    Malformed(String),
    /// The line, by its number, with the first mark of a merge conflict.
    Unmerged(usize),
    /// The line that says which format it is of, which only a newer eskit reads.
    Newer(String),
    File(Arc<LockFile>),
}

/// Whether `ESKIT_LOCK` says that this build is there to write the file.
pub(crate) fn is_writing() -> bool {
    std::env::var_os("ESKIT_LOCK").is_some_and(|mode| !mode.is_empty())
}

/// The file of the package that is being compiled.
///
/// A language server keeps this process alive, so what was read before holds only while the file has not changed.
pub(crate) fn load() -> Found {
    static LAST: Mutex<Option<(PathBuf, SystemTime, u64, Found)>> = Mutex::new(None);
    let Some(folder) = std::env::var_os("CARGO_MANIFEST_DIR") else { return Found::Nothing };
    let path = Path::new(&folder).join("eskit.lock");
    let Ok(metadata) = std::fs::metadata(&path) else { return Found::Nothing };
    let (changed, len) = (metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len());
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((last_path, last_changed, last_len, found)) = &*last
        && (last_path, *last_changed, *last_len) == (&path, changed, len)
    {
        return found.clone();
    }
    let found = match std::fs::read_to_string(&path) {
        Ok(text) => match (conflict(&text), newer_format(&text)) {
            (Some(line), _) => Found::Unmerged(line),
            (None, Some(line)) => Found::Newer(line.to_owned()),
            (None, None) => LockFile::parse(&text).map_or_else(Found::Malformed, |file| Found::File(Arc::new(file))),
        },
        Err(error) => Found::Malformed(error.to_string()),
    };
    *last = Some((path, changed, len, found.clone()));
    found
}

/// The number of the first line that a merge left.
fn conflict(text: &str) -> Option<usize> {
    text.lines().position(|line| line.starts_with("<<<<<<<")).map(|index| index + 1)
}

/// The first line of the file that is no comment, when it names a format that comes after this one.
fn newer_format(text: &str) -> Option<&str> {
    let line = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'))?;
    let number: u32 = line.strip_prefix("format ")?.parse().ok()?;
    (number > 1).then_some(line)
}

impl LockFile {
    fn parse(text: &str) -> Result<LockFile, String> {
        let mut file = LockFile { crate_name: String::new(), events: Vec::new(), projections: Vec::new() };
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
                true if in_projection => projection::read(&mut file.projections, line),
                true => file.line(line),
            };
            read.ok_or_else(|| format!("line {} is no part of a record: `{line}`", index + 1))?;
        }
        if !format {
            return Err("the line `format 1` is missing".to_owned());
        }
        if file.crate_name.is_empty() {
            return Err("the line that names the crate, such as `crate shop`, is missing".to_owned());
        }
        for version in file.events.iter_mut().flat_map(|event| &mut event.versions) {
            version.fingerprint = fingerprint(&version.text);
        }
        file.check()
    }

    /// Whether the crate that is being compiled is the one with the lock, and not a test, an example or another program
    /// of its package.
    pub(crate) fn is_of_this_crate(&self) -> bool {
        self.crate_name == this_crate()
    }

    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(name) = line.strip_prefix("crate ").filter(|_| self.crate_name.is_empty()) {
            name.clone_into(&mut self.crate_name);
            return Some(());
        }
        for kind in [StoredKind::Event, StoredKind::Command] {
            if let Some(name) = line.strip_prefix(kind.word()).and_then(|rest| rest.strip_prefix(' ')) {
                if !is_word(name) {
                    return None;
                }
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
            if !is_word(alias) {
                return None;
            }
            event.aliases.push(alias.to_owned());
        } else if let Some(version) = line.strip_prefix("  version ") {
            let (number, head) = version.split_once(": ")?;
            let number = number.parse().ok()?;
            event.versions.push(VersionRecord { number, text: head.to_owned(), fingerprint: 0 });
        } else {
            let version = event.versions.last_mut()?;
            let part = line.strip_prefix("    ").filter(|part| is_part(part.trim_start()))?;
            version.text.push_str("\n  ");
            version.text.push_str(part);
        }
        Some(())
    }

    /// A merge can leave an event twice, or versions out of order.
    fn check(self) -> Result<LockFile, String> {
        for (index, event) in self.events.iter().enumerate() {
            let kind = event.kind.word();
            if self.events.iter().take(index).any(|other| other.kind == event.kind && other.name == event.name) {
                return Err(format!("{kind} `{}` is recorded twice", event.name));
            }
            let next = event.versions.iter().skip(1);
            if let Some((twice, _)) = event.versions.iter().zip(next).find(|(a, b)| a.number == b.number) {
                return Err(format!("version {} of {kind} `{}` is recorded twice", twice.number, event.name));
            }
            if event.versions.is_empty() || !event.versions.is_sorted_by(|a, b| a.number < b.number) {
                return Err(format!("the versions of {kind} `{}` are not in order", event.name));
            }
        }
        projection::check(&self.projections)?;
        Ok(self)
    }

    /// The record of this version of the event or command, under its own name.
    pub(crate) fn version(&self, attrs: &StoredAttrs) -> Option<(&EventRecord, &VersionRecord)> {
        let event = self.event(attrs.kind, &attrs.name)?;
        event.version(attrs.version).map(|version| (event, version))
    }

    pub(crate) fn event(&self, kind: StoredKind, name: &str) -> Option<&EventRecord> {
        self.events.iter().find(|event| event.kind == kind && event.name == name)
    }

    pub(crate) fn projection(&self, name: &str) -> Option<&ProjectionRecord> {
        self.projections.iter().find(|projection| projection.name == name)
    }
}

impl VersionRecord {
    /// The keys of the tags that its stored events carry, with the names of the types of their ids, which may be empty.
    pub(crate) fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.text.lines().filter_map(read_tag)
    }

    /// The keys of those that newer events must carry too.
    pub(crate) fn kept_tags(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| line.starts_with("  tag ")).filter_map(read_tag).map(|(key, _)| key)
    }
}

impl EventRecord {
    pub(crate) fn version(&self, number: u32) -> Option<&VersionRecord> {
        self.versions.iter().find(|version| version.number == number)
    }

    /// The versions that have a type at the crate root: the first, which the oldest type claims whatever its own; each
    /// recorded one; and the one after them.
    pub(crate) fn versions_with_type(&self) -> impl Iterator<Item = u32> {
        let recorded = self.versions.iter().map(|version| version.number);
        let first = self.version(1).is_none().then_some(1);
        first.into_iter().chain(recorded).chain([self.newest() + 1])
    }

    /// The newest recorded version.
    pub(crate) fn newest(&self) -> u32 {
        self.versions.last().map_or(0, |version| version.number)
    }
}

/// A line of a shape: `tag key`, `gone tag key`, or a name and what it holds.
fn is_part(line: &str) -> bool {
    line.strip_prefix("gone ").unwrap_or(line).strip_prefix("tag ").is_some_and(is_word) || line.contains(": ")
}

/// The key of a tag that stored events carry, whether newer ones do or not, and the name of the type of its ids.
fn read_tag(line: &str) -> Option<(&str, &str)> {
    let tag = line.strip_prefix("  tag ").or_else(|| line.strip_prefix("  gone tag "))?;
    Some(tag.split_once(": ").unwrap_or((tag, "")))
}

/// The hash that `eskit-runtime` computes from a type, computed from the lines of a record.
fn fingerprint(record: &str) -> u64 {
    let (head, body) = record.split_once('\n').unwrap_or((record, ""));
    let lines: Vec<&str> = body.lines().collect();
    let tags = lines.iter().filter_map(|line| read_tag(line));
    tags.fold(node(head, parts(&lines)), |sum, (key, id_type)| tag(sum, key, id_type))
}

/// The sum over the parts that these lines hold, in any order.
fn parts(lines: &[&str]) -> u64 {
    let Some(depth) = lines.first().map(|line| indentation(line)) else { return 0 };
    let starts: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| indentation(line) == depth).map(|(index, _)| index).collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    starts.iter().zip(ends).filter_map(|(start, end)| lines.get(*start..end)).map(part).fold(0, u64::wrapping_add)
}

/// One part: its line and the deeper ones below it. Tags count apart, and what is gone not at all.
fn part(lines: &[&str]) -> u64 {
    let Some((line, below)) = lines.split_first() else { return 0 };
    let line = line.trim_start();
    if line.starts_with("tag ") || line.starts_with("gone ") {
        return 0;
    }
    let (name, rest) = line.split_once(": ").unwrap_or((line, ""));
    let (head, marks) = rest.split_once(" [").unwrap_or((rest, ""));
    let mut flags = if name.ends_with('?') { flag::OPTIONAL } else { 0 };
    let mut all = vec![name.trim_end_matches('?')];
    for mark in marks.trim_end_matches(']').split("] [").filter(|mark| !mark.is_empty()) {
        match mark {
            "omitted" => flags |= flag::OMITTED,
            "unwritten" => flags |= flag::UNWRITTEN,
            "unread" => flags |= flag::UNREAD,
            "other" => flags |= flag::OTHER,
            "untagged" => flags |= flag::UNTAGGED,
            _ => all.push(mark.strip_prefix("alias ").unwrap_or(mark)),
        }
    }
    mix(names(all.into_iter()).wrapping_add(u64::from(flags) << 56), node(head, parts(below)))
}

fn node(head: &str, parts: u64) -> u64 {
    if let Some(inner) = head.strip_prefix("option ") {
        return mix(text("option"), node(inner, parts));
    }
    if let Some(item) = head.strip_prefix("list ") {
        return mix(text("list"), node(item, parts));
    }
    if let Some((len, item)) = head.strip_prefix("array ").and_then(|rest| rest.split_once(' ')) {
        return mix(text("array"), mix(len.parse().unwrap_or_default(), node(item, parts)));
    }
    if let Some((kind, inner)) = head.strip_prefix("personal ").and_then(|rest| rest.split_once(' ')) {
        return mix(text("personal"), mix(text(kind), node(inner, parts)));
    }
    match head.split(' ').next() {
        Some("struct" | "enum" | "tuple" | "map") => mix(text(head), parts),
        _ => text(head),
    }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# c\nformat 1\ncrate a\n\nevent a.B\n  alias a.C\n  version 1: struct\n    tag x\n    x: string\n    l: list struct\n      y?: option u8 [omitted] [alias z]\n  version 2: unit\n";

    fn read(text: &str) -> Result<LockFile, String> {
        LockFile::parse(text)
    }

    #[test]
    fn the_file_is_read() {
        let file = read(TEXT).ok().unwrap();
        let event = file.event(StoredKind::Event, "a.B").unwrap();
        assert_eq!((event.newest(), event.aliases.as_slice()), (2, &["a.C".to_owned()][..]));
        assert!(event.version(1).unwrap().text.ends_with("\n  l: list struct\n    y?: option u8 [omitted] [alias z]"));
    }

    #[test]
    fn the_order_of_fields_does_not_count_and_all_else_does() {
        let hash = |text: &str| {
            read(text).ok().unwrap().event(StoredKind::Event, "a.B").unwrap().version(1).unwrap().fingerprint
        };
        let moved = TEXT.replace("    x: string\n", "").replace("  version 2", "    x: string\n  version 2");
        assert_eq!(hash(&moved), hash(TEXT));
        assert_eq!(hash(&TEXT.replace("  version 2", "    gone o: struct\n      p: u8\n  version 2")), hash(TEXT));
        for (from, to) in [
            ("tag x", "tag y"),
            ("tag x", "tag x: Sku"),
            ("x: string", "x: u8"),
            ("x: string", "w: string"),
            ("list struct", "option struct"),
            ("y?", "y"),
            (" [omitted]", ""),
            (" [alias z]", ""),
            ("alias z", "alias w"),
            ("x: string", "x: personal a string"),
            ("option u8", "array 2 u8"),
            ("1: struct", "1: struct closed"),
            ("omitted", "unread"),
        ] {
            assert_ne!(hash(&TEXT.replacen(from, to, 1)), hash(TEXT), "{from} -> {to}");
        }
    }

    #[test]
    fn a_newer_format_is_told_from_a_malformed_one() {
        assert_eq!(newer_format(&TEXT.replace("format 1", "format 2")), Some("format 2"));
        for format in ["format 1", "format 0", "format x", "format", "crate a"] {
            assert_eq!(newer_format(&TEXT.replace("format 1", format)), None, "{format}");
        }
    }

    #[test]
    fn a_malformed_file_is_refused_with_the_place() {
        for (text, problem) in [
            (TEXT.replace("# c\nformat 1", ""), "line 2 is no part of a record: `crate a`"),
            (TEXT.replace("crate a\n", ""), "the line that names the crate, such as `crate shop`, is missing"),
            (TEXT.replace("format 1", "format 0"), "line 2 is no part of a record: `format 0`"),
            (TEXT.replace("event a.B", "event a B"), "line 5 is no part of a record: `event a B`"),
            (TEXT.replace("alias a.C", "alias a C"), "line 6 is no part of a record: `  alias a C`"),
            (TEXT.replace("tag x", "tag x y"), "line 8 is no part of a record: `    tag x y`"),
            (TEXT.replace("x: string", "x string"), "line 9 is no part of a record: `    x string`"),
            (TEXT.replace("  alias", "=======\n  alias"), "line 6 is no part of a record: `=======`"),
            (format!("{TEXT}event a.B\n  version 1: unit\n"), "event `a.B` is recorded twice"),
            (TEXT.replace("version 2", "version 1"), "version 1 of event `a.B` is recorded twice"),
            (TEXT.replace("version 1", "version 3"), "the versions of event `a.B` are not in order"),
            (String::new(), "the line `format 1` is missing"),
        ] {
            assert_eq!(read(&text).err().unwrap(), problem);
        }
    }
}
