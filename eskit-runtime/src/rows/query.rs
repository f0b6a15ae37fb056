use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::ops::{Bound, Deref};
use std::str::FromStr;

use serde::Serialize;

use crate::log::position::Position;
use crate::log::store::error::StoreError;
use crate::log::time::Timestamp;
use crate::message::is_like;
use crate::model::aggregate::{AggregateType, LoadKey};
use crate::model::check::check_key;
use crate::subscription::Views;

use super::keeper::{RowState, unreadable};
use super::keys::key_text;
use super::stored::{Order, RowRange, RowSelect, StoredRow};
use super::value::{IndexValue, IndexValueError};

/// The rows of a page, unless told otherwise.
const LIMIT: usize = 100;
/// The most rows of a page.
const LIMIT_MAX: usize = 10_000;

/// Views from which rows are read.
pub trait ReadRows: Views {
    /// The rows that a selection asks for, of the active version; none if there is no active version yet. A consistent snapshot.
    ///
    /// # Errors
    /// The views failed.
    fn select_rows(
        &self,
        of: &'static AggregateType,
        select: &RowSelect,
    ) -> impl Future<Output = Result<Vec<StoredRow>, StoreError>> + Send;

    /// How many rows a selection asks for, without its limit.
    ///
    /// # Errors
    /// The views failed.
    fn count_rows(
        &self,
        of: &'static AggregateType,
        select: &RowSelect,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// The rows of an aggregate, which `App::with_rows` keeps in these views.
    fn rows<A: RowState>(&self) -> RowQuery<'_, A, Self> {
        RowQuery {
            views: self,
            select: RowSelect { limit: LIMIT, ..RowSelect::default() },
            after: None,
            failure: None,
            of: PhantomData,
        }
    }
}

/// Reads rows: filters and an order by indexed fields, and a page at a time. Returned by [`ReadRows::rows`].
#[derive(Debug)]
#[must_use = "nothing is read before `get`, `list` or `count`"]
pub struct RowQuery<'a, A, V> {
    views: &'a V,
    select: RowSelect,
    after: Option<RowCursor>,
    failure: Option<RowsError>,
    of: PhantomData<fn() -> A>,
}

/// One instance of an aggregate. Dereferences to its state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct Row<A> {
    /// The key: the value of the aggregate's tag, or the id of its stream. Several values are separated by a tab.
    pub key: String,
    /// The state.
    pub state: A,
    /// The position of the last event that was folded into it.
    pub position: Position,
    /// The time of that event.
    pub changed_at: Timestamp,
}

impl<A> Deref for Row<A> {
    type Target = A;

    fn deref(&self) -> &A {
        &self.state
    }
}

/// One page of rows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[non_exhaustive]
pub struct RowPage<A> {
    /// The rows, in the order that was asked for.
    pub rows: Vec<Row<A>>,
    /// Where the next page begins; `None` after the last row.
    pub next: Option<RowCursor>,
}

/// Where a page of rows ends. As text, it can be part of a URL.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RowCursor {
    /// The order of its page: `a` or `d`, and the field.
    order: String,
    value: IndexValue,
    key: String,
}

