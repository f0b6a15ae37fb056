/// The FNV-1a hash (Fowler, Noll, Vo) of 64 bits. It does not change from one build to the next, so it may be stored; it does not resist
/// an attacker.
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
