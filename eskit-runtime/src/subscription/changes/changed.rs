use std::collections::BTreeSet;

/// Keys that are told apart.
pub(super) const KEYS_MAX: usize = 1024;
/// The most bytes of a key that is told apart.
const KEY_LEN_MAX: usize = 512;

/// What has changed in a read model.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Changed {
    /// What is kept under these keys, as handlers named them with `tx.changed(key)`. For rows of an aggregate, the keys of the rows.
    Keys(BTreeSet<String>),
    /// Anything: the handlers named no key, there were more than 1,024 or one of more than 512 bytes, another process wrote, or readers
    /// see another version.
    All,
}

impl Changed {
    /// No change.
    pub fn none() -> Changed {
        Changed::Keys(BTreeSet::new())
    }

    /// Whether nothing has changed.
    pub fn is_none(&self) -> bool {
        matches!(self, Changed::Keys(keys) if keys.is_empty())
    }

    /// Whether what is kept under this key may have changed.
    pub fn contains(&self, key: &str) -> bool {
        match self {
            Changed::Keys(keys) => keys.contains(key),
            Changed::All => true,
        }
    }

    /// Adds a key.
    pub fn add(&mut self, key: String) {
        if let Changed::Keys(keys) = self {
            let is_long = key.len() > KEY_LEN_MAX;
            keys.insert(key);
            if is_long || keys.len() > KEYS_MAX {
                *self = Changed::All;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_key_stands_for_everything() {
        let mut changed = Changed::Keys(BTreeSet::from(["a".to_owned()]));
        changed.add("b".repeat(512));
        assert!(changed.contains("a") && !changed.contains("c"));
        changed.add("b".repeat(513));
        assert_eq!(changed, Changed::All);
    }
}
