use crate::log::bounds::{LimitError, check_count, check_text, excerpt};
use crate::log::store::error::{StoreError, StoreErrorKind};

use super::item::NewWork;
use super::steps::StepEnd;

/// Bytes of the name of a list.
const LIST_BYTES_MAX: usize = 64;
/// Bytes of the id of an item.
const WORK_ID_BYTES_MAX: usize = 1024;
/// Bytes of the key of an item.
const WORK_KEY_BYTES_MAX: usize = 512;
/// Bytes of the kind of an item.
const WORK_KIND_BYTES_MAX: usize = 272;
/// Bytes of the content of an item.
const WORK_PAYLOAD_BYTES_MAX: usize = 1024 * 1024;
/// Items that one call opens.
const WORK_PER_CALL_MAX: usize = 10_000;
/// Bytes of the name of a step.
const STEP_BYTES_MAX: usize = 256;
/// Bytes of the result of a step.
const STEP_RESULT_BYTES_MAX: usize = 1024 * 1024;
/// Bytes that are kept of the text of an error.
const WORK_TEXT_BYTES_MAX: usize = 8 * 1024;

/// Checks the name of a list, and items that are to be opened in it. Views call this before they write.
///
/// # Errors
/// The first limit that is crossed, as `Invalid`.
pub fn check_work(list: &str, items: &[NewWork]) -> Result<(), StoreError> {
    check_list(list)?;
    check_count("items in one call", items.len(), WORK_PER_CALL_MAX).map_err(|error| {
        refused(&format!("the list {list:?} takes no more items"), &error, "divide them among several calls")
    })?;
    for item in items {
        check_item(item).map_err(|(error, help)| {
            refused(&format!("the item {:?} cannot enter the list {list:?}", excerpt(&item.id)), &error, help)
        })?;
    }
    Ok(())
}

/// Checks the name of a list, and that of a step in it. Views call this before they write.
///
/// # Errors
/// The first limit that is crossed, as `Invalid`.
pub fn check_step(list: &str, step: &str) -> Result<(), StoreError> {
    check_list(list)?;
    check_text("name", step, STEP_BYTES_MAX).map_err(|error| {
        let what = format!("the step {:?} of {list:?} cannot be begun", excerpt(step));
        refused(&what, &error, "give it a name of 1 to 256 bytes without NUL, such as `charge`")
    })
}

/// Checks the result of a step. Views call this before they write.
///
/// # Errors
/// It is beyond its limit, as `Invalid`.
pub fn check_step_end(list: &str, step: &str, end: &StepEnd) -> Result<(), StoreError> {
    check_step(list, step)?;
    let StepEnd::Happened(result) = end else { return Ok(()) };
    check_payload(result, STEP_RESULT_BYTES_MAX).map_err(|(error, help)| {
        refused(&format!("the result of the step {:?} of {list:?} cannot be kept", excerpt(step)), &error, help)
    })
}

fn check_list(list: &str) -> Result<(), StoreError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    if (1..=LIST_BYTES_MAX).contains(&list.len()) && list.chars().all(fits) {
        return Ok(());
    }
    let text = format!(
        "{:?} cannot name a list of work\nhelp: choose a name of 1 to {LIST_BYTES_MAX} lower-case letters, digits, `-`, and `_`",
        excerpt(list)
    );
    Err(StoreError::new(StoreErrorKind::Invalid, text))
}

fn check_item(item: &NewWork) -> Result<(), (LimitError, &'static str)> {
    check_text("id", &item.id, WORK_ID_BYTES_MAX)
        .map_err(|error| (error, "give it an id of 1 to 1,024 bytes without NUL, such as a hash of what is longer"))?;
    check_text("key", &item.key, WORK_KEY_BYTES_MAX)
        .map_err(|error| (error, "give it a key of 1 to 512 bytes without NUL, such as a hash of what is longer"))?;
    check_text("kind", &item.kind, WORK_KIND_BYTES_MAX)
        .map_err(|error| (error, "give it a kind of 1 to 272 bytes without NUL, such as a wire name"))?;
    item.payload.as_deref().map_or(Ok(()), |payload| check_payload(payload, WORK_PAYLOAD_BYTES_MAX))
}

