//! The keys of personal data, in tables of their own.

mod open;
mod rows;
mod store;

pub use open::PostgresKeyStoreOptions;
pub use store::PostgresKeyStore;
