//! The kinds of items whose content a payload holds, so that a process claims only what it can read.

use eskit_runtime::log::{SchemaVersion, WireName};
use eskit_runtime::model::EventTypes;

/// The kind of an item whose content is a payload of this wire name and version, such as `shop.OrderPaid@2`.
pub(crate) fn kind_of(name: &WireName, version: SchemaVersion) -> String {
    format!("{name}@{version}")
}

/// The kinds of all that can be read as one of these types: every version that a type has had, also under its former names.
pub(crate) fn kinds_of(types: EventTypes) -> Vec<String> {
    let mut kinds = Vec::new();
    types.for_each(&mut |readable| {
        for name in std::iter::once(&readable.name).chain(readable.aliases) {
            kinds.extend((1..=readable.version).map(|version| format!("{name}@{version}")));
        }
    });
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The version in a kind; `None` if it has none.
pub(crate) fn version_of(kind: &str) -> Option<(WireName, SchemaVersion)> {
    let (name, version) = kind.rsplit_once('@')?;
    Some((WireName::from(name), SchemaVersion::new(version.parse().ok()?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_tells_name_and_version() {
        let (name, version) = (WireName::from("a@b"), SchemaVersion::FIRST);
        assert_eq!(kind_of(&name, version), "a@b@1");
        assert_eq!(version_of("a@b@1"), Some((name, version)));
        assert_eq!(version_of("todo"), None);
        assert_eq!(version_of("a@0"), None);
    }
}
