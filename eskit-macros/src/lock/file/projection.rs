//! The records of projections.

use super::{LockFile, is_word};

pub(crate) struct ProjectionRecord {
    pub(crate) name: String,
    pub(crate) version: u32,
    /// The wire names of the events for which it has a method.
    pub(crate) events: Vec<String>,
    /// Whether it takes every other event too.
    pub(crate) takes_all: bool,
}

impl LockFile {
    pub(crate) fn projection(&self, name: &str) -> Option<&ProjectionRecord> {
        self.projections.iter().find(|projection| projection.name == name)
    }
}

/// Reads one line of a record.
pub(super) fn read(projections: &mut Vec<ProjectionRecord>, line: &str) -> Option<()> {
    if let Some(head) = line.strip_prefix("projection ") {
        let (name, version) = head.split_once(" version ").filter(|(name, _)| is_word(name))?;
        let (name, version) = (name.to_owned(), version.parse().ok()?);
        projections.push(ProjectionRecord { name, version, events: Vec::new(), takes_all: false });
        return Some(());
    }
    let projection = projections.last_mut()?;
    match line.strip_prefix("  on ")? {
        "every other event" => projection.takes_all = true,
        name if is_word(name) => projection.events.push(name.to_owned()),
        _ => return None,
    }
    Some(())
}

/// A merge can leave a projection twice.
pub(super) fn check(projections: &[ProjectionRecord]) -> Result<(), String> {
    for (index, projection) in projections.iter().enumerate() {
        if projections.iter().take(index).any(|other| other.name == projection.name) {
            return Err(format!("projection `{}` is recorded twice", projection.name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "format 1\ncrate a\n\nprojection list version 2\n  on a.B\n  on every other event\n\nprojection sum version 1\n  on a.B\n\nevent a.B\n  version 1: unit\n";

    #[test]
    fn projections_are_read_wherever_they_stand() {
        let file = LockFile::parse(TEXT).ok().unwrap();
        let (list, sum) = (file.projection("list").unwrap(), file.projection("sum").unwrap());
        assert_eq!((list.version, list.events.as_slice(), list.takes_all), (2, &["a.B".to_owned()][..], true));
        assert_eq!((sum.version, sum.takes_all, file.events.len()), (1, false, 1));
    }

    #[test]
    fn a_malformed_record_is_refused_with_the_place() {
        for (from, to, problem) in [
            ("list version 2", "list", "line 4 is no part of a record: `projection list`"),
            ("list version 2", "list version x", "line 4 is no part of a record: `projection list version x`"),
            ("on a.B", "on a B", "line 5 is no part of a record: `  on a B`"),
            ("  on a.B", "  alias a.B", "line 5 is no part of a record: `  alias a.B`"),
            ("projection sum", "projection list", "projection `list` is recorded twice"),
        ] {
            assert_eq!(LockFile::parse(&TEXT.replacen(from, to, 1)).err().unwrap(), problem);
        }
    }
}
