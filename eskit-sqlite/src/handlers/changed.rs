use std::collections::BTreeSet;

/// Keys that are told apart.
pub(crate) const KEYS_MAX: usize = 1024;

/// What has changed in a read model.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Changed {
    /// What is kept under these keys, as handlers named them with [`Tx::changed`](crate::Tx::changed).
    Keys(BTreeSet<String>),
    /// Anything: the handlers named no key, there were more than 1,024, another process wrote, or readers see another version.
    All,
}

impl Changed {
    /// No change.
    pub(crate) fn none() -> Changed {
        Changed::Keys(BTreeSet::new())
    }

    pub(crate) fn is_none(&self) -> bool {
        matches!(self, Changed::Keys(keys) if keys.is_empty())
    }

    /// Whether what is kept under this key may have changed.
    pub fn contains(&self, key: &str) -> bool {
        match self {
            Changed::Keys(keys) => keys.contains(key),
            Changed::All => true,
        }
    }

    pub(crate) fn add(&mut self, key: String) {
        if let Changed::Keys(keys) = self {
            keys.insert(key);
            if keys.len() > KEYS_MAX {
                *self = Changed::All;
            }
        }
    }
}
