//! The one command that writes `eskit.lock`: the test `eskit_lock` that `eskit::lock!()` puts at the crate root.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::claim::{Claim, Claims};
use super::compare::compare;
use super::current::Current;
use super::projection::{self, CurrentProjection};
use super::record::{EventRecord, LockFile, VersionRecord};
use super::render;
use crate::codec::kind::PayloadKind;
use crate::model::event::EventType;

/// One version of an event or a stored command, submitted in test builds of a crate with `eskit::lock!()`, when no record leads to it.
#[derive(Clone, Copy, Debug)]
pub struct LockEntry(pub &'static Claim);

inventory::collect!(LockEntry);

/// The body of the test `eskit_lock`: checks that the file is up to date, or writes it when `ESKIT_LOCK` says so.
///
/// # Errors
/// The file is stale, or holds what the program no longer keeps to, or cannot be read or written.
pub fn eskit_lock(manifest_dir: &str, crate_name: &str, claims: &'static [Claims]) -> Result<(), LockError> {
    let path = Path::new(manifest_dir).join("eskit.lock");
    let recorded = claims.iter().flat_map(|event| event.claims);
    let entries: Vec<&Current> = recorded
        .chain(inventory::iter::<LockEntry>.into_iter().map(|entry| entry.0))
        .filter_map(|claim| match claim {
            Claim::Own(current) if current.is_locked() => Some(current),
            _ => None,
        })
        .collect();
    let (old, text) = read(&path)?;
    let (events, mut refused) = update(&old, &entries);
    let kept = inventory::iter::<CurrentProjection>.into_iter().filter(|projection| projection.is_locked());
    let projections = projection::update(&old.projections, kept, &mut refused);
    let new = LockFile { crate_name: crate_name.to_owned(), events, projections };
    let mode = std::env::var("ESKIT_LOCK").unwrap_or_default();
    if !refused.is_empty() && mode != "force" {
        return Err(LockError::Refused(refused));
    }
    let stale = changed(&old, &new);
    let new = new.to_string();
    if new == text {
        return Ok(());
    }
    if mode.is_empty() {
        return Err(LockError::Stale(stale));
    }
    write(&path, &new)?;
    tell(&stale, &refused);
    Ok(())
}

/// Says what was written, past the test's own output, which is hidden when it succeeds.
fn tell(recorded: &[String], refused: &[String]) {
    let mut text = format!("`ESKIT_LOCK` is set: wrote `eskit.lock`, with changes of {}\n", recorded.join(", "));
    if !refused.is_empty() {
        text.push_str("stored events and commands, older programs or read models do not survive what was forced:\n");
        refused.iter().for_each(|problem| text.push_str(&format!("- {problem}\n")));
    }
    // Nothing depends on whether it is read.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn read(path: &Path) -> Result<(LockFile, String), LockError> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let text = text.replace("\r\n", "\n");
            if let Some(index) = text.lines().position(|line| line.starts_with("<<<<<<<")) {
                return Err(LockError::Unmerged(path.to_owned(), index + 1));
            }
            let file = LockFile::parse(&text).map_err(|problem| LockError::Malformed(path.to_owned(), problem))?;
            Ok((file, text))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok((LockFile::default(), String::new())),
        Err(error) => Err(LockError::Io(path.to_owned(), error)),
    }
}

/// Through a file beside it, so that a crash leaves the old one or the new one.
fn write(path: &Path, text: &str) -> Result<(), LockError> {
    let beside = path.with_extension(format!("lock.{}", std::process::id()));
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .map_err(|error| LockError::Io(path.to_owned(), error))
}

/// The events, commands and projections whose records differ.
fn changed(old: &LockFile, new: &LockFile) -> Vec<String> {
    let differ = |a: &LockFile, b: &LockFile| -> Vec<String> {
        let events = a.events.iter().filter(|event| b.event(event.kind, &event.name) != Some(event));
        let kept = |name: &str| b.projection(name);
        let projections = a.projections.iter().filter(|projection| kept(&projection.name) != Some(projection));
        let events = events.map(|event| format!("{} `{}`", event.kind, event.name));
        events.chain(projections.map(|projection| format!("projection `{}`", projection.name))).collect()
    };
    let mut names = differ(new, old);
    names.extend(differ(old, new));
    names.sort_unstable();
    names.dedup();
    names
}

/// The records of these events, after `old`, and why they must not be written.
fn update(old: &LockFile, entries: &[&Current]) -> (Vec<EventRecord>, Vec<String>) {
    let mut types: BTreeMap<(PayloadKind, &str), Vec<&Current>> = BTreeMap::new();
    for entry in entries {
        types.entry((entry.event.kind, entry.event.name)).or_default().push(entry);
    }
    let mut refused = Vec::new();
    let mut new = Vec::new();
    for (name, mut versions) in types {
        versions.sort_by_key(|entry| entry.event.version);
        new.push(record(old, name, &versions, &mut refused));
    }
    for event in &old.events {
        let known = |entry: &&Current| entry.event.kind == event.kind && entry.event.is_named(&event.name);
        if !entries.iter().any(known) {
            let EventRecord { kind, name, .. } = event;
            refused.push(format!("{kind} `{name}` is recorded, but no type has this wire name or alias"));
        }
    }
    (new, refused)
}

