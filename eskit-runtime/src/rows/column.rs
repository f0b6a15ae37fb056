use std::fmt::Write as _;

use crate::model::aggregate::AggregateType;
use crate::store_kit::fnv1a;

/// What a database may take for the name of a column, as it is, with `by_` before it.
const PLAIN_MAX: usize = 60;
/// How much of a name stands before its hash.
const START_MAX: usize = 40;

/// The column in which views keep an indexed field: `by_taken` for `taken`. It has at most 63 characters, of `a-z`, `0-9` and `_`, and
/// differs for each two fields, also where a database does not tell `Taken` from `taken`.
pub fn index_column(field: &str) -> String {
    let is_plain = |char: char| matches!(char, 'a'..='z' | '0'..='9' | '_');
    if field.len() <= PLAIN_MAX && field.chars().all(is_plain) {
        return format!("by_{field}");
    }
    let start = field.chars().map(|char| char.to_ascii_lowercase()).filter(|char| is_plain(*char)).take(START_MAX);
    let mut column: String = "by_".chars().chain(start).collect();
    // Writing to a text cannot fail.
    let _ = write!(column, "_{:016x}", fnv1a(field.as_bytes()));
    column
}

/// Says that the table of an aggregate's rows has an index on other fields. For views.
pub fn other_index(of: &AggregateType) -> String {
    format!(
        "the rows of `{0}` have an index on other fields than `{1}`\nhelp: write `version = {2}` in its `#[aggregate(..)]`, so that \
         they are built anew",
        of.name,
        of.index.join("`, `"),
        of.version + 1
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn columns_differ_and_every_database_takes_them() {
        let (long, other) = ("x".repeat(70), format!("{}y", "x".repeat(69)));
        let fields = ["taken", "Taken", "TAKEN", "größe", "gr", "a\"b", "type", "by_taken", &long, &other];
        let columns: BTreeSet<String> = fields.iter().map(|field| index_column(field)).collect();
        assert_eq!(columns.len(), fields.len(), "{columns:?}");
        for column in &columns {
            let is_plain = column.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
            assert!(column.len() <= 63 && is_plain, "{column}");
        }
        assert!(columns.contains("by_taken"));
    }
}
