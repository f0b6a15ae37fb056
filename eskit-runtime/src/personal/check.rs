//! What must hold of the types of fields with and without `#[personal]`, as compile errors.

use super::value::Forgettable;
use crate::message::{Message, same};
use crate::shape::def::{Kind, ShapeDef};
use crate::shape::mark::Holds;

/// Asserts that the type of a field says what is read once it is forgotten.
pub const fn forgettable<T: Forgettable>() {}

/// A field without `#[personal]` holds no personal values. `remedy` is what to write on it, `example` the subject that it may have.
#[track_caller]
pub const fn check_plain(shape: &ShapeDef, field: &str, ty: &str, remedy: &str, example: &str) {
    let message = Message::new();
    let message = match shape.holds {
        Holds::Nothing | Holds::Itself | Holds::Mistaken => return,
        Holds::Values => message
            .code(ty)
            .text(" holds personal values, and ")
            .code(field)
            .text(" does not say so\nhelp: ")
            .text(remedy),
        _ => no_place(message, shape.holds, (field, ty), example),
    };
    panic!("{}", message.as_str());
}

/// A field of a stored command holds nothing personal.
#[track_caller]
pub const fn check_command(shape: &ShapeDef, field: &str, ty: &str) {
    if !matches!(shape.holds, Holds::Nothing | Holds::Itself | Holds::Mistaken) {
        let message = Message::new()
            .text("a stored command is kept in the clear, and ")
            .code(field)
            .text(" holds personal values: ")
            .code(ty)
            .text("\nhelp: drop `stored`, and execute the command at once; or let it carry an id by which the values are found");
        panic!("{}", message.as_str());
    }
}

/// A field with `#[personal]` alone holds personal values. `suspects` are the types in it that may lack a shape.
#[track_caller]
pub const fn check_inside(shape: &ShapeDef, field: &str, ty: &str, suspects: &str, example: &str) {
    let message = Message::new();
    let message = match shape.holds {
        Holds::Values | Holds::Mistaken => return,
        Holds::Nothing | Holds::Itself if shape.is_opaque() => message
            .text("the personal values inside of ")
            .code(field)
            .text(" cannot be found\nhelp: put `#[derive(eskit::Shape)]` on ")
            .text(suspects)
            .text(", and `#[personal(subject = \"..\")]` on its personal fields"),
        Holds::Nothing | Holds::Itself => message
            .code(ty)
            .text(" holds no personal values\nhelp: say whose the value is, `#[personal(")
            .text(example)
            .text(")]`, or put that on the personal fields of ")
            .text(suspects),
        _ => no_place(message, shape.holds, (field, ty), example),
    };
    panic!("{}", message.as_str());
}

/// Why personal values are where they cannot be sealed.
const fn no_place(message: Message, holds: Holds, (field, ty): (&str, &str), example: &str) -> Message {
    match holds {
        Holds::NoSubject if is_personal(ty) => message
            .code(field)
            .text(" is personal, and does not say of whom\nhelp: name the field that holds the id of the subject, `#[personal(")
            .text(example)
            .text(")]`"),
        Holds::NoSubject => message
            .text("a `Personal` in ")
            .code(ty)
            .text(" does not say of whom it is\nhelp: put `#[personal(subject = \"..\")]` on its field there, with the name of the field that holds the id of the subject"),
        Holds::Keys => message
            .code(ty)
            .text(" holds personal values in the keys of a map, which are not sealed\nhelp: make them values, as in a `Vec`; or make the whole of ")
            .code(field)
            .text(" personal, `#[personal(")
            .text(example)
            .text(")]`"),
        Holds::Rest => message
            .code(ty)
            .text(" holds personal values in a flattened map, whose entries cannot be told from the fields around it\nhelp: drop `#[serde(flatten)]` there"),
        _ => message
            .code(ty)
            .text(" holds personal values in a variant without a name on the wire, where they cannot be found\nhelp: give the enum a tag, `#[serde(tag = \"type\")]`, instead of `#[serde(untagged)]`"),
    }
}

/// Whether it is the text of a type `Personal<..>`, whatever path leads to it.
const fn is_personal(ty: &str) -> bool {
    let bytes = ty.as_bytes();
    let (mut start, mut i) = (0, 0);
    while i < bytes.len() && bytes[i] != b'<' {
        if bytes[i] == b':' {
            start = i + 1;
        }
        i += 1;
    }
    let (path, _) = ty.split_at(i);
    let (_, name) = path.split_at(start);
    same(name, "Personal")
}

