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

use super::keeper::RowState;
use super::keys::key_text;
use super::stored::{RowRange, RowSelect, StoredRow};
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
    value: IndexValue,
    key: String,
}

impl<A: RowState, V: ReadRows> RowQuery<'_, A, V> {
    /// Only rows whose indexed field has this value.
    pub fn equal(self, field: &str, value: impl Serialize) -> Self {
        self.range(field, value, |value| (Bound::Included(value.clone()), Bound::Included(value)))
    }

    /// Only rows whose indexed field has this value or a greater one.
    pub fn at_least(self, field: &str, value: impl Serialize) -> Self {
        self.range(field, value, |value| (Bound::Included(value), Bound::Unbounded))
    }

    /// Only rows whose indexed field has this value or a smaller one.
    pub fn at_most(self, field: &str, value: impl Serialize) -> Self {
        self.range(field, value, |value| (Bound::Unbounded, Bound::Included(value)))
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

    /// Begins after the page that ended here. Filters and order must be those of that page.
    pub fn after(mut self, cursor: impl Into<Option<RowCursor>>) -> Self {
        self.select.after = cursor.into().map(|cursor| (cursor.value, cursor.key));
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
        let rows = self.views.select_rows(A::TYPE, &select).await?;
        rows.into_iter().next().map(read).transpose()
    }

    /// One page of rows.
    ///
    /// # Errors
    /// See [`RowsError`].
    pub async fn list(self) -> Result<RowPage<A>, RowsError> {
        let RowQuery { views, mut select, failure, .. } = self;
        failure.map_or(Ok(()), Err)?;
        let limit = select.limit;
        select.limit += 1;
        let mut rows: Vec<Row<A>> = Vec::new();
        for row in views.select_rows(A::TYPE, &select).await? {
            rows.push(read(row)?);
        }
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let last = rows.last().filter(|_| has_more);
        let next = last.map(|last| cursor(last, select.order.field)).transpose()?;
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
        let value = serde_json::to_value(value).unwrap_or(serde_json::Value::Array(Vec::new()));
        match IndexValue::of(&value) {
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
        Err(error) => Err(RowsError::Unreadable { key, of: A::TYPE, error: error.to_string() }),
    }
}

fn cursor<A: RowState>(row: &Row<A>, field: Option<usize>) -> Result<RowCursor, RowsError> {
    let key = row.key.clone();
    let Some(field) = field.and_then(|field| A::TYPE.index.get(field)) else {
        return Ok(RowCursor { value: IndexValue::default(), key });
    };
    let state = serde_json::to_value(&row.state).unwrap_or_default();
    match IndexValue::of(state.get(field).unwrap_or(&serde_json::Value::Null)) {
        Ok(value) => Ok(RowCursor { value, key }),
        Err(error) => Err(RowsError::Value { field: (*field).to_owned(), error }),
    }
}

/// The hexadecimal digits of the value by which rows are sorted, a dot, and those of the key.
impl fmt::Display for RowCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_str(".")?;
        self.key.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for RowCursor {
    type Err = RowsError;

    fn from_str(text: &str) -> Result<RowCursor, RowsError> {
        let parts =
            text.split_once('.').and_then(|(value, key)| Some((bytes(value)?, String::from_utf8(bytes(key)?).ok()?)));
        let (value, key) = parts.ok_or_else(|| RowsError::Cursor(text.to_owned()))?;
        Ok(RowCursor { value: IndexValue::from_bytes(value), key })
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
    /// A stored state does not fit the aggregate.
    Unreadable {
        /// The key of the row.
        key: String,
        /// The aggregate.
        of: &'static AggregateType,
        /// What serde says.
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
            RowsError::Unreadable { key, of, error } => write!(
                f,
                "the row of `{0}` with the key `{key}` cannot be read: {error}\nhelp: if the fields of `{0}` have changed, write \
                 `version = {1}` in its `#[aggregate(..)]`, so that its rows are built anew",
                of.name,
                of.version + 1
            ),
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
