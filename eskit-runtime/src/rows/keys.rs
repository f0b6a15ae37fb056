use std::fmt::Write as _;

use crate::log::recorded::RecordedEvent;
use crate::model::aggregate::{Key, LoadKey};

/// The key of the only instance of an aggregate of all events.
const ALL: &str = "";

/// The keys of the instances that an event belongs to. An aggregate with several tags has one for each combination.
pub(super) fn keys_of(key: &Key, event: &RecordedEvent) -> Vec<String> {
    match key {
        Key::All => vec![ALL.to_owned()],
        Key::Stream(name) => {
            let stream = event.stream.as_ref().filter(|at| at.stream.stream_type() == *name);
            stream.map(|at| at.stream.id().to_owned()).into_iter().collect()
        }
        Key::Tags(names) => {
            let mut keys = vec![Vec::new()];
            for name in *names {
                let values: Vec<&str> = event.tags.values(name).collect();
                let extended = keys.iter().flat_map(|key: &Vec<&str>| {
                    values.iter().map(move |value| key.iter().copied().chain([*value]).collect::<Vec<_>>())
                });
                keys = extended.collect();
            }
            keys.sort_unstable();
            keys.dedup();
            keys.iter().map(|key| join(key)).collect()
        }
    }
}

/// The key that a caller gives.
pub(super) fn key_text<K>(key: &impl LoadKey<K>) -> String {
    let mut values = Vec::new();
    key.each_value(&mut |value| {
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = write!(text, "{value}");
        values.push(text);
    });
    join(&values)
}

/// One value as it is, and several separated by a tab, in which a tab and a backslash are escaped.
fn join<T: AsRef<str>>(values: &[T]) -> String {
    match values {
        [only] => only.as_ref().to_owned(),
        values => {
            let escaped = values.iter().map(|value| value.as_ref().replace('\\', "\\\\").replace('\t', "\\t"));
            escaped.collect::<Vec<_>>().join("\t")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_several_values_are_told_apart() {
        let keys = [["a\tb", "c"], ["a", "b\tc"], ["a\\", "tb\tc"], ["a\\tb", "c"]].map(|key| join(&key));
        for (index, key) in keys.iter().enumerate() {
            assert!(keys.iter().skip(index + 1).all(|other| other != key), "{key:?}");
        }
        assert_eq!((join(&["a\tb"]), join::<&str>(&[])), ("a\tb".to_owned(), String::new()));
    }
}
