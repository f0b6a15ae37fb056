use std::fmt::Write as _;

use eskit_runtime::log::limits::TAGS_PER_EVENT_MAX;
use eskit_runtime::log::{Direction, Place, Query, QueryItem};
use sqlx::postgres::PgArguments;
use sqlx::types::Uuid;
use sqlx::{Arguments, Encode, PgConnection, Postgres, Type};

use crate::error::Fault;
use crate::read::range::{Range, is_impossible};
use crate::read::rarest::rarest;
use crate::sql::arrays::Slices;
use crate::sql::head::head_behind;
use crate::sql::names::{EQ, GE, GT, LE, LT, NE};
use crate::sql::record::column;
use crate::sql::statements::Statements;

/// A query sorted by what narrows each item, as the arrays of one statement.
#[derive(Default)]
pub(crate) struct Sources<'q> {
    /// Whether every event matches.
    pub(crate) is_all: bool,
    tags: Vec<&'q str>,
    tag_types: Vec<String>,
    tagged: Tagged<'q>,
    types: Vec<&'q str>,
    type_stream_types: Vec<Option<&'q str>>,
    stream_types: Vec<&'q str>,
    streams: Narrowed<'q>,
    ids: Narrowed<'q>,
}

/// A tag beside a type, further tags, and a type of stream.
#[derive(Default)]
struct Tagged<'q> {
    tag: Vec<&'q str>,
    name: Vec<String>,
    more: Slices,
    all_more: Vec<&'q str>,
    stream_type: Vec<Option<&'q str>>,
}

/// A stream or an id, and the rest of the item.
#[derive(Default)]
struct Narrowed<'q> {
    id: Vec<Uuid>,
    in_stream_type: Vec<Option<&'q str>>,
    in_stream_id: Vec<Option<&'q str>>,
    stream_type: Vec<Option<&'q str>>,
    types: Slices,
    all_types: Vec<&'q str>,
    tags: Slices,
    all_tags: Vec<&'q str>,
}

impl<'q> Narrowed<'q> {
    fn push(&mut self, id: Option<Uuid>, item: &'q QueryItem) {
        self.id.extend(id);
        self.in_stream_type.push(item.stream.as_ref().map(|stream| stream.stream_type()));
        self.in_stream_id.push(item.stream.as_ref().map(|stream| stream.id()));
        self.stream_type.push(item.stream_type.as_deref());
        self.types.push(&mut self.all_types, item.types.iter().map(|name| name.as_str()));
        self.tags.push(&mut self.all_tags, item.tags.iter().map(|tag| tag.as_str()));
    }
}

impl<'q> Sources<'q> {
    /// Sorts the items. Looks up what the tags of some of them need, in a log that holds a place, and then closes the range at the
    /// head as it was before, which is returned: what was appended since would be found by some items and not by others.
    pub(crate) async fn of(
        conn: &mut PgConnection,
        statements: &Statements,
        query: &'q Query,
        range: &mut Range,
        holds: Place,
    ) -> Result<(Sources<'q>, Option<Place>), Fault> {
        let mut sources = Sources::default();
        let mut looked_up_at = None;
        let items = || query.items().iter().filter(|item| !is_impossible(item));
        if items().any(needs_lookup) {
            let head = head_behind(conn, statements, holds).await?;
            range.until = range.until.min(column(head.position));
            looked_up_at = Some(head);
        }
        for item in items() {
            if !item.ids.is_empty() {
                item.ids.iter().for_each(|id| sources.ids.push(Some(id.as_uuid()), item));
            } else if item.stream.is_some() {
                sources.streams.push(None, item);
            } else if !item.tags.is_empty() {
                sources.add_tagged(conn, statements, item, *range).await?;
            } else if !item.types.is_empty() {
                sources.types.extend(item.types.iter().map(|name| name.as_str()));
                sources.type_stream_types.resize(sources.types.len(), item.stream_type.as_deref());
            } else if let Some(stream_type) = &item.stream_type {
                sources.stream_types.push(stream_type);
            } else {
                sources.is_all = true;
            }
        }
        Ok((sources, looked_up_at))
    }

    /// The type and the id of the one stream whose events, all of them, are what the query asks for.
    fn only_stream(&self) -> Option<(&'q str, &'q str)> {
        let others =
            [self.tags.len(), self.tagged.tag.len(), self.types.len(), self.stream_types.len(), self.ids.id.len()];
        let is_only = others == [0; 5] && self.streams.all_types.is_empty() && self.streams.all_tags.is_empty();
        match (self.streams.in_stream_type.as_slice(), self.streams.in_stream_id.as_slice()) {
            ([Some(stream_type)], [Some(id)]) if is_only => Some((stream_type, id)),
            _ => None,
        }
    }

