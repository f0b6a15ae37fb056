//! Synchronous projections: read models in the log's file that commit with the append.

mod build;
mod connection;
mod read_model;
mod store;