/// A value that is personal as a whole holds none that are so by themselves.
#[track_caller]
pub const fn check_value(shape: &ShapeDef, field: &str, suspects: &str) {
    if !matches!(shape.holds, Holds::Nothing | Holds::Itself | Holds::NoSubject | Holds::Mistaken) {
        let message = Message::new()
            .code(field)
            .text(" is personal as a whole, and ")
            .text(suspects)
            .text(" holds personal values too\nhelp: write `#[personal]`, for the values inside, or drop the attributes in ")
            .text(suspects);
        panic!("{}", message.as_str());
    }
}

/// The field that a subject names holds an id: a text or an integer, or none.
#[track_caller]
pub const fn check_subject(shape: &ShapeDef, subject: &str) {
    let message = Message::new().text("the field ").code(subject);
    let message = match shape.kind {
        Kind::Opaque => return,
        Kind::Option(inner) => return check_subject(inner, subject),
        Kind::Leaf(name) if !is_no_id(name) => return,
        Kind::Personal(..) => message.text(" is personal itself, and would be sealed"),
        Kind::Leaf(name) => message.text(" is a ").code(name).text(", and no id of a subject"),
        Kind::List(_) | Kind::Array(..) => message.text(" is a list, and a value is personal data of one subject"),
        Kind::Block(..) => message.text(" has parts, and is no id of a subject"),
    };
    panic!("{}", message.text("\nhelp: name a field that holds one id, as a text or an integer").as_str());
}

const fn is_no_id(name: &str) -> bool {
    same(name, "unit") || same(name, "bool") || same(name, "f32") || same(name, "f64") || same(name, "recursive")
}

/// The literal that is read once the value is forgotten is one that the type of the field may read. `json` is the literal.
#[track_caller]
pub const fn check_forgotten(shape: &ShapeDef, json: &str, ty: &str) {
    let Some(example) = example(shape) else { return };
    if is_like(json, example) {
        return;
    }
    let message = Message::new().text("a field of type ").code(ty).text(" does not read `").text(json);
    let message = message.text("`, which is to be read once the value is forgotten\nhelp: ");
    let message = if example.is_empty() {
        message.text("write `Personal<").text(ty).text(">`, without `forgotten`")
    } else {
        message.text("write a value of its type, such as `forgotten = ").text(example).text("`")
    };
    panic!("{}", message.as_str());
}

/// A literal that the type reads; empty where it reads none, and nothing where that is not known.
const fn example(shape: &ShapeDef) -> Option<&'static str> {
    match shape.kind {
        Kind::Option(inner) => example(inner),
        Kind::List(_) | Kind::Array(..) => Some(""),
        Kind::Block(head, _) => match head.as_bytes() {
            b"struct" | b"struct closed" | b"tuple" | b"map" => Some(""),
            _ => None,
        },
        Kind::Leaf(name) => match name.as_bytes() {
            b"string" => Some("\"[forgotten]\""),
            b"bool" => Some("false"),
            b"f32" | b"f64" => Some("0.0"),
            b"u8" | b"u16" | b"u32" | b"u64" | b"u128" | b"usize" => Some("0"),
            b"i8" | b"i16" | b"i32" | b"i64" | b"i128" | b"isize" => Some("0"),
            _ => None,
        },
        Kind::Personal(..) | Kind::Opaque => None,
    }
}

/// Whether two literals are of one kind.
const fn is_like(json: &str, example: &str) -> bool {
    if json.is_empty() || example.is_empty() {
        return false;
    }
    match (json.as_bytes()[0], example.as_bytes()[0]) {
        (b'"', b'"') | (b't' | b'f', b'f') => true,
        (b'-' | b'0'..=b'9', b'0') => same(example, "0.0") || is_integer(json),
        _ => false,
    }
}

const fn is_integer(json: &str) -> bool {
    let (bytes, mut i) = (json.as_bytes(), 0);
    while i < bytes.len() {
        if !matches!(bytes[i], b'-' | b'0'..=b'9') {
            return false;
        }
        i += 1;
    }
    true
}
