use std::sync::Arc;

/// Slots of the cache: names that one reader keeps at most.
const SLOTS: usize = 256;

/// Shares one string between all rows with the same name, and between neighbouring rows with the same id. Bounded: a name replaces
/// another one that has the same slot.
#[derive(Debug)]
pub struct Interner {
    slots: Vec<Option<Arc<str>>>,
    last_id: Option<Arc<str>>,
    last_tags: Option<Arc<str>>,
}

impl Default for Interner {
    fn default() -> Interner {
        Interner::new()
    }
}

impl Interner {
    /// An empty cache of 256 slots.
    pub fn new() -> Interner {
        Interner { slots: vec![None; SLOTS], last_id: None, last_tags: None }
    }

    /// The shared form of `name`.
    pub fn share(&mut self, name: &str) -> Arc<str> {
        share(&mut self.slots[slot_of(name)], name)
    }

    /// The shared form of `id`. There are too many ids to keep, so only the last one is shared.
    pub fn share_id(&mut self, id: &str) -> Arc<str> {
        share(&mut self.last_id, id)
    }

    /// The same for the tags of an event, in one text.
    pub fn share_tags(&mut self, tags: &str) -> Arc<str> {
        share(&mut self.last_tags, tags)
    }
}

fn share(slot: &mut Option<Arc<str>>, text: &str) -> Arc<str> {
    match slot {
        Some(shared) if **shared == *text => Arc::clone(shared),
        _ => Arc::clone(slot.insert(Arc::from(text))),
    }
}

/// Mixes the length, the first eight bytes and the last eight: names of one program differ there.
fn slot_of(name: &str) -> usize {
    let bytes = name.as_bytes();
    let first = bytes.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    let last = bytes.last_chunk().map_or_else(|| short(bytes), |chunk| u64::from_le_bytes(*chunk));
    let mixed = (first.rotate_left(29) ^ last ^ bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize % SLOTS
}

fn short(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
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
        let first = interner.share_id("a-1");
        assert!(Arc::ptr_eq(&first, &interner.share_id("a-1")));
        assert_eq!(&*interner.share_id("a-2"), "a-2");
    }
}
