//! Dispatch from a wire name to the event type that holds it: an open-addressing table, built at compile time.

use crate::message::same;
use crate::model::check::refuse_shared;
use crate::model::event::EventTypes;

/// A table of `N` slots, a power of two of at least twice the number of names. Finds a name in one or two probes.
#[derive(Debug)]
pub struct NameTable<const N: usize> {
    slots: [Slot; N],
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u64,
    name: &'static str,
    index: usize,
}

const EMPTY: Slot = Slot { hash: 0, name: "", index: 0 };

/// How many slots the table of these sets needs.
pub const fn table_len(sets: &[EventTypes]) -> usize {
    let wanted = 2 * count(sets);
    let mut len = 4;
    while len < wanted {
        len *= 2;
    }
    len
}

const fn count(sets: &[EventTypes]) -> usize {
    let mut names = 0;
    let mut i = 0;
    while i < sets.len() {
        names += match sets[i] {
            EventTypes::One(event) => 1 + event.aliases.len(),
            EventTypes::Many(inner) => count(inner),
        };
        i += 1;
    }
    names
}

impl<const N: usize> NameTable<N> {
    /// The table that leads from each wire name and alias of `sets[i]` to `i`. That two of them claim one name is a
    /// mistake, which is reported as one of `owner`.
    #[track_caller]
    pub const fn new(sets: &'static [EventTypes], owner: &str) -> NameTable<N> {
        let mut table = NameTable { slots: [EMPTY; N] };
        let mut i = 0;
        while i < sets.len() {
            if let Some(name) = table.insert_set(sets[i], i) {
                refuse_shared(name, sets, owner);
            }
            i += 1;
        }
        table
    }

    /// Returns a name that is there already.
    const fn insert_set(&mut self, set: EventTypes, index: usize) -> Option<&'static str> {
        let mut i = 0;
        match set {
            EventTypes::One(event) => {
                if !self.insert(event.name, index) {
                    return Some(event.name);
                }
                while i < event.aliases.len() {
                    if !self.insert(event.aliases[i], index) {
                        return Some(event.aliases[i]);
                    }
                    i += 1;
                }
            }
            EventTypes::Many(sets) => {
                while i < sets.len() {
                    if let Some(name) = self.insert_set(sets[i], index) {
                        return Some(name);
                    }
                    i += 1;
                }
            }
        }
        None
    }

    /// Whether the name was not there yet.
    const fn insert(&mut self, name: &'static str, index: usize) -> bool {
        let hash = const_hash(name.as_bytes());
        let mut at = hash as usize & (N - 1);
        while !self.slots[at].name.is_empty() {
            if self.slots[at].hash == hash && same(self.slots[at].name, name) {
                return false;
            }
            at = (at + 1) & (N - 1);
        }
        self.slots[at] = Slot { hash, name, index };
        true
    }

    /// The index of the set that holds this name.
    #[inline]
    pub fn find(&self, name: &str) -> Option<usize> {
        let hash = name_hash(name.as_bytes());
        let mut at = hash as usize & (N - 1);
        loop {
            let slot = &self.slots[at];
            if slot.name.is_empty() {
                return None;
            }
            if slot.hash == hash && same_words(slot.name.as_bytes(), name.as_bytes()) {
                return Some(slot.index);
            }
            at = (at + 1) & (N - 1);
        }
    }
}

