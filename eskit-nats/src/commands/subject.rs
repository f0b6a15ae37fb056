//! The subjects of commands.

/// The queue group of all processes that serve a command.
pub(super) const QUEUE_GROUP: &str = "eskit";

/// The subject of a command.
pub(super) fn command(prefix: &str, name: &str) -> String {
    format!("{prefix}.command.{name}")
}

/// The subject of a command for one partition of its keys.
pub(super) fn partition(prefix: &str, partition: u32, name: &str) -> String {
    format!("{prefix}.partition.{partition}.{name}")
}

/// The partition of a key, of so many; the same in every version of eskit.
pub(super) fn partition_of(key: &str, count: u32) -> u32 {
    crc32fast::hash(key.as_bytes()) % count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_names_become_subjects_and_keys_partitions() {
        assert_eq!(command("shop", "shop.Place"), "shop.command.shop.Place");
        assert_eq!(partition("shop", 3, "shop.Place"), "shop.partition.3.shop.Place");
        // Other programs compute it too.
        assert_eq!(partition_of("order:17", 16), crc32fast::hash(b"order:17") % 16);
        assert_eq!((partition_of("123456789", 1_000_000_000), partition_of("x", 0)), (0xCBF4_3926 % 1_000_000_000, 0));
    }
}
