//! Synchronous projections: read models that commit with the append, each version in a schema of its own.

mod build;
mod read_model;
mod site;
mod store;
