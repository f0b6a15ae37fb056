use std::borrow::Cow;
use std::fmt::Write as _;

use eskit_runtime::log::limits::TAGS_PER_EVENT_MAX;
use eskit_runtime::log::{Direction, QueryItem};
use rusqlite::{Connection, Row};

use crate::error::Fault;
use crate::file::row;
use crate::file::tier::Tier;
use crate::read::range::Range;

/// The next wire name beside a tag.
macro_rules! next_name {
    ($table:literal) => {
        concat!("SELECT type FROM ", $table, " WHERE tag = ?1 AND type > ?2 ORDER BY type LIMIT 1")
    };
}

macro_rules! count {
    ($table:literal) => {
        concat!(
            "(SELECT count(*) FROM (SELECT 1 FROM ",
            $table,
            " WHERE tag = ?1 AND type = ?2 AND pos > ?3 AND pos <= ?4 LIMIT ?5))"
        )
    };
}

/// How many events carry a tag, in either table up to a bound.
const COUNT: &str = concat!("SELECT ", count!("tags_recent"), " + ", count!("tags"));

/// The events of one tag, without and with their order.
macro_rules! ordered {
    ($table:literal, $order:literal) => {
        (first_tag!($table), concat!(first_tag!($table), " ORDER BY t.pos ", $order, " LIMIT ?4"))
    };
}
macro_rules! first_tag {
    ($table:literal) => {
        concat!("SELECT t.pos FROM ", $table, " t WHERE t.tag = ?5 AND t.type = ?1 AND t.pos > ?2 AND t.pos <= ?3")
    };
}

/// How far to count a tag's events to find the rarest: a first try, by how much to go further, and where to stop.
const COUNT_FIRST: i64 = 4;
const COUNT_GROWTH: i64 = 4;
const COUNT_MAX: i64 = 1 << 13;

/// The tag by which every event is found; no event carries an empty one.
pub(crate) const EVERY: &str = "";

/// Events of one wire name that carry all of these tags.
pub(crate) struct Tagged<'q> {
    item: &'q QueryItem,
    name: Cow<'q, str>,
    /// The rarest first: the others are looked up for each event that it finds.
    tags: Vec<&'q str>,
}

/// Splits an item with tags or types by wire name. Returns nothing when no event can match.
pub(crate) fn split<'q>(conn: &Connection, item: &'q QueryItem, range: Range) -> Result<Vec<Tagged<'q>>, Fault> {
    let mut tags: Vec<&str> = Vec::with_capacity(item.tags.len());
    for tag in &item.tags {
        if !tags.contains(&tag.as_str()) {
            tags.push(tag.as_str());
        }
        if tags.len() > TAGS_PER_EVENT_MAX {
            return Ok(Vec::new());
        }
    }
    if tags.is_empty() {
        tags.push(EVERY);
    }
    let first = tags[0];
    let names: Vec<Cow<'q, str>> = if item.types.is_empty() {
        names_of_tag(conn, first)?.into_iter().map(Cow::Owned).collect()
    } else {
        item.types.iter().map(|name| Cow::Borrowed(name.as_str())).collect()
    };
    if tags.len() > 1 {
        match rarest(conn, &tags, &names, range)? {
            Some(index) => tags.swap(0, index),
            None => return Ok(Vec::new()),
        }
    }
    Ok(names.into_iter().map(|name| Tagged { item, name, tags: tags.clone() }).collect())
}

