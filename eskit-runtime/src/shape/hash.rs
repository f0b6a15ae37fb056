//! The hash of shapes. `eskit-macros` computes the same one from the text of `eskit.lock` (its `lock_hash`); no hash is
//! stored, so both may change together in any release.

// Every call costs the compiler as much as a hundred steps, also a call of the standard library: so these write out what
// they need of it.

/// FNV-1a, 64 bits.
pub(crate) const fn text(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut i = 0;
    while i < bytes.len() {
        hash = ((hash ^ bytes[i] as u64) as u128 * 0x0000_0100_0000_01b3) as u64;
        i += 1;
    }
    hash
}

/// The sum, as far as it fits.
pub(crate) const fn add(first: u64, second: u64) -> u64 {
    (first as u128 + second as u128) as u64
}

/// Two hashes in this order.
#[allow(clippy::manual_rotate, reason = "a call that each field of each event would pay for")]
pub(crate) const fn mix(first: u64, second: u64) -> u64 {
    let rotated = second << 29 | second >> 35;
    let product = (first ^ 0x9e37_79b9_7f4a_7c15) as u128 * (rotated ^ 0xd6e8_feb8_6659_fd93) as u128;
    add(product as u64 ^ (product >> 64) as u64, second)
}

/// The sum of hashes with that of a tag: of its key, and of the name of the type of its ids, or 0.
pub(crate) const fn tag(sum: u64, key: u64, id_type: u64) -> u64 {
    (sum as u128 + key as u128 + key as u128 * id_type as u128) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same values stand in `eskit-macros/src/shape/hash.rs`.
    #[test]
    fn the_hash_is_the_one_of_the_macros() {
        assert_eq!(text(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(text("struct"), 0xc318_a9d8_9899_1720);
        assert_eq!(mix(text("option"), text("u32")), 0xa300_5b62_6f97_36bb);
        assert_ne!(mix(1, 2), mix(2, 1));
    }
}
