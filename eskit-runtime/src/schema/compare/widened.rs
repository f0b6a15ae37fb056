//! Whether what is stored in one shape is read as it is in another.

use super::compare_node;
use crate::message::same;
use crate::schema::node::{Node, position, strip};
use crate::schema::report::{Path, Report};
use crate::shape::def::{Kind, ShapeDef};

/// Whether the value, of another shape than the record's, is read from the JSON that was stored.
pub(super) const fn widens(node: Node<'_>, head: &str, shape: &ShapeDef) -> bool {
    match shape.kind {
        Kind::Leaf(name) => same(name, "json") || leaf_widens(head, name),
        Kind::Option(inner) => reads_stored(node, head, inner),
        Kind::List(item) => match strip(head, "array ") {
            Some(rest) => {
                let (_, item_head) = rest.split_at(position(rest, b' '));
                match strip(item_head, " ") {
                    Some(head) => reads_stored(node, head, item),
                    None => false,
                }
            }
            None => false,
        },
        Kind::Array(..) | Kind::Block(..) | Kind::Personal(..) | Kind::Opaque => false,
    }
}

/// Whether the value is read from the JSON that was stored; the shapes may be the same.
pub(super) const fn reads_stored(node: Node<'_>, head: &str, shape: &ShapeDef) -> bool {
    let mut report = Report::new();
    compare_node(node, head, shape, &Path::ROOT, &mut report);
    report.refused == report.older
}

const fn leaf_widens(old: &str, new: &str) -> bool {
    if same(new, "string") {
        return is_text(old);
    }
    let (nonzero, old) = match strip(old, "nonzero-") {
        Some(old) => (true, old),
        None => (false, old),
    };
    let new = match strip(new, "nonzero-") {
        Some(new) if nonzero => new,
        Some(_) => return false,
        None => new,
    };
    if nonzero && same(old, new) {
        return true;
    }
    let Some((signed, bits)) = integer(old) else {
        return same(old, "f32") && (same(new, "f64") || same(new, "number"));
    };
    if same(new, "number") {
        return bits <= 64;
    }
    if same(new, "f64") {
        return bits <= 32;
    }
    if same(new, "f32") {
        return bits <= 16;
    }
    // The width of `usize` is the machine's: what is stored may be read on another one.
    if is_size(new) {
        return false;
    }
    match integer(new) {
        Some((now_signed, now_bits)) if signed == now_signed => now_bits > bits || now_bits == bits && is_size(old),
        Some((now_signed, now_bits)) => now_signed && now_bits > bits,
        None => false,
    }
}

const fn is_size(name: &str) -> bool {
    same(name, "usize") || same(name, "isize")
}

/// Whether it is signed, and its bits.
const fn integer(name: &str) -> Option<(bool, u32)> {
    let all: [(&str, bool, u32); 12] = [
        ("u8", false, 8),
        ("u16", false, 16),
        ("u32", false, 32),
        ("u64", false, 64),
        ("usize", false, 64),
        ("u128", false, 128),
        ("i8", true, 8),
        ("i16", true, 16),
        ("i32", true, 32),
        ("i64", true, 64),
        ("isize", true, 64),
        ("i128", true, 128),
    ];
    let mut i = 0;
    while i < all.len() {
        if same(all[i].0, name) {
            return Some((all[i].1, all[i].2));
        }
        i += 1;
    }
    None
}

/// Whether serde writes it as a string.
const fn is_text(name: &str) -> bool {
    let all = ["char", "uuid", "datetime", "ip", "ipv4", "ipv6", "socket-address"];
    let mut i = 0;
    while i < all.len() {
        if same(all[i], name) {
            return true;
        }
        i += 1;
    }
    false
}
