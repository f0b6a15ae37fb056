//! Stands for a company's own crate, through which its programs get eskit.

pub use eskit as events;
pub use serde;
pub use serde_json;