    async fn add_tagged(
        &mut self,
        conn: &mut PgConnection,
        statements: &Statements,
        item: &'q QueryItem,
        range: Range,
    ) -> Result<(), Fault> {
        let mut tags: Vec<&'q str> = Vec::with_capacity(item.tags.len());
        for tag in &item.tags {
            if !tags.contains(&tag.as_str()) {
                tags.push(tag.as_str());
            }
        }
        if tags.len() > TAGS_PER_EVENT_MAX {
            return Ok(());
        }
        let types: Vec<String> = if item.types.is_empty() {
            statements.query_scalar(&statements.types).bind(tags[0]).fetch_all(&mut *conn).await?
        } else {
            item.types.iter().map(|name| name.as_str().to_owned()).collect()
        };
        if tags.len() > 1 {
            let types: Vec<&str> = types.iter().map(String::as_str).collect();
            match rarest(conn, statements, &tags, &types, range).await? {
                Some(index) => tags.swap(0, index),
                None => return Ok(()),
            }
        }
        for name in types {
            if tags.len() == 1 && item.stream_type.is_none() {
                self.tags.push(tags[0]);
                self.tag_types.push(name);
            } else {
                self.tagged.tag.push(tags[0]);
                self.tagged.name.push(name);
                self.tagged.more.push(&mut self.tagged.all_more, tags[1..].iter().copied());
                self.tagged.stream_type.push(item.stream_type.as_deref());
            }
        }
        Ok(())
    }

    /// The statement that reads the events, and its parameters: the range, the number of rows and the log come first.
    pub(crate) fn statement(&self, statements: &Statements, range: Range, limit: i64) -> Result<Select, Fault> {
        let mut select = Select { sql: String::with_capacity(1024), arguments: PgArguments::default() };
        let (after, until) = (select.bind(range.after)?, select.bind(range.until)?);
        debug_assert!(after == "$1" && until == "$2");
        let (limit, log) = (select.bind(limit)?, select.bind(statements.log())?);
        debug_assert!(limit == "$3" && log == "$4");
        let Statements { columns, events, .. } = statements;
        let order = match range.direction {
            Direction::Forward => "ASC",
            Direction::Backward => "DESC",
        };
        if self.is_all {
            let _ = write!(
                select.sql,
                "SELECT {columns} FROM {events} e WHERE {{guard}} AND e.pos {GT} $1 AND e.pos {LE} $2 \
                 AND e.type {NE} '' ORDER BY e.pos {order} LIMIT $3"
            );
            return select.guarded(statements);
        }
        if let Some((stream_type, id)) = self.only_stream() {
            let (stream_type, id) = (select.bind(stream_type)?, select.bind(id)?);
            let versions = select.versions(range)? + &versions_behind(statements, range, &stream_type, &id);
            let _ = write!(
                select.sql,
                "SELECT {columns} FROM {events} e WHERE {{guard}} AND e.stream_type {EQ} {stream_type} \
                 AND e.stream_id {EQ} {id}{versions} ORDER BY e.version {order} LIMIT $3"
            );
            return select.guarded(statements);
        }
        let mut arms = Arms { select, statements, order, range };
        arms.tags(self)?;
        arms.tagged(&self.tagged)?;
        arms.types(self)?;
        arms.stream_types(&self.stream_types)?;
        arms.streams(&self.streams)?;
        arms.ids(&self.ids)?;
        let mut select = arms.select;
        if select.sql.is_empty() {
            return Ok(select);
        }
        // Each arm is ordered and cut by itself; the look-up of the events follows from the positions, one by one.
        select.sql = format!(
            "SELECT {columns} FROM (SELECT DISTINCT a.pos FROM ({}) a WHERE {{guard}} ORDER BY a.pos {order} LIMIT $3) p \
             CROSS JOIN LATERAL (SELECT * FROM {events} e WHERE e.pos {EQ} p.pos OFFSET 0) e ORDER BY p.pos {order}",
            select.sql
        );
        select.guarded(statements)
    }
}

/// Versions and positions of a stream grow together, so a range of positions is one of versions, by which the index is
/// ordered. The positions themselves must not stand beside it: a plan that was made for any parameters would intersect the
/// stream with all positions.
fn versions_behind(statements: &Statements, range: Range, stream_type: &str, id: &str) -> String {
    let first_version = &statements.first_version;
    let mut versions = String::new();
    if range.after > 0 {
        let _ = write!(versions, " AND e.version {GE} (SELECT {first_version}($4, {stream_type}, {id}, $1))");
    }
    if range.until < i64::MAX {
        let _ = write!(versions, " AND e.version {LT} (SELECT {first_version}($4, {stream_type}, {id}, $2))");
    }
    versions
}

