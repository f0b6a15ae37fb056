use std::sync::Arc;

/// Slots of the cache: names that one reader keeps at most.
const SLOTS: usize = 256;

/// Makes one shared string of a name that occurs in many rows. Bounded: a name that falls into the slot of another takes
/// its place.
pub(crate) struct Interner {
    slots: Vec<Option<Arc<str>>>,
}

impl Interner {
    pub(crate) fn new() -> Interner {
        Interner { slots: vec![None; SLOTS] }
    }

    /// The shared form of `name`.
    pub(crate) fn share(&mut self, name: &str) -> Arc<str> {
        let slot = &mut self.slots[slot_of(name)];
        match slot {
            Some(shared) if **shared == *name => Arc::clone(shared),
            _ => Arc::clone(slot.insert(Arc::from(name))),
        }
    }
}

/// FNV-1a over the end of the name, where names of one program differ.
fn slot_of(name: &str) -> usize {
    let bytes = name.as_bytes();
    let end = &bytes[bytes.len().saturating_sub(16)..];
    let seed = 0xcbf2_9ce4_8422_2325_u64 ^ bytes.len() as u64;
    let hash = end.iter().fold(seed, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    (hash ^ (hash >> 32)) as usize % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_equal_names_and_stays_bounded() {
        let mut interner = Interner::new();
        let first = interner.share("campus.CourseDefined");
        assert!(Arc::ptr_eq(&first, &interner.share("campus.CourseDefined")));
        for number in 0..10_000 {
            let name = format!("n{number}");
            assert_eq!(&*interner.share(&name), name);
        }
        assert_eq!(interner.slots.len(), SLOTS);
        assert_eq!(&*interner.share(""), "");
    }
}
