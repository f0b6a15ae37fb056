//! The keys of personal data, in a file of their own.

mod file;
mod rows;
mod store;

pub use store::SqliteKeyStore;