/// Whether an item asks for several tags, whose rarest is to be found, or for a tag without saying beside which types.
fn needs_lookup(item: &QueryItem) -> bool {
    item.ids.is_empty()
        && item.stream.is_none()
        && !item.tags.is_empty()
        && (item.tags.len() > 1 || item.types.is_empty())
}

/// A statement and its parameters.
pub(crate) struct Select {
    /// Made of fixed words, validated names, and numbers of parameters. Empty when no event can match.
    pub(crate) sql: String,
    pub(crate) arguments: PgArguments,
}

impl Select {
    /// Adds a parameter, and returns how the statement names it.
    pub(crate) fn bind<'t, T: Encode<'t, Postgres> + Type<Postgres>>(&mut self, value: T) -> Result<String, Fault> {
        self.arguments.add(value).map_err(sqlx::Error::Encode)?;
        Ok(format!("${}", self.arguments.len()))
    }

    /// The finished statement, with its check.
    fn guarded(mut self, statements: &Statements) -> Result<Select, Fault> {
        let seal = format!("${}", self.arguments.len() + 1);
        let (sql, number) = statements.guard.put_into(self.sql, "$4", &seal);
        self.arguments.add(number).map_err(sqlx::Error::Encode)?;
        Ok(Select { sql, arguments: self.arguments })
    }

    /// That an event `e` has one of the versions of a range, if that bounds them.
    fn versions(&mut self, range: Range) -> Result<String, Fault> {
        let Some((first, last)) = range.versions else { return Ok(String::new()) };
        let (first, last) = (self.bind(first)?, self.bind(last)?);
        Ok(format!(" AND e.version {GE} {first} AND e.version {LE} {last}"))
    }
}

/// One part of the statement for each way in which items are narrowed.
struct Arms<'s> {
    select: Select,
    statements: &'s Statements,
    order: &'static str,
    range: Range,
}