/// Whether two names are equal, without the call that a comparison of any two slices costs.
#[inline]
fn same_words(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let ((a_words, a_rest), (b_words, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    let differ = a_words.iter().zip(b_words).any(|(a, b)| u64::from_le_bytes(*a) != u64::from_le_bytes(*b));
    // The last eight bytes reach back into the words that were compared already.
    !differ
        && match (a.last_chunk::<8>(), b.last_chunk::<8>()) {
            (Some(a), Some(b)) => u64::from_le_bytes(*a) == u64::from_le_bytes(*b),
            _ => a_rest == b_rest,
        }
}

/// A hash of a wire name: eight bytes a step, multiplied and folded. Names are the program's own, so it need not resist
/// an attacker.
#[inline]
fn name_hash(name: &[u8]) -> u64 {
    let mut hash = name.len() as u64;
    let mut rest = name;
    while let Some((word, behind)) = rest.split_first_chunk() {
        hash = fold(hash ^ u64::from_le_bytes(*word));
        rest = behind;
    }
    if !rest.is_empty() {
        let last = match name.last_chunk() {
            Some(word) => u64::from_le_bytes(*word),
            None => short(name),
        };
        hash = fold(hash ^ last);
    }
    hash
}

/// The same hash for the compiler, to which each call, also one of the standard library, costs as much as a hundred
/// steps.
const fn const_hash(name: &[u8]) -> u64 {
    let len = name.len();
    let (mut hash, mut at) = (len as u64, 0);
    while at + 8 <= len {
        hash = fold(hash ^ word(name, at));
        at += 8;
    }
    if at < len {
        hash = fold(hash ^ if len < 8 { short(name) } else { word(name, len - 8) });
    }
    hash
}

const fn word(name: &[u8], at: usize) -> u64 {
    u64::from_le_bytes([
        name[at],
        name[at + 1],
        name[at + 2],
        name[at + 3],
        name[at + 4],
        name[at + 5],
        name[at + 6],
        name[at + 7],
    ])
}

/// Multiplies to 128 bits and folds the halves, so that every input bit reaches the low bits.
#[inline]
const fn fold(value: u64) -> u64 {
    // 2^64 divided by the golden ratio, made odd: the multiplier of the Fibonacci hash.
    let product = value as u128 * 0x9e37_79b9_7f4a_7c15;
    product as u64 ^ (product >> 64) as u64
}

#[inline]
const fn short(bytes: &[u8]) -> u64 {
    let mut value = 0;
    let mut i = 0;
    while i < bytes.len() {
        value = (value << 8) | bytes[i] as u64;
        i += 1;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::kind::PayloadKind;
    use crate::model::event::{EventType, SourceLocation};

    const fn event(name: &'static str, aliases: &'static [&'static str]) -> EventType {
        EventType {
            kind: PayloadKind::Event,
            name,
            version: 1,
            aliases,
            rust_name: "T",
            tags: &[],
            fields: &[],
            previous: None,
            public: true,
            content_type: "application/json",
            personal: None,
            location: SourceLocation { module: "", file: "", line: 1 },
        }
    }

    /// An event of this module that claims the former name of [`A`].
    const fn at(module: &'static str) -> EventType {
        let location = SourceLocation { module, file: "", line: 1 };
        EventType { rust_name: "U", location, ..event("old.Placed", &[]) }
    }

    static A: EventType = event("shop.OrderPlaced", &["old.Placed"]);
    static B: EventType = event("shop.OrderPaid", &[]);
    static C: EventType = event("x", &["y", "z"]);
    static SETS: [EventTypes; 2] =
        [EventTypes::One(&A), EventTypes::Many(&[EventTypes::One(&B), EventTypes::Many(&[EventTypes::One(&C)])])];
    static TABLE: NameTable<{ table_len(&SETS) }> = NameTable::new(&SETS, "All");

    #[test]
    fn finds_names_and_aliases_at_any_depth() {
        for (name, index) in
            [("shop.OrderPlaced", 0), ("old.Placed", 0), ("shop.OrderPaid", 1), ("x", 1), ("y", 1), ("z", 1)]
        {
            assert_eq!(TABLE.find(name), Some(index), "{name}");
        }
        for name in ["", "shop.OrderPlace", "shop.OrderPlacedd", "q", "shop.OrderPaiD"] {
            assert_eq!(TABLE.find(name), None, "{name}");
        }
        assert_eq!(table_len(&SETS), 16);
    }

    #[test]
    #[should_panic(
        expected = "`T` and `U` in `All` both claim the wire name `old.Placed`\nhelp: give one of them another"
    )]
    fn two_crates_that_claim_one_name_are_reported() {
        static SETS: [EventTypes; 2] = [EventTypes::One(&A), EventTypes::One(&at("warehouse::orders"))];
        let _: NameTable<8> = NameTable::new(&SETS, "All");
    }

    #[test]
    fn what_the_claims_of_one_crate_show_is_not_said_again() {
        static OTHER: EventType = EventType { rust_name: "V", ..at("shop") };
        static SETS: [EventTypes; 2] = [EventTypes::One(&OTHER), EventTypes::One(&at("shop::orders"))];
        let _: NameTable<8> = NameTable::new(&SETS, "All");
    }

    #[test]
    fn the_compiler_hashes_names_as_the_program_does() {
        let name = "shop.subscriptions.SubscriptionRenewed";
        for len in 0..=name.len() {
            assert_eq!(const_hash(&name.as_bytes()[..len]), name_hash(&name.as_bytes()[..len]), "{len}");
        }
    }

    #[test]
    fn hashes_spread() {
        let mut hashes: Vec<u64> = (0..10_000).map(|i| name_hash(format!("shop.Event{i}").as_bytes())).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 10_000);
        let crowded =
            (0..1024_u64).map(|slot| hashes.iter().filter(|hash| **hash & 1023 == slot).count()).max().unwrap();
        assert!(crowded < 40, "{crowded} of 10,000 names in one of 1,024 slots");
    }
}
