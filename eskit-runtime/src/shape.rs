//! Shapes: what serde writes of a type, as a tree that a type's `Shape` impl builds while the compiler runs. The schema lock records and
//! compares it, and personal values in a payload are found by it.
//!
//! `def` is the tree, `std_types` and `foreign` are the shapes of types that are not ours, `names` is how a shape writes names, and `mark` is
//! what it says of personal values.

pub(crate) mod def;
mod foreign;
pub(crate) mod hash;
pub(crate) mod mark;
pub(crate) mod names;
mod std_types;

pub use def::{Shape, ShapeDef};