impl Arms<'_> {
    fn add(&mut self, arm: &str) {
        let union = if self.select.sql.is_empty() { "" } else { " UNION ALL " };
        let _ = write!(self.select.sql, "{union}{arm}");
    }

    fn tags(&mut self, sources: &Sources<'_>) -> Result<(), Fault> {
        if sources.tags.is_empty() {
            return Ok(());
        }
        let (tag, name) = (self.select.bind(&sources.tags)?, self.select.bind(&sources.tag_types)?);
        let (tags, order) = (&self.statements.tags, self.order);
        self.add(&format!(
            "SELECT t.pos FROM unnest({tag}, {name}) AS w(tag, type) CROSS JOIN LATERAL (\
             SELECT t.pos FROM {tags} t WHERE t.tag {EQ} w.tag AND t.type {EQ} w.type AND t.pos {GT} $1 AND t.pos {LE} $2 \
             ORDER BY t.pos {order} LIMIT $3) t"
        ));
        Ok(())
    }

    fn tagged(&mut self, tagged: &Tagged<'_>) -> Result<(), Fault> {
        if tagged.tag.is_empty() {
            return Ok(());
        }
        let (tag, name) = (self.select.bind(&tagged.tag)?, self.select.bind(&tagged.name)?);
        let (from, to) = (self.select.bind(&tagged.more.from)?, self.select.bind(&tagged.more.to)?);
        let (stream_type, more) = (self.select.bind(&tagged.stream_type)?, self.select.bind(&tagged.all_more)?);
        let (Statements { tags, events, .. }, order) = (self.statements, self.order);
        self.add(&format!(
            "SELECT t.pos FROM unnest({tag}, {name}, {from}, {to}, {stream_type}) \
             AS w(tag, type, more_from, more_to, stream_type) CROSS JOIN LATERAL (\
             SELECT t.pos FROM {tags} t WHERE t.tag {EQ} w.tag AND t.type {EQ} w.type AND t.pos {GT} $1 AND t.pos {LE} $2 \
             AND NOT EXISTS (SELECT FROM pg_catalog.unnest(({more})[w.more_from:w.more_to]) AS m(tag) WHERE NOT EXISTS (\
             SELECT FROM {tags} u WHERE u.tag {EQ} m.tag AND u.type {EQ} t.type AND u.pos {EQ} t.pos OFFSET 0) OFFSET 0) \
             AND (w.stream_type IS NULL OR EXISTS (\
             SELECT FROM {events} e WHERE e.pos {EQ} t.pos AND e.stream_type {EQ} w.stream_type OFFSET 0)) \
             ORDER BY t.pos {order} LIMIT $3) t"
        ));
        Ok(())
    }

    fn types(&mut self, sources: &Sources<'_>) -> Result<(), Fault> {
        if sources.types.is_empty() {
            return Ok(());
        }
        let (name, stream_type) = (self.select.bind(&sources.types)?, self.select.bind(&sources.type_stream_types)?);
        let (events, order) = (&self.statements.events, self.order);
        self.add(&format!(
            "SELECT e.pos FROM unnest({name}, {stream_type}) AS w(type, stream_type) \
             CROSS JOIN LATERAL (SELECT e.pos FROM {events} e WHERE e.type {EQ} w.type AND e.pos {GT} $1 AND e.pos {LE} $2 \
             AND (w.stream_type IS NULL OR e.stream_type {EQ} w.stream_type) ORDER BY e.pos {order} LIMIT $3) e"
        ));
        Ok(())
    }

    fn stream_types(&mut self, stream_types: &[&str]) -> Result<(), Fault> {
        if stream_types.is_empty() {
            return Ok(());
        }
        let stream_type = self.select.bind(stream_types)?;
        let (events, order) = (&self.statements.events, self.order);
        self.add(&format!(
            "SELECT e.pos FROM pg_catalog.unnest({stream_type}) AS w(stream_type) CROSS JOIN LATERAL (\
             SELECT e.pos FROM {events} e WHERE e.stream_type {EQ} w.stream_type AND e.pos {GT} $1 AND e.pos {LE} $2 \
             ORDER BY e.pos {order} LIMIT $3) e"
        ));
        Ok(())
    }

    fn streams(&mut self, streams: &Narrowed<'_>) -> Result<(), Fault> {
        if streams.types.from.is_empty() {
            return Ok(());
        }
        let (stream_type, id) = (self.select.bind(&streams.in_stream_type)?, self.select.bind(&streams.in_stream_id)?);
        let (columns, of_item) = self.rest(streams)?;
        let (events, order) = (&self.statements.events, self.order);
        let versions =
            self.select.versions(self.range)? + &versions_behind(self.statements, self.range, "w.in_type", "w.in_id");
        self.add(&format!(
            "SELECT e.pos FROM unnest({stream_type}, {id}, {columns}) \
             AS w(in_type, in_id, type_from, type_to, tag_from, tag_to) CROSS JOIN LATERAL (\
             SELECT e.pos FROM {events} e WHERE e.stream_type {EQ} w.in_type AND e.stream_id {EQ} w.in_id{versions} \
             AND {of_item} ORDER BY e.version {order} LIMIT $3) e"
        ));
        Ok(())
    }

    fn ids(&mut self, ids: &Narrowed<'_>) -> Result<(), Fault> {
        if ids.id.is_empty() {
            return Ok(());
        }
        let id = self.select.bind(&ids.id)?;
        let (in_type, in_id) = (self.select.bind(&ids.in_stream_type)?, self.select.bind(&ids.in_stream_id)?);
        let stream_type = self.select.bind(&ids.stream_type)?;
        let (columns, of_item) = self.rest(ids)?;
        let versions = self.select.versions(self.range)?;
        let events = &self.statements.events;
        self.add(&format!(
            "SELECT e.pos FROM unnest({id}, {in_type}, {in_id}, {stream_type}, {columns}) \
             AS w(id, in_type, in_id, stream_type, type_from, type_to, tag_from, tag_to) CROSS JOIN LATERAL (\
             SELECT e.pos FROM {events} e WHERE e.id {EQ} w.id AND e.type {NE} '' AND e.pos {GT} $1 AND e.pos {LE} $2{versions} \
             AND {of_item} AND (w.in_id IS NULL OR (e.stream_type {EQ} w.in_type AND e.stream_id {EQ} w.in_id)) \
             AND (w.stream_type IS NULL OR e.stream_type {EQ} w.stream_type) OFFSET 0) e"
        ));
        Ok(())
    }

    /// The columns with the types and tags of each item, and whether an event `e` has them.
    fn rest(&mut self, narrowed: &Narrowed<'_>) -> Result<(String, String), Fault> {
        let (type_from, type_to) = (self.select.bind(&narrowed.types.from)?, self.select.bind(&narrowed.types.to)?);
        let (tag_from, tag_to) = (self.select.bind(&narrowed.tags.from)?, self.select.bind(&narrowed.tags.to)?);
        let (types, wanted) = (self.select.bind(&narrowed.all_types)?, self.select.bind(&narrowed.all_tags)?);
        let tags = &self.statements.tags;
        let columns = format!("{type_from}, {type_to}, {tag_from}, {tag_to}");
        let of_item = format!(
            "(w.type_from {GT} w.type_to OR e.type {EQ} ANY (({types})[w.type_from:w.type_to])) \
             AND NOT EXISTS (SELECT FROM pg_catalog.unnest(({wanted})[w.tag_from:w.tag_to]) AS m(tag) WHERE NOT EXISTS (\
             SELECT FROM {tags} t WHERE t.tag {EQ} m.tag AND t.type {EQ} e.type AND t.pos {EQ} e.pos OFFSET 0) OFFSET 0)"
        );
        Ok((columns, of_item))
    }
}
