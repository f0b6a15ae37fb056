//! Opening a log: options, migrations, and what is refused.

pub(crate) mod connect;
pub(crate) mod inspect;
pub(crate) mod migrate;
pub(crate) mod options;
pub(crate) mod pooler;