/// JSON of up to so many bytes.
fn check_payload(payload: &str, max: usize) -> Result<(), (LimitError, &'static str)> {
    // JSON escapes this character.
    if payload.contains('\0') {
        return Err((LimitError::Nul { what: "content", text: excerpt(payload) }, "give it content that is JSON"));
    }
    if payload.len() > max {
        let error = LimitError::TooLong { what: "content", text: excerpt(payload), found: payload.len(), max };
        return Err((error, "keep what is large elsewhere, and give the item a reference to it"));
    }
    Ok(())
}

fn refused(what: &str, error: &LimitError, help: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Invalid, format!("{what}: {error}\nhelp: {help}")).with_source(error.clone())
}

/// The text of an error as views keep it: without NUL, and cut after 8 KiB.
pub fn kept_text(text: &str) -> String {
    let cut = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= WORK_TEXT_BYTES_MAX).last();
    text[..cut.unwrap_or_default()].replace('\0', "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::time::Timestamp;

    fn item() -> NewWork {
        let due = Timestamp::from_micros(0);
        NewWork { id: "i".into(), key: "k".into(), kind: "t".into(), event: None, payload: None, due }
    }

    #[test]
    fn what_is_beyond_its_limit_is_named_with_the_remedy() {
        let largest = NewWork {
            id: "i".repeat(1024),
            key: "k".repeat(512),
            kind: "t".repeat(272),
            payload: Some("1".repeat(1024 * 1024)),
            ..item()
        };
        check_work(&"a".repeat(64), &[largest]).unwrap();
        let refused = |item: NewWork| check_work("mails", &[item]).unwrap_err().to_string();
        for (item, part) in [
            (NewWork { id: String::new(), ..item() }, "the id is empty"),
            (NewWork { id: "i".repeat(1025), ..item() }, "has 1025 bytes, but at most 1024"),
            (NewWork { key: "k".repeat(513), ..item() }, "has 513 bytes, but at most 512"),
            (NewWork { key: "k\0".into(), ..item() }, "the key \"k\\0\" holds a NUL"),
            (NewWork { kind: String::new(), ..item() }, "the kind is empty"),
            (NewWork { kind: "t".repeat(273), ..item() }, "at most 272"),
            (NewWork { payload: Some("\0".into()), ..item() }, "the content \"\\0\" holds a NUL"),
            (NewWork { payload: Some("1".repeat(1024 * 1024 + 1)), ..item() }, "at most 1048576"),
        ] {
            let text = refused(item.clone());
            let begins = format!("the item {:?} cannot enter the list \"mails\": ", excerpt(&item.id));
            assert!(text.starts_with(&begins) && text.contains(part) && text.contains("\nhelp: "), "{text}");
        }
        let text = check_work("mails", &vec![item(); 10_001]).unwrap_err().to_string();
        assert!(text.contains("10001 items in one call"), "{text}");
        for list in ["", "Mails", "a/b", &"a".repeat(65)] {
            let error = check_work(list, &[]).unwrap_err();
            assert!(error.kind() == StoreErrorKind::Invalid && error.to_string().contains("\nhelp: "), "{error}");
        }
    }

    #[test]
    fn a_step_beyond_its_limits_is_named_with_the_remedy() {
        check_step("mails", &"s".repeat(256)).unwrap();
        let largest = StepEnd::Happened("1".repeat(1024 * 1024));
        check_step_end("mails", "charge", &largest).unwrap();
        check_step_end("mails", "charge", &StepEnd::DidNotHappen).unwrap();
        let larger = StepEnd::Happened("1".repeat(1024 * 1024 + 1));
        for (error, part) in [
            (check_step("mails", ""), "the name is empty"),
            (check_step("mails", &"s".repeat(257)), "has 257 bytes, but at most 256"),
            (check_step("mails", "a\0"), "holds a NUL"),
            (check_step("Mails", "charge"), "\"Mails\" cannot name a list of work"),
            (check_step_end("mails", "charge", &larger), "the step \"charge\" of \"mails\" cannot be kept"),
        ] {
            let text = error.unwrap_err().to_string();
            assert!(text.contains(part) && text.contains("\nhelp: "), "{text}");
        }
    }

    #[test]
    fn a_text_is_cut_at_a_character() {
        assert_eq!(kept_text("a\0é"), "a\u{fffd}é");
        let long = format!("a{}", "é".repeat(8 * 1024));
        assert_eq!(kept_text(&long).len(), 8 * 1024 - 1);
        assert_eq!(kept_text(""), "");
    }
}
