//! The log: what stands in it, what is asked of it, and what a store must do. Knows no domain type and no format of payloads.

pub(crate) mod added_tags;
pub(crate) mod append;
pub(crate) mod content_type;
pub(crate) mod id;
pub(crate) mod lifecycle;
pub mod limits;
pub(crate) mod metadata;
pub(crate) mod name;
pub(crate) mod pages;
pub(crate) mod position;
pub(crate) mod query;
pub(crate) mod recorded;
pub(crate) mod store;
pub(crate) mod stream;
pub(crate) mod stream_list;
pub(crate) mod tag;
pub(crate) mod time;
