//! What personal data the payloads of an event hold.

use serde_json::Value;

use crate::shape::def::{Kind, Member, ShapeDef, flag};
use crate::shape::mark::{Holds, PersonalDef};
use crate::shape::names::unescaped;

/// A personal value in the payloads of an event.
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct PersonalField {
    /// Where it is in the JSON of a payload, such as `guests[].name`; an item of a list is `[]`, a value of a map `[*]`.
    pub path: String,
    /// What the subject is, such as `student`.
    pub kind: &'static str,
    /// The field beside it that holds the id of the subject, as it is in JSON.
    pub subject: &'static str,
    /// What is read instead of it once the subject is forgotten.
    pub forgotten: Value,
}

/// Every personal value that payloads of this shape may hold, in the order of the fields: of
/// [`EventType::personal`](crate::model::EventType::personal). Inside of a type that holds itself, only the first level is told.
pub fn personal_values(shape: &ShapeDef) -> Vec<PersonalField> {
    let mut found = Vec::new();
    collect(shape, String::new(), &mut found);
    found
}

/// What is read once a value is forgotten.
pub(super) fn forgotten(def: &PersonalDef) -> Value {
    serde_json::from_str(def.forgotten).unwrap_or(Value::Null)
}

fn collect(shape: &ShapeDef, path: String, found: &mut Vec<PersonalField>) {
    if shape.holds == Holds::Nothing {
        return;
    }
    match shape.kind {
        Kind::Personal(def, _) => {
            found.push(PersonalField { path, kind: def.kind, subject: def.subject, forgotten: forgotten(def) });
        }
        Kind::Option(inner) => collect(inner, path, found),
        Kind::List(item) | Kind::Array(_, item) => collect(item, format!("{path}[]"), found),
        Kind::Block("map", members) => {
            members.iter().skip(1).for_each(|member| collect(member.shape, format!("{path}[*]"), found));
        }
        Kind::Block(head, members) => {
            // Of an enum with a tag and no name for the content, the fields of a variant are beside the tag.
            let is_beside = head.starts_with("enum tag ") && !head.contains(" content ");
            let content = head.split_once(" content ").map(|(_, content)| unescaped(content));
            for member in members {
                collect(member.shape, part(&path, head, member, (is_beside, content.as_deref())), found);
            }
        }
        Kind::Leaf(_) | Kind::Opaque => {}
    }
}

fn part(path: &str, head: &str, member: &Member, (is_beside, content): (bool, Option<&str>)) -> String {
    if member.has(flag::FLATTEN) || is_beside {
        return path.to_owned();
    }
    let name = unescaped(member.name);
    match content {
        Some(content) => joined(path, content),
        None if head == "tuple" => format!("{path}[{name}]"),
        None => joined(path, &name),
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