/// The wire names of the events that carry a tag, each once: one seek for each.
fn names_of_tag(conn: &Connection, tag: &str) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for tier in Tier::NEWEST_FIRST {
        let mut statement = conn.prepare_cached(tier.pick(next_name!("tags"), next_name!("tags_recent")))?;
        let mut last = String::new();
        loop {
            let mut rows = statement.query((tag, &last))?;
            let Some(row) = rows.next()? else { break };
            last = row.get(0)?;
            names.push(last.clone());
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// The index of the tag that the fewest events in the range carry; `None` when some tag is on none.
///
/// Counts every tag up to a bound that grows until one tag stays below it, so the cost follows the rarest tag.
fn rarest(conn: &Connection, tags: &[&str], names: &[Cow<'_, str>], range: Range) -> Result<Option<usize>, Fault> {
    let mut count_of = conn.prepare_cached(COUNT)?;
    let mut bound = COUNT_FIRST;
    while bound <= COUNT_MAX {
        for (index, tag) in tags.iter().enumerate() {
            let mut count = 0;
            for name in names {
                if count < bound {
                    let parameters = (tag, name, range.after, range.until, bound - count);
                    count += count_of.query_row(parameters, |row| row.get::<_, i64>(0))?;
                }
            }
            if count < bound {
                return Ok((count > 0).then_some(index));
            }
        }
        bound *= COUNT_GROWTH;
    }
    Ok(Some(0))
}

/// One look-up for each further tag: all tags of an event stand in the same table. Only numbers of parameters enter the text.
fn sql(tags: usize, direction: Direction, tier: Tier) -> Cow<'static, str> {
    let (first, order) = match (tier, direction) {
        (Tier::Settled, Direction::Forward) => ordered!("tags", "ASC"),
        (Tier::Settled, Direction::Backward) => ordered!("tags", "DESC"),
        (Tier::Recent, Direction::Forward) => ordered!("tags_recent", "ASC"),
        (Tier::Recent, Direction::Backward) => ordered!("tags_recent", "DESC"),
    };
    if tags == 1 {
        return Cow::Borrowed(order);
    }
    let table = tier.pick("tags", "tags_recent");
    let mut sql = String::from(first);
    for number in 6..tags + 5 {
        let _ = write!(
            sql,
            " AND EXISTS (SELECT 1 FROM {table} u WHERE u.tag = ?{number} AND u.type = ?1 AND u.pos = t.pos)"
        );
    }
    sql.push_str(&order[first.len()..]);
    Cow::Owned(sql)
}

impl Tagged<'_> {
    /// Adds at most `want` positions in the range to `out`, in its direction.
    pub(crate) fn positions(
        &self,
        conn: &Connection,
        range: Range,
        want: usize,
        out: &mut Vec<i64>,
    ) -> Result<(), Fault> {
        for tier in Tier::in_order(range.direction) {
            self.positions_in(conn, tier, range, want, out)?;
        }
        Ok(())
    }

    fn positions_in(
        &self,
        conn: &Connection,
        tier: Tier,
        range: Range,
        want: usize,
        out: &mut Vec<i64>,
    ) -> Result<(), Fault> {
        if out.len() >= want {
            return Ok(());
        }
        // A type of stream is not in the tag table: then events are looked at one by one, until enough match.
        let limit =
            if self.item.stream_type.is_some() { -1 } else { i64::try_from(want - out.len()).unwrap_or(i64::MAX) };
        let mut statement = conn.prepare_cached(&sql(self.tags.len(), range.direction, tier))?;
        statement.raw_bind_parameter(1, &*self.name)?;
        statement.raw_bind_parameter(2, range.after)?;
        statement.raw_bind_parameter(3, range.until)?;
        statement.raw_bind_parameter(4, limit)?;
        for (index, tag) in self.tags.iter().enumerate() {
            statement.raw_bind_parameter(5 + index, tag)?;
        }
        let mut rows = statement.raw_query();
        while out.len() < want
            && let Some(row) = rows.next()?
        {
            let at = row.get(0)?;
            if self.item.stream_type.is_none() || row::matches_at(conn, self.item, at)? {
                out.push(at);
            }
        }
        Ok(())
    }
}

/// Deletes the entries of an event, given by a row that begins with the columns of a filter.
pub(crate) fn delete(conn: &Connection, row: &Row<'_>) -> Result<(), Fault> {
    macro_rules! delete_sql {
        ($table:literal) => {
            concat!("DELETE FROM ", $table, " WHERE tag = ?1 AND type = ?2 AND pos = ?3")
        };
    }
    let (at, envelope): (i64, _) = (row.get(0)?, row::envelope(row)?);
    for tag in std::iter::once(EVERY).chain(envelope.tags()) {
        for tier in Tier::NEWEST_FIRST {
            let mut delete = conn.prepare_cached(tier.pick(delete_sql!("tags"), delete_sql!("tags_recent")))?;
            delete.execute((tag, envelope.name(), at))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use eskit_runtime::log::Tag;

    use super::*;
    use crate::file::schema;

    fn tag(conn: &Connection, tag: &str, name: &str, positions: std::ops::Range<i64>) {
        for at in positions {
            conn.execute("INSERT INTO tags (tag, type, pos) VALUES (?1, ?2, ?3)", (tag, name, at)).unwrap();
        }
    }

    /// The wrong order costs a look-up for each event of the tag that is everywhere.
    #[test]
    fn the_rarest_tag_stands_first() {
        let conn = schema::in_memory();
        tag(&conn, "everywhere", "a", 0..5000);
        tag(&conn, "common", "a", 0..200);
        tag(&conn, "common", "b", 0..2000);
        tag(&conn, "rare", "b", 0..20);
        let (a, b) = (Cow::Borrowed("a"), Cow::Borrowed("b"));
        let all = Range::behind(-1, Direction::Backward);
        let of = |tags: &[&str], names: &[Cow<'_, str>], range| rarest(&conn, tags, names, range).unwrap();
        assert_eq!(of(&["everywhere", "common"], std::slice::from_ref(&a), all), Some(1));
        assert_eq!(of(&["common", "everywhere"], std::slice::from_ref(&a), all), Some(0));
        assert_eq!(of(&["everywhere", "common", "rare"], &[a.clone(), b.clone()], all), Some(2));
        assert_eq!(of(&["everywhere", "rare"], std::slice::from_ref(&a), all), None);
        let new = Range { after: 4000, ..all };
        assert_eq!(of(&["everywhere", "common"], &[a, b], new), None);

        tag(&conn, "k:many", "a", 0..500);
        tag(&conn, "k:few", "a", 0..5);
        let item = QueryItem::tags([Tag::new("k", "many"), Tag::new("k", "few")]);
        assert_eq!(split(&conn, &item, all).unwrap()[0].tags, ["k:few", "k:many"]);
    }

    /// The cost of a condition must not grow with the log: every step is a seek, and nothing is sorted.
    #[test]
    fn tags_are_found_by_seeks_alone() {
        let conn = schema::in_memory();
        for direction in [Direction::Forward, Direction::Backward] {
            for (tags, tier) in (1..=4).flat_map(|tags| Tier::NEWEST_FIRST.map(|tier| (tags, tier))) {
                let plan = schema::plan(&conn, &sql(tags, direction, tier));
                let seeks = plan.iter().filter(|step| step.contains("USING PRIMARY KEY (tag=? AND type=? AND pos"));
                assert_eq!(seeks.count(), tags, "{plan:#?}");
                assert!(!plan.iter().any(|step| step.contains("SCAN") || step.contains("B-TREE")), "{plan:#?}");
            }
        }
    }
}
