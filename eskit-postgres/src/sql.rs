//! The log in the database: the names of its tables and functions, its migrations, its statements and rows.

pub(crate) mod arrays;
pub(crate) mod call;
pub(crate) mod head;
pub(crate) mod migrations;
pub(crate) mod names;
pub(crate) mod record;
pub(crate) mod safe;
pub(crate) mod standbys;
pub(crate) mod statements;
