//! Views: read models in schemas of their own, each with its checkpoint in the same transaction.

pub(crate) mod aggregate_rows;
pub(crate) mod apply;
pub(crate) mod changes;
pub(crate) mod claim;
pub(crate) mod commands;
pub(crate) mod inner;
pub(crate) mod kept_commands;
pub(crate) mod kept_work;
pub(crate) mod lease;
pub(crate) mod lines;
pub(crate) mod open;
pub(crate) mod outbox;
pub(crate) mod postgres_views;
pub(crate) mod requests;
pub(crate) mod rights;
pub(crate) mod rows;
pub(crate) mod schema;
pub(crate) mod snapshots;
pub(crate) mod statements;
pub(crate) mod step_statements;
pub(crate) mod steps;
pub(crate) mod tables;
pub(crate) mod versions;
pub(crate) mod work;
pub(crate) mod work_statements;
pub(crate) mod work_tx;
