//! Finds the personal values of a payload: its JSON beside the shape of its type.

use serde_json::{Map, Value};

use super::report::forgotten;
use crate::codec::EncodeReason;
use crate::log::bounds::TAG_PART_BYTES_MAX;
use crate::log::personal::{JsonPointer, PersonalValue, Subject};
use crate::log::tag::Tags;
use crate::shape::def::{Kind, Member, ShapeDef, flag};
use crate::shape::mark::{Holds, PersonalDef};
use crate::shape::names::unescaped;

/// Why the personal values of a payload cannot be sealed, and where.
pub(crate) type Unfound = (EncodeReason, JsonPointer);

/// The personal values of a payload of this shape. A payload that is of another shape is refused: values in it would be missed.
///
/// # Errors
/// The payload is of another shape, or a personal value has no subject.
pub(crate) fn find(shape: &'static ShapeDef, payload: &Value, tags: &Tags) -> Result<Vec<PersonalValue>, Unfound> {
    let mut search = Search { tags, found: Vec::new() };
    search.node(shape, payload, At { path: &JsonPointer::ROOT, around: &Value::Null, whole: shape })?;
    Ok(search.found)
}

struct Search<'p> {
    tags: &'p Tags,
    found: Vec<PersonalValue>,
}

/// Where a value is.
#[derive(Clone, Copy)]
struct At<'p> {
    path: &'p JsonPointer,
    /// The object or array that it is in, which holds its subject.
    around: &'p Value,
    /// The innermost type around it that holds itself.
    whole: &'static ShapeDef,
}

impl<'p> At<'p> {
    fn in_part(self, path: &'p JsonPointer, around: &'p Value) -> At<'p> {
        At { path, around, ..self }
    }

    fn misshapen<T>(self, wanted: &'static str) -> Result<T, Unfound> {
        Err((EncodeReason::Misshapen { wanted }, self.path.clone()))
    }
}

