//! What the headers of a request say.

use async_nats::HeaderMap;
use eskit_runtime::log::SchemaVersion;
use eskit_runtime::{Metadata, Timestamp};

/// The version of the command's payload.
const VERSION: &str = "Eskit-Version";
/// When the answer is of no more use, in the form of RFC 3339.
const DEADLINE: &str = "Eskit-Deadline";
const IDEMPOTENCY_KEY: &str = "Eskit-Idempotency-Key";
/// Correlation, causation, initiator, originator and extras, as JSON.
const METADATA: &str = "Eskit-Metadata";

/// How a command is to be executed.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Wishes {
    /// `None` for that which the service has.
    pub(super) version: Option<SchemaVersion>,
    pub(super) deadline: Option<Timestamp>,
    pub(super) idempotency_key: Option<String>,
    /// `None` for that of the app.
    pub(super) metadata: Option<Metadata>,
}

impl Wishes {
    /// # Errors
    /// A value that cannot be in a header, in words.
    pub(super) fn write(&self) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        if let Some(version) = self.version {
            headers.insert(VERSION, version.get().to_string());
        }
        if let Some(deadline) = self.deadline {
            headers.insert(DEADLINE, deadline.to_string());
        }
        if let Some(key) = &self.idempotency_key {
            if key.contains(char::is_control) || key.trim() != key {
                return Err(format!(
                    "the idempotency key {key:?} cannot be in a header of NATS\nhelp: leave out control characters, and white space around it"
                ));
            }
            headers.insert(IDEMPOTENCY_KEY, key.as_str());
        }
        if let Some(metadata) = &self.metadata {
            // JSON has line breaks only in escaped form.
            let text = serde_json::to_string(metadata).map_err(|error| format!("the metadata is no JSON: {error}"))?;
            headers.insert(METADATA, text);
        }
        Ok(headers)
    }

    /// # Errors
    /// A header that cannot be read, in words.
    pub(super) fn read(headers: Option<&HeaderMap>) -> Result<Wishes, String> {
        let header = |name: &str| headers.and_then(|headers| headers.get(name)).map(|value| value.as_str());
        let bad = |name: &str, why: &dyn std::fmt::Display| format!("the header `{name}` cannot be read: {why}");
        let version = header(VERSION).map(|text| match text.parse().ok().and_then(SchemaVersion::new) {
            Some(version) => Ok(version),
            None => Err(bad(VERSION, &"it is no number from 1")),
        });
        let deadline = header(DEADLINE).map(|text| text.parse().map_err(|error| bad(DEADLINE, &error)));
        let metadata = header(METADATA).map(|text| serde_json::from_str(text).map_err(|error| bad(METADATA, &error)));
        Ok(Wishes {
            version: version.transpose()?,
            deadline: deadline.transpose()?,
            idempotency_key: header(IDEMPOTENCY_KEY).map(str::to_owned),
            metadata: metadata.transpose()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let wishes = Wishes {
            version: SchemaVersion::new(3),
            deadline: Some("2026-11-30T12:00:00.000001Z".parse().unwrap()),
            idempotency_key: Some("pay:17".to_owned()),
            metadata: Some(Metadata::new().with_correlation_id("a\r\nb: ü").with("k", "v")),
        };
        assert_eq!(Wishes::read(Some(&wishes.write().unwrap())).unwrap(), wishes);
        assert_eq!(Wishes::read(None).unwrap(), Wishes::default());
    }

    #[test]
    fn what_cannot_be_a_header_is_refused_by_name() {
        for key in ["a\nb", " a", "a\u{0}"] {
            let text = Wishes { idempotency_key: Some(key.to_owned()), ..Wishes::default() }.write().unwrap_err();
            assert!(text.starts_with("the idempotency key "), "{text}");
        }
        for (name, value) in [(VERSION, "0"), (VERSION, "new"), (DEADLINE, "soon"), (METADATA, "{")] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value);
            let text = Wishes::read(Some(&headers)).unwrap_err();
            assert!(text.starts_with(&format!("the header `{name}` cannot be read")), "{text}");
        }
    }
}
