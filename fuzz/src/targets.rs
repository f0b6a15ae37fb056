pub(crate) mod envelope;
pub(crate) mod lock;
pub(crate) mod payload;
pub(crate) mod record;
pub(crate) mod sealed;
pub(crate) mod text;
