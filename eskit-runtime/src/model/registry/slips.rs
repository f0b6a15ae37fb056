//! Tags that are most likely misspelt keys of streams. Only the whole program knows that no aggregate is keyed by them.

use super::{path, place};
use crate::log::tag::IdType;
use crate::message::slips;
use crate::model::aggregate::{AggregateType, Key};
use crate::model::event::{EventType, EventTypes, TagField};

/// The shortest key of which one letter may be a slip: shorter words are often one letter from each other.
const LETTERS_MIN: usize = 4;

/// The tags of events of streams that are one letter from the key of the stream, which the event does not carry.
pub(super) fn find(aggregates: &[(&'static AggregateType, EventTypes)]) -> Vec<String> {
    let is_key = |tag: &str| aggregates.iter().any(|(aggregate, _)| aggregate.key.names().contains(&tag));
    let mut found = Vec::new();
    for (aggregate, events) in aggregates {
        let Key::Stream(key) = aggregate.key else { continue };
        let ids = id_type(aggregate, *events, key);
        events.for_each(&mut |event| {
            if event.tags.iter().any(|tag| tag.key == key) {
                return;
            }
            let slip = event
                .tags
                .iter()
                .find(|tag| is_slip(tag.key, key) && !is_key(tag.key) && !tag.id_type.differs_from(&ids));
            found.extend(slip.map(|tag| told(event, tag, aggregate, key)));
        });
    }
    found
}

/// The type by which a stream is found: the stated one, or the first known one that an event carries.
fn id_type(aggregate: &AggregateType, events: EventTypes, key: &str) -> IdType {
    let mut found = aggregate.id_types.first().copied();
    events.for_each(&mut |event| {
        let carried = event.tags.iter().find(|tag| tag.key == key && tag.id_type.is_known());
        found = found.or(carried.map(|tag| tag.id_type));
    });
    found.unwrap_or(IdType::UNKNOWN)
}

/// Whether a tag is one letter from a key. A number tells two things apart.
fn is_slip(tag: &str, key: &str) -> bool {
    let without_digits = |word: &str| word.replace(|letter: char| letter.is_ascii_digit(), "");
    tag.len().min(key.len()) >= LETTERS_MIN && slips(tag, key) == 1 && without_digits(tag) != without_digits(key)
}

fn told(event: &EventType, tag: &TagField, aggregate: &AggregateType, key: &str) -> String {
    let (name, source, slip, field) = (event.name, place(&event.location), tag.key, tag.field);
    let (stream, owner, own) = (aggregate.name, event.rust_name, path(event));
    format!(
        "event `{name}` (`{own}`, {source}) carries the tag `{slip}`, which no aggregate is keyed by, and not `{key}`, the key of \
         `{stream}`\nhelp: did you mean `{key}`? write `#[tag(\"{key}\")]` on the field `{field}` of `{owner}`; if it holds ids of \
         something else, give them a type of their own with `#[derive(TagValue)]`, and write `key = ..` on `{stream}`"
    )
}

#[cfg(test)]
mod tests {
    use super::is_slip;

    #[test]
    fn a_slip_is_one_letter_or_two_that_changed_places() {
        for tag in ["acount", "accountt", "accuont", "accoumt", "accounts"] {
            assert!(is_slip(tag, "account"), "{tag}");
        }
        for tag in ["account", "acuont", "customer", "account2", "amount"] {
            assert!(!is_slip(tag, "account"), "{tag}");
        }
        assert!(!is_slip("sky", "sku") && !is_slip("line1", "line2"));
    }
}
