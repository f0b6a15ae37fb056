use std::fmt::Write as _;

use crate::log::recorded::RecordedEvent;
use crate::model::aggregate::{Key, LoadKey, Scope};

/// The key of the only instance of an aggregate of all events.
const ALL: &str = "";

/// The keys of the instances that an event belongs to.
pub(crate) fn keys_of(key: &Key, event: &RecordedEvent) -> Vec<String> {
    values_of(key, event).iter().map(|values| join(values)).collect()
}

/// The values that select the instances that an event belongs to. An aggregate with several tags has an instance for each combination.
pub fn values_of(key: &Key, event: &RecordedEvent) -> Vec<Vec<String>> {
    match key {
        Key::All => vec![Vec::new()],
        Key::Stream(name) => {
            let stream = event.stream.as_ref().filter(|at| at.stream.stream_type() == *name);
            stream.map(|at| vec![at.stream.id().to_owned()]).into_iter().collect()
        }
        Key::Tags(names) => {
            let mut all = vec![Vec::new()];
            for name in *names {
                let values: Vec<&str> = event.tags.values(name).collect();
                let extended = all.iter().flat_map(|of: &Vec<String>| {
                    values.iter().map(move |value| of.iter().cloned().chain([(*value).to_owned()]).collect())
                });
                all = extended.collect();
            }
            all.sort_unstable();
            all.dedup();
            all
        }
    }
}

/// The key of an instance.
pub fn key_of(scope: &Scope) -> String {
    match scope {
        Scope::Stream(stream) => stream.id().to_owned(),
        Scope::Tags(tags) => join(&tags.iter().map(|tag| tag.as_ref().value()).collect::<Vec<_>>()),
        Scope::All => ALL.to_owned(),
    }
}

/// The key that a caller gives.
pub fn key_text<K>(key: &impl LoadKey<K>) -> String {
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
