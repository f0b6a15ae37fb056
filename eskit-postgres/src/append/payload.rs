use eskit_runtime::__private::json_path;
use eskit_runtime::StoreError;
use eskit_runtime::log::{ContentType, StoreErrorKind, WireName};

use crate::sql::migrations::PayloadType;
use crate::sql::names::Names;

/// Refuses an event whose payload the column of a log cannot hold, before the server would, which names no event.
pub(crate) fn check(
    payload: PayloadType,
    names: &Names,
    (name, content_type, bytes): (&WireName, &ContentType, &[u8]),
) -> Result<(), StoreError> {
    if payload == PayloadType::Bytea {
        return Ok(());
    }
    let column = payload.sql();
    let refuse = |what: String, help: &str| {
        let text = format!("the log `{names}` keeps payloads as `{column}`: event `{name}` {what}\nhelp: {help}");
        Err(StoreError::new(StoreErrorKind::Invalid, text))
    };
    if !content_type.is_json() {
        let what = format!("has one of type `{content_type}`, and the column holds nothing but JSON");
        return refuse(what, "write JSON, or keep payloads as `bytea`");
    }
    match nul(bytes) {
        Some(at) if payload == PayloadType::Jsonb => {
            let text = String::from_utf8_lossy(bytes);
            let place = match json_path(&text, at) {
                path if path.is_empty() => "a text".to_owned(),
                path => format!("`{path}`"),
            };
            refuse(
                format!("holds a NUL character in {place}, which PostgreSQL refuses there"),
                "leave it out, or keep payloads as `json` or `bytea`",
            )
        }
        _ => Ok(()),
    }
}

/// Where a JSON text holds `\u0000`, in bytes.
fn nul(json: &[u8]) -> Option<usize> {
    let mut at = 0;
    while let Some(next) = json.get(at..)?.iter().position(|byte| *byte == b'\\') {
        at += next;
        if json[at..].starts_with(br"\u0000") {
            return Some(at);
        }
        // A backslash that another one stands before begins nothing.
        at += 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_character_is_no_backslash_with_letters_behind_it() {
        for (json, at) in [
            (r#"{"a":"\u0000"}"#, Some(6)),
            (r#"{"a":"\\\u0000"}"#, Some(8)),
            (r#"{"a":"\\u0000"}"#, None),
            (r#"{"a":"\u0001\n"}"#, None),
            (r#"{"a":"\"#, None),
            ("", None),
        ] {
            assert_eq!(nul(json.as_bytes()), at, "{json}");
        }
    }
}