impl<A: RowState, V: ReadRows> RowQuery<'_, A, V> {
    /// Only rows whose indexed field has this value.
    pub fn equal(self, field: &str, value: impl Serialize) -> Self {
        self.range(field, value, |value| (Bound::Included(value.clone()), Bound::Included(value)))
    }

    /// Only rows whose indexed field has this value or a greater one of its kind: no text is greater than a number, and nothing is
    /// greater than `None`.
    pub fn at_least(self, field: &str, value: impl Serialize) -> Self {
        self.range(field, value, |value| (Bound::Included(value.clone()), value.kind().1))
    }

    /// Only rows whose indexed field has this value or a smaller one of its kind. `None` is not smaller than a number.
    pub fn at_most(self, field: &str, value: impl Serialize) -> Self {
        self.range(field, value, |value| (value.kind().0, Bound::Included(value)))
    }

    /// Sorts by an indexed field, ascending; otherwise rows are sorted by their keys.
    pub fn order_by(mut self, field: &str) -> Self {
        self.select.order.field = self.field(field);
        self
    }

    /// Reverses the order.
    pub fn descending(mut self) -> Self {
        self.select.order.is_descending = true;
        self
    }

    /// Sets the most rows of one page: 1 to 10,000, and 100 by default. Other values are clamped.
    pub fn limit(mut self, rows: usize) -> Self {
        self.select.limit = rows.clamp(1, LIMIT_MAX);
        self
    }

    /// Begins after the page that ended here. The order must be that of that page, which is checked, and so should the filters be.
    pub fn after(mut self, cursor: impl Into<Option<RowCursor>>) -> Self {
        self.after = cursor.into();
        self
    }

    /// The row of one instance, whatever the filters are; `None` if there is none.
    ///
    /// # Errors
    /// See [`RowsError`].
    pub async fn get(self, key: impl LoadKey<A::Keys>) -> Result<Option<Row<A>>, RowsError> {
        const { check_key::<A, _>() }.of(&key);
        let select = RowSelect { key: Some(key_text(&key)), limit: 1, ..RowSelect::default() };
        drop(key);
        // No tag and no stream has such a value, and not every database can be asked.
        if select.key.as_ref().is_some_and(|key| key.contains('\0')) {
            return Ok(None);
        }
        let rows = self.views.select_rows(A::TYPE, &select).await?;
        rows.into_iter().next().map(read).transpose()
    }

    /// One page of rows.
    ///
    /// # Errors
    /// See [`RowsError`].
    pub async fn list(self) -> Result<RowPage<A>, RowsError> {
        let RowQuery { views, mut select, after, failure, .. } = self;
        failure.map_or(Ok(()), Err)?;
        let order = order_text(A::TYPE, select.order);
        if let Some(cursor) = &after
            && cursor.order != order
        {
            return Err(RowsError::OtherOrder { cursor: order_told(&cursor.order), query: order_told(&order) });
        }
        select.after = after.map(|cursor| (cursor.value, cursor.key));
        let limit = select.limit;
        select.limit += 1;
        let mut stored = views.select_rows(A::TYPE, &select).await?;
        let has_more = stored.len() > limit;
        stored.truncate(limit);
        let next = stored.last().filter(|_| has_more).map(|last| RowCursor {
            order,
            value: last.index.first().cloned().unwrap_or_default(),
            key: last.key.clone(),
        });
        let rows = stored.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(RowPage { rows, next })
    }

    /// How many rows there are on all pages.
    ///
    /// # Errors
    /// See [`RowsError`].
    pub async fn count(self) -> Result<u64, RowsError> {
        self.failure.map_or(Ok(()), Err)?;
        Ok(self.views.count_rows(A::TYPE, &self.select).await?)
    }

    fn range(
        mut self,
        field: &str,
        value: impl Serialize,
        bounds: impl FnOnce(IndexValue) -> (Bound<IndexValue>, Bound<IndexValue>),
    ) -> Self {
        let Some(at) = self.field(field) else { return self };
        match IndexValue::of_serialize(&value) {
            Ok(value) => {
                let (from, to) = bounds(value);
                self.select.ranges.push(RowRange { field: at, from, to });
            }
            Err(error) => {
                self.failure.get_or_insert(RowsError::Value { field: field.to_owned(), error });
            }
        }
        self
    }

    fn field(&mut self, field: &str) -> Option<usize> {
        let found = A::TYPE.index.iter().position(|indexed| *indexed == field);
        if found.is_none() {
            self.failure.get_or_insert(RowsError::NotIndexed { field: field.to_owned(), of: A::TYPE });
        }
        found
    }
}

fn read<A: RowState>(row: StoredRow) -> Result<Row<A>, RowsError> {
    let StoredRow { key, state, position, changed_at, .. } = row;
    match serde_json::from_str(&state) {
        Ok(state) => Ok(Row { key, state, position, changed_at }),
        Err(error) => Err(RowsError::Unreadable { key, of: A::TYPE, error: A::TYPE.told(error) }),
    }
}

