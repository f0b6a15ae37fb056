//! The records of projections.

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

/// Whether a name is one word.
pub(super) fn is_word(name: &str) -> bool {
    !name.is_empty() && !name.contains(char::is_whitespace)
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
