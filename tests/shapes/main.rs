//! What the schema lock sees of every kind of type. The text that it makes of them is `eskit.lock`, beside `Cargo.toml`:
//! the test `eskit_lock` compares the two, and `ESKIT_LOCK=force cargo test -p eskit-tests --test shapes` writes it anew, for
//! review in the diff.
#![allow(dead_code, clippy::type_complexity, reason = "only the shapes matter")]

mod attributes;
mod other_crates;
mod representations;
mod std_types;

eskit::lock!();

/// Events of test modules are no part of the lock.
mod tests {
    use eskit::prelude::*;

    struct Unknown;

    #[derive(Event, Serialize, Deserialize)]
    struct Tested {
        #[serde(skip)]
        unknown: Vec<Unknown>,
        plain: u8,
    }

    #[test]
    fn a_shape_names_what_is_written() {
        let json = serde_json::to_value(super::representations::Choice::Two(1, true)).unwrap_or_default();
        assert_eq!(json, serde_json::json!({ "Two": [1, true] }));
        let json = serde_json::to_value(Tested { unknown: vec![Unknown], plain: 1 }).unwrap_or_default();
        assert_eq!(json, serde_json::json!({ "plain": 1 }));
    }
}