/// The record of one event or command. `types` are its versions that have a type, oldest first.
fn record(
    old: &LockFile,
    (kind, name): (PayloadKind, &str),
    types: &[&Current],
    refused: &mut Vec<String>,
) -> EventRecord {
    let (newest, aliases) = types.last().map_or((0, &[][..]), |entry| (entry.event.version, entry.event.aliases));
    let mut versions: BTreeMap<u32, VersionRecord> = BTreeMap::new();
    for recorded in std::iter::once(name).chain(aliases.iter().copied()).filter_map(|name| old.event(kind, name)) {
        for version in &recorded.versions {
            versions.entry(version.number).or_insert_with(|| version.clone());
        }
        let dropped = recorded.aliases.iter().filter(|alias| *alias != name && !aliases.contains(&alias.as_str()));
        refused
            .extend(dropped.map(|alias| format!("{kind} `{name}` is no longer read under its former name `{alias}`")));
    }
    if let Some(beyond) = versions.split_off(&(newest + 1)).into_keys().last() {
        refused.push(format!(
            "version {beyond} of {kind} `{name}` is recorded, but its newest type is at version {newest}"
        ));
    }
    for entry in types {
        let Current { event, shape, .. } = entry;
        let superseded = event.version < newest;
        let mut before = versions.get(&event.version).map(|version| version.text.clone());
        if let Some(text) = &before {
            let report = compare(text, (kind, event.tags), shape, superseded);
            if report.refused > 0 {
                let lines = report.lines();
                let lines = lines.as_str();
                refused.push(format!("{kind} `{name}` version {} is not what is recorded:{lines}", event.version));
                before = None;
            }
        }
        let text = render::version(event.tags, shape, before.as_deref(), superseded);
        versions.insert(event.version, VersionRecord { number: event.version, text });
    }
    if let Some(entry) = types.last() {
        state_tags(name, entry.event, &mut versions, refused);
    }
    EventRecord {
        kind,
        name: name.to_owned(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        versions: versions.into_values().collect(),
    }
}

/// States that the stored events of older versions carry the tags of the newest, which must be so, and which of their tags the
/// newest has no more.
fn state_tags(name: &str, newest: &EventType, versions: &mut BTreeMap<u32, VersionRecord>, refused: &mut Vec<String>) {
    let now = newest.version;
    for VersionRecord { number, text } in versions.range_mut(..now).map(|(_, version)| version) {
        for key in newest.tags.iter().map(|tag| tag.key) {
            if render::tags_of(text).all(|tag| tag.key != key) {
                refused.push(format!(
                    "event `{name}` version {now} has the tag `{key}`, which stored events of version {number} do not carry: add it \
                     to them with `eskit::retag`, and write `tag {key}` below version {number}"
                ));
                *text = render::with_tag(text, key);
            }
        }
        let is_dropped = |tag: &render::Tag<'_>| !tag.gone && newest.tags.iter().all(|new| new.key != tag.key);
        let dropped: Vec<String> = render::tags_of(text).filter(is_dropped).map(|tag| tag.key.to_owned()).collect();
        for key in dropped {
            refused.push(format!(
                "event `{name}` version {now} has no tag `{key}`, which stored events of version {number} carry: keep it, or write \
                 `gone tag {key}` in place of `tag {key}` below version {number}"
            ));
            *text = render::with_gone_tag(text, &key);
        }
    }
}

/// Why the test `eskit_lock` fails.
pub enum LockError {
    /// The program has events, versions, parts or projections that the file does not record: which events, commands and projections.
    Stale(Vec<String>),
    /// The program no longer keeps to what the file records.
    Refused(Vec<String>),
    /// The file holds a merge conflict, from this line on.
    Unmerged(PathBuf, usize),
    /// The file is not one that this version of eskit wrote.
    Malformed(PathBuf, String),
    /// The file could not be read or written.
    Io(PathBuf, std::io::Error),
}

impl fmt::Display for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockError::Stale(names) => {
                f.write_str("`eskit.lock` is not up to date")?;
                names.iter().try_for_each(|name| write!(f, "\n  {name} is not recorded as it is"))?;
                f.write_str("\nhelp: run `ESKIT_LOCK=write cargo test eskit_lock`, and commit the file")
            }
            LockError::Refused(problems) => {
                f.write_str(
                    "`eskit.lock` stays as it is, since stored events and commands, older programs or read models would not survive:",
                )?;
                problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))?;
                f.write_str(
                    "\nhelp: make a new version, or restore what was; if what changed was never released, run `ESKIT_LOCK=force cargo test eskit_lock`",
                )
            }
            LockError::Unmerged(path, line) => write!(
                f,
                "{} holds a merge conflict, from line {line} on\nhelp: keep the lines of both sides, without the marks, and run `ESKIT_LOCK=write cargo test eskit_lock`",
                path.display()
            ),
            LockError::Malformed(path, problem) => write!(
                f,
                "{}: {problem}\nhelp: restore the file from version control, and run `ESKIT_LOCK=write cargo test eskit_lock`",
                path.display()
            ),
            LockError::Io(path, error) => write!(f, "{}: {error}", path.display()),
        }
    }
}

/// As the text: this is what a failing test prints.
impl fmt::Debug for LockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for LockError {}
