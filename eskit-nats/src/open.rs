//! Opening: what a DSN says, what a stream must be, and what is refused.

pub(crate) mod dsn;
pub(crate) mod options;
pub(crate) mod settings;
