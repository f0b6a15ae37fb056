//! Stores that enforce other limits than the contract.

use eskit_runtime::log::limits::{TAGS_PER_EVENT_MAX, check_append};
use eskit_runtime::log::{Append, ContentType, LimitError};

use crate::sound::broken;
use crate::table::Row;

pub(crate) fn rows() -> Vec<Row> {
    vec![
        broken(
            "no limit is enforced",
            |store| store.check_append = |_| Ok(()),
            "an append went through",
            &[
                "limits::counts_are_refused_by_name",
                "limits::lengths_are_refused_by_name",
                "limits::empty_texts_are_refused_by_name",
                "limits::nul_is_refused_by_name",
                "limits::repeated_ids_are_refused_by_name",
            ],
        ),
        broken(
            "content types have no limits",
            |store| {
                store.check_append = |append| {
                    let events = append.events.iter().cloned();
                    let events = events.map(|event| event.with_content_type(ContentType::JSON)).collect();
                    check_append(&Append { events, conditions: append.conditions.clone() })
                };
            },
            "an append went through",
            &["limits::content_types_are_held_to_the_limits"],
        ),
        broken(
            "personal data is stored in the clear",
            |store| {
                store.check_append = |append| {
                    let events = append.events.iter().cloned();
                    let events = events.map(|event| event.with_personal(Vec::new())).collect();
                    check_append(&Append { events, conditions: append.conditions.clone() })
                };
            },
            "an append went through",
            &["limits::personal_data_is_refused_until_it_is_sealed"],
        ),
        broken(
            "conditions have no limits",
            |store| store.check_append = |append| check_append(&Append::new(append.events.clone())),
            "an append went through",
            &["limits::conditions_are_held_to_the_limits", "limits::counts_are_refused_by_name"],
        ),
        broken(
            "queries have no limits",
            |store| store.check_read = |_, _| Ok(()),
            "was not refused as invalid",
            &["limits::reads_are_held_to_the_limits"],
        ),
        broken(
            "every limit has one name",
            |store| {
                store.check_append =
                    |append| check_append(append).map_err(|_| LimitError::Empty { what: "append", of: String::new() })
            },
            "the limit: found",
            &["limits::lengths_are_refused_by_name", "limits::nul_is_refused_by_name"],
        ),
        broken(
            "the greatest number of tags is refused",
            |store| {
                store.check_append = |append| {
                    check_append(append)?;
                    let found = append.events.iter().map(|event| event.tags.len()).max().unwrap_or_default();
                    let error = LimitError::TooMany { what: "tags of one event", found, max: TAGS_PER_EVENT_MAX };
                    if found < TAGS_PER_EVENT_MAX { Ok(()) } else { Err(error) }
                };
            },
            "an append that must go through was refused",
            &["limits::limits_themselves_are_allowed"],
        ),
    ]
}
