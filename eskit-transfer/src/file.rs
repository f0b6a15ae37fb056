//! A log in a file.

pub(crate) mod blocks;
pub(crate) mod check;
pub(crate) mod form;
pub(crate) mod lines;
pub(crate) mod pieces;
pub(crate) mod publish;
pub(crate) mod read;
pub(crate) mod write;
