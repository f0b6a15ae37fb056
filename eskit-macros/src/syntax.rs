//! What stands in an item, without a judgement on it: tokens, types and signatures, read without syn's `full` grammar.

pub(crate) mod kind;
pub(crate) mod signature;
pub(crate) mod tokens;
pub(crate) mod types;
