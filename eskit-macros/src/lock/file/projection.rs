//! The records of projections.

use super::word::is_word;

pub(crate) struct ProjectionRecord {
    pub(crate) name: String,
    pub(crate) version: u32,
    /// The wire names of the events for which it has a method.
    pub(crate) events: Vec<String>,
    /// Whether it takes every other event too.
    pub(crate) takes_all: bool,
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

    #[test]
    fn projections_are_read_line_by_line() {
        let mut found = Vec::new();
        for line in ["projection list version 2", "  on a.B", "  on every other event", "projection sum version 1"] {
            assert!(read(&mut found, line).is_some(), "{line}");
        }
        let [list, sum] = &found[..] else { panic!("{} projections", found.len()) };
        assert_eq!((list.version, list.events.as_slice(), list.takes_all), (2, &["a.B".to_owned()][..], true));
        assert_eq!((sum.name.as_str(), sum.version, sum.takes_all), ("sum", 1, false));
        assert_eq!(check(&found), Ok(()));
        assert!(read(&mut found, "projection list version 3").is_some());
        assert_eq!(check(&found), Err("projection `list` is recorded twice".to_owned()));
    }

    #[test]
    fn a_malformed_line_is_refused() {
        assert!(read(&mut Vec::new(), "  on a.B").is_none());
        for line in
            ["projection list", "projection list version x", "projection a b version 1", "  on a B", "  alias a.B"]
        {
            let mut found = Vec::new();
            read(&mut found, "projection list version 1");
            assert!(read(&mut found, line).is_none(), "{line}");
        }
    }
}