impl Search<'_> {
    fn node(&mut self, shape: &'static ShapeDef, value: &Value, at: At<'_>) -> Result<(), Unfound> {
        let whole = if shape.recurs { shape } else { at.whole };
        let at = At { whole, ..at };
        match shape.kind {
            _ if shape.holds == Holds::Nothing => Ok(()),
            // What is not there cannot be sealed, and does not need to be.
            Kind::Personal(_, _) | Kind::Option(_) if value.is_null() => Ok(()),
            Kind::Personal(def, _) => self.add(def, at),
            Kind::Option(inner) => self.node(inner, value, at),
            Kind::List(item) | Kind::Array(_, item) => self.items(item, value, at),
            Kind::Block(head, members) => self.block(head, members, value, at),
            Kind::Leaf(_) => self.node(whole, value, at),
            Kind::Opaque => Ok(()),
        }
    }

    fn add(&mut self, def: &'static PersonalDef, at: At<'_>) -> Result<(), Unfound> {
        let subject = match self.subject(def, at.around) {
            Ok(id) => Subject::new(def.kind, id),
            Err(problem) => {
                let reason = EncodeReason::NoSubject { subject: def.subject, problem };
                return Err((reason, at.path.clone()));
            }
        };
        self.found.push(PersonalValue::new(at.path.clone(), subject, forgotten(def)));
        Ok(())
    }

    /// The id of the subject, or what is wrong with it.
    fn subject(&self, def: &PersonalDef, around: &Value) -> Result<String, &'static str> {
        let field = match around {
            Value::Array(items) => def.subject.parse::<usize>().ok().and_then(|index| items.get(index)),
            fields => fields.get(def.subject),
        };
        let id = match field {
            None | Some(Value::Null) => return Err("is not there"),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) if number.is_u64() || number.is_i64() => number.to_string(),
            Some(_) => return Err("is neither a text nor an integer of 64 bits"),
        };
        if id.is_empty() {
            return Err("is empty");
        }
        if id.len() > TAG_PART_BYTES_MAX {
            return Err("is longer than the value of a tag may be");
        }
        let is_tag = || self.tags.iter().any(|tag| (tag.key(), tag.value()) == (def.kind, id.as_str()));
        // Who forgets a subject knows the text of its tag.
        if def.is_tag && !is_tag() {
            return Err("is another text in its tag than in JSON");
        }
        Ok(id)
    }

    fn items(&mut self, item: &'static ShapeDef, value: &Value, at: At<'_>) -> Result<(), Unfound> {
        let Value::Array(items) = value else { return at.misshapen("a list") };
        items.iter().enumerate().try_for_each(|(index, found)| {
            let path = at.path.element(index);
            self.node(item, found, at.in_part(&path, value))
        })
    }

    fn block(&mut self, head: &str, members: &'static [Member], value: &Value, at: At<'_>) -> Result<(), Unfound> {
        match (head, value) {
            ("struct" | "struct closed", Value::Object(_)) => self.fields(members, value, at),
            ("tuple", Value::Array(_)) => self.places(members, value, at),
            ("map", Value::Object(entries)) => self.entries(members, (entries, None), at),
            // A variant without fields.
            ("enum", Value::String(_)) => Ok(()),
            ("enum", Value::Object(variants)) => match variants.keys().next().map(|name| variant(members, name)) {
                Some(Some(_)) => self.variants(members, value, at),
                _ => at.misshapen("one of its variants"),
            },
            ("struct" | "struct closed" | "map", _) => at.misshapen("an object"),
            ("tuple", _) => at.misshapen("a list"),
            (head, Value::Object(fields)) => match head.strip_prefix("enum tag ") {
                Some(tag) => self.tagged(members, tag, (value, fields), at),
                None => at.misshapen("a variant with a name"),
            },
            _ => at.misshapen("one of its variants"),
        }
    }

    fn fields(&mut self, members: &'static [Member], value: &Value, at: At<'_>) -> Result<(), Unfound> {
        for member in members.iter().filter(|member| is_searched(member)) {
            if member.has(flag::FLATTEN) {
                self.flattened(member.shape, value, at)?;
            } else if let (name, Some(found)) = (unescaped(member.name), value.get(&*unescaped(member.name))) {
                let path = at.path.member(&name);
                self.node(member.shape, found, at.in_part(&path, value))?;
            }
        }
        Ok(())
    }

    /// What stands among the fields of the struct around it.
    fn flattened(&mut self, shape: &'static ShapeDef, value: &Value, at: At<'_>) -> Result<(), Unfound> {
        match shape.kind {
            Kind::Option(inner) => self.flattened(inner, value, at),
            Kind::Block("enum", variants) => self.variants(variants, value, at),
            // `None` has no tag.
            Kind::Block(head, _) if value.get(tag_of(head)).is_none() && head.starts_with("enum tag ") => Ok(()),
            _ => self.node(shape, value, at),
        }
    }

    /// The variants whose names are keys of the object.
    fn variants(&mut self, variants: &'static [Member], value: &Value, at: At<'_>) -> Result<(), Unfound> {
        self.fields(variants, value, at)
    }

    fn places(&mut self, members: &'static [Member], value: &Value, at: At<'_>) -> Result<(), Unfound> {
        let written = members.iter().filter(|member| !member.has(flag::UNWRITTEN));
        for (index, member) in written.enumerate().filter(|(_, member)| is_searched(member)) {
            let Some(found) = value.get(index) else { return at.misshapen("a longer list") };
            let path = at.path.element(index);
            self.node(member.shape, found, at.in_part(&path, value))?;
        }
        Ok(())
    }

    /// The values of a map; of one that is the content of a variant, without the tag beside them.
    fn entries(
        &mut self,
        members: &'static [Member],
        (entries, tag): (&Map<String, Value>, Option<&str>),
        at: At<'_>,
    ) -> Result<(), Unfound> {
        for member in members.iter().skip(1) {
            for (key, value) in entries.iter().filter(|(key, _)| tag != Some(key.as_str())) {
                let path = at.path.member(key);
                self.node(member.shape, value, at.in_part(&path, &Value::Null))?;
            }
        }
        Ok(())
    }

    /// `{"type": "Variant", ..}`, or with the content under a name of its own.
    fn tagged(
        &mut self,
        members: &'static [Member],
        words: &str,
        (value, fields): (&Value, &Map<String, Value>),
        at: At<'_>,
    ) -> Result<(), Unfound> {
        let (tag, content) = words.split_once(" content ").map_or((words, None), |(tag, rest)| (tag, Some(rest)));
        let tag = unescaped(tag);
        let found = fields.get(&*tag).and_then(Value::as_str).and_then(|name| variant(members, name));
        let Some(member) = found else { return at.misshapen("one of its variants") };
        match (content.map(unescaped), member.shape.kind) {
            (Some(content), _) => match fields.get(&*content) {
                Some(found) => {
                    let path = at.path.member(&content);
                    self.node(member.shape, found, at.in_part(&path, value))
                }
                None => Ok(()),
            },
            (None, Kind::Block("map", parts)) => self.entries(parts, (fields, Some(&*tag)), at),
            (None, _) => self.node(member.shape, value, at),
        }
    }
}

/// Whether payloads may hold it, with personal values inside.
fn is_searched(member: &Member) -> bool {
    !member.has(flag::UNWRITTEN) && member.shape.holds != Holds::Nothing
}

/// The variant that is written under this name.
fn variant(members: &'static [Member], name: &str) -> Option<&'static Member> {
    members.iter().find(|member| !member.has(flag::UNTAGGED) && unescaped(member.name) == name)
}

fn tag_of(head: &str) -> &str {
    let words = head.strip_prefix("enum tag ").unwrap_or_default();
    words.split_once(" content ").map_or(words, |(tag, _)| tag)
}
