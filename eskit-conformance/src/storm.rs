//! Callers that append while the disk under their log fails, and what must be left of it.

mod callers;
mod check;
mod scene;
mod sent;

pub(crate) use check::{confirmed, halves, order, refused, told};
pub(crate) use scene::Scene;