/// An order as a cursor says it.
fn order_text(of: &AggregateType, order: Order) -> String {
    let direction = if order.is_descending { "d" } else { "a" };
    let field = order.field.and_then(|field| of.index.get(field)).unwrap_or(&"");
    format!("{direction}{field}")
}

/// An order as an error says it.
fn order_told(order: &str) -> String {
    let (direction, field) = order.split_at_checked(1).unwrap_or_default();
    let field = if field.is_empty() { "the key".to_owned() } else { format!("`{field}`") };
    format!("{field}, {}", if direction == "d" { "descending" } else { "ascending" })
}

/// The hexadecimal digits of the order, of the value by which rows are sorted, and of the key, with dots between them.
impl fmt::Display for RowCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.order.as_bytes(), self.value.as_bytes(), self.key.as_bytes()];
        for (index, part) in parts.into_iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "." })?;
            part.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        }
        Ok(())
    }
}

impl FromStr for RowCursor {
    type Err = RowsError;

    fn from_str(text: &str) -> Result<RowCursor, RowsError> {
        let text_of = |part: &str| String::from_utf8(bytes(part)?).ok().filter(|text| !text.contains('\0'));
        let parts: Vec<&str> = text.split('.').collect();
        let read = match parts[..] {
            [order, value, key] => text_of(order).zip(bytes(value)).zip(text_of(key)),
            _ => None,
        };
        let ((order, value), key) = read.ok_or_else(|| RowsError::Cursor(text.to_owned()))?;
        Ok(RowCursor { order, value: IndexValue::from_bytes(value), key })
    }
}

fn bytes(digits: &str) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return None };
    let digit = |digit: u8| char::from(digit).to_digit(16);
    pairs.iter().map(|[high, low]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()).collect()
}

impl Serialize for RowCursor {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Why rows were not read.
#[derive(Debug)]
#[non_exhaustive]
pub enum RowsError {
    /// A field that a filter or the order names is not indexed.
    NotIndexed {
        /// The field.
        field: String,
        /// The aggregate.
        of: &'static AggregateType,
    },
    /// A value has no place in an index.
    Value {
        /// The field.
        field: String,
        /// Why not.
        error: IndexValueError,
    },
    /// A text is no cursor.
    Cursor(String),
    /// A cursor is of a list in another order.
    OtherOrder {
        /// The order of its list.
        cursor: String,
        /// The order that was asked for.
        query: String,
    },
    /// A stored state does not fit the aggregate.
    Unreadable {
        /// The key of the row.
        key: String,
        /// The aggregate.
        of: &'static AggregateType,
        /// What serde says, unless the state holds personal data.
        error: String,
    },
    /// The views failed.
    Views(StoreError),
}

impl From<StoreError> for RowsError {
    fn from(error: StoreError) -> RowsError {
        RowsError::Views(error)
    }
}

impl fmt::Display for RowsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RowsError::NotIndexed { field, of } => {
                let name = of.name;
                write!(f, "the rows of `{name}` have no index on `{field}`\nhelp: ")?;
                match of.index.iter().find(|indexed| is_like(field, indexed)) {
                    Some(meant) => write!(f, "did you mean `{meant}`?"),
                    None => write!(f, "write `#[aggregate(.., index(\"{field}\"))]` on `{name}`"),
                }
            }
            RowsError::Value { field, error } => write!(f, "the value for `{field}` cannot be compared: {error}"),
            RowsError::Cursor(text) => write!(f, "`{text}` is no cursor\nhelp: pass the text of `RowPage::next`"),
            RowsError::OtherOrder { cursor, query } => write!(
                f,
                "the cursor is of a list by {cursor}, and this list is by {query}\nhelp: pass a cursor to the query that it came from"
            ),
            RowsError::Unreadable { key, of, error } => f.write_str(&unreadable(of, key, error)),
            RowsError::Views(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RowsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            RowsError::Views(error) => std::error::Error::source(error),
            RowsError::Value { error, .. } => Some(error),
            _ => None,
        }
    }
}
