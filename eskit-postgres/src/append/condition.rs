use eskit_runtime::log::{Condition, ExpectedVersion, Place, Position, QueryItem};
use sqlx::types::Uuid;

use crate::append::streams::Streams;
use crate::read::range::is_impossible;
use crate::sql::arrays::{array, number};
use crate::sql::call::Call;
use crate::sql::record::column;

/// The conditions of a batch, sorted by how the database checks them, as the arrays of one call.
#[derive(Default)]
pub(crate) struct Conditions<'r> {
    /// Every condition that can fail, in order; the database counts them from 1.
    pub(crate) all: Vec<&'r Condition>,
    /// The append of each, from 1.
    pub(crate) append: Vec<i32>,
    pub(crate) versions: Versions,
    pub(crate) places: Places,
    /// Conditions on every event.
    pub(crate) any: Any,
    /// Conditions on a type.
    pub(crate) types: Types<'r>,
    /// Conditions on a tag beside a type.
    pub(crate) tags: TagTypes<'r>,
    /// Conditions of every other form.
    pub(crate) others: Others<'r>,
}

#[derive(Default)]
pub(crate) struct Versions {
    pub(crate) condition: Vec<i32>,
    pub(crate) stream: Vec<i32>,
    pub(crate) expected: Vec<i64>,
}

#[derive(Default)]
pub(crate) struct Places {
    pub(crate) condition: Vec<i32>,
    pub(crate) position: Vec<i64>,
    pub(crate) id: Vec<Option<Uuid>>,
}

#[derive(Default)]
pub(crate) struct Any {
    pub(crate) condition: Vec<i32>,
    pub(crate) after: Vec<i64>,
}

#[derive(Default)]
pub(crate) struct Types<'r> {
    pub(crate) condition: Vec<i32>,
    pub(crate) after: Vec<i64>,
    pub(crate) name: Vec<&'r str>,
}

#[derive(Default)]
pub(crate) struct TagTypes<'r> {
    pub(crate) condition: Vec<i32>,
    pub(crate) after: Vec<i64>,
    pub(crate) name: Vec<&'r str>,
    pub(crate) tag: Vec<&'r str>,
}

#[derive(Default)]
pub(crate) struct Others<'r> {
    pub(crate) condition: Vec<i32>,
    pub(crate) after: Vec<i64>,
    /// Array literals, as are the tags and ids.
    pub(crate) types: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) in_stream_type: Vec<Option<&'r str>>,
    pub(crate) in_stream_id: Vec<Option<&'r str>>,
    pub(crate) stream_type: Vec<Option<&'r str>>,
    pub(crate) ids: Vec<String>,
}

impl<'r> Conditions<'r> {
    /// Adds a condition of an append, unless it always holds.
    pub(crate) fn add(&mut self, append: i32, condition: &'r Condition, streams: &mut Streams<'r>) {
        if matches!(
            condition,
            Condition::Stream { expected: ExpectedVersion::Any, .. } | Condition::Holds(Place::START)
        ) {
            return;
        }
        self.all.push(condition);
        self.append.push(append);
        let condition_number = number(self.all.len());
        match condition {
            Condition::Stream { stream, expected } => {
                let expected = match expected {
                    ExpectedVersion::Exact(version) => i64::try_from(*version).unwrap_or(i64::MAX),
                    ExpectedVersion::Any | ExpectedVersion::NoStream => 0,
                };
                self.versions.condition.push(condition_number);
                self.versions.stream.push(streams.expect(stream, expected));
                self.versions.expected.push(expected);
            }
            Condition::Holds(place) => {
                self.places.condition.push(condition_number);
                self.places.position.push(column(place.position));
                self.places.id.push(place.id.map(|id| id.as_uuid()));
            }
            Condition::NoEvents { query, after } => {
                query.items().iter().for_each(|item| self.add_item(condition_number, item, *after));
            }
        }
    }

    fn add_item(&mut self, condition: i32, item: &'r QueryItem, after: Position) {
        let after = column(after);
        let is_narrowed_further = item.stream.is_some() || item.stream_type.is_some() || !item.ids.is_empty();
        match (is_narrowed_further, item.tags.as_slice(), item.types.is_empty()) {
            (false, [], true) => {
                self.any.condition.push(condition);
                self.any.after.push(after);
            }
            (false, [], false) => {
                for name in &item.types {
                    self.types.condition.push(condition);
                    self.types.after.push(after);
                    self.types.name.push(name);
                }
            }
            (false, [tag], false) => {
                for name in &item.types {
                    self.tags.condition.push(condition);
                    self.tags.after.push(after);
                    self.tags.name.push(name);
                    self.tags.tag.push(tag.as_str());
                }
            }
            _ if !is_impossible(item) => self.others.add(condition, item, after),
            _ => {}
        }
    }
}

impl Conditions<'_> {
    /// Gives them to a call.
    pub(crate) fn give(&self, call: Call) -> Call {
        let Conditions { append, versions, places, any, types, tags, others, .. } = self;
        let call = call.with("c_append", append);
        let call = call.with("v_condition", &versions.condition).with("v_stream", &versions.stream);
        let call = call.with("v_expected", &versions.expected);
        let call = call.with("at_condition", &places.condition).with("at_pos", &places.position);
        let call = call.with("at_id", &places.id);
        let call = call.with("a_condition", &any.condition).with("a_after", &any.after);
        let call = call.with("n_condition", &types.condition).with("n_after", &types.after).with("n_type", &types.name);
        let call = call.with("p_condition", &tags.condition);
        others.give(tags.give(call))
    }
}

impl TagTypes<'_> {
    /// Gives them to a call, but for the numbers of their conditions.
    pub(crate) fn give(&self, call: Call) -> Call {
        call.with("p_after", &self.after).with("p_type", &self.name).with("p_tag", &self.tag)
    }
}

impl<'r> Others<'r> {
    fn add(&mut self, condition: i32, item: &'r QueryItem, after: i64) {
        self.condition.push(condition);
        self.after.push(after);
        self.types.push(array(item.types.iter().map(|name| name.as_str())));
        self.tags.push(array(item.tags.iter().map(|tag| tag.as_str())));
        self.ids.push(array(item.ids.iter().map(|id| id.as_uuid().to_string())));
        self.in_stream_type.push(item.stream.as_ref().map(|stream| stream.stream_type()));
        self.in_stream_id.push(item.stream.as_ref().map(|stream| stream.id()));
        self.stream_type.push(item.stream_type.as_deref());
    }

    fn give(&self, call: Call) -> Call {
        call.with("o_condition", &self.condition)
            .with("o_after", &self.after)
            .with("o_types", &self.types)
            .with("o_tags", &self.tags)
            .with("o_in_stream_type", &self.in_stream_type)
            .with("o_in_stream_id", &self.in_stream_id)
            .with("o_stream_type", &self.stream_type)
            .with("o_ids", &self.ids)
    }
}
