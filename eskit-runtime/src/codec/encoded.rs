use std::borrow::Cow;
use std::sync::Arc;

use crate::codec::convert;
use crate::codec::decode_error::{DecodeError, DecodeReason};
use crate::codec::error::CodecError;
use crate::codec::kind::PayloadKind;
use crate::log::content_type::ContentType;
use crate::log::name::{SchemaVersion, WireName};
use crate::log::position::Position;
use crate::log::recorded::{PersonalData, RecordedEvent};

/// A stored payload, of an event or of a command, with all that says how it is read.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'p> {
    pub(crate) kind: PayloadKind,
    /// The wire name.
    pub name: &'p WireName,
    pub(crate) version: SchemaVersion,
    /// The position of an event.
    pub(crate) position: Position,
    pub(crate) content_type: &'p ContentType,
    pub(crate) payload: &'p [u8],
    /// What became of the personal data of an event.
    pub(crate) personal: &'p PersonalData,
}

impl<'p> Encoded<'p> {
    #[inline]
    pub(crate) fn of_event(event: &'p RecordedEvent) -> Encoded<'p> {
        Encoded {
            kind: PayloadKind::Event,
            name: &event.name,
            version: event.schema_version,
            position: event.position,
            content_type: &event.content_type,
            payload: &event.payload,
            personal: &event.personal,
        }
    }

    /// The payload as JSON text, whatever its format: the one place where the format decides how a payload is read.
    pub(crate) fn text(&self) -> Result<Cow<'p, str>, DecodeError> {
        if self.content_type.is_json() {
            return self.json().map(Cow::Borrowed);
        }
        match convert::as_json(self.content_type, self.payload) {
            Some(Ok(text)) => Ok(Cow::Owned(text)),
            Some(Err(error)) => Err(self.malformed(error)),
            None => Err(self.undecodable(self.unknown())),
        }
    }

    /// The payload, which is JSON.
    pub(crate) fn json(&self) -> Result<&'p str, DecodeError> {
        std::str::from_utf8(self.payload).map_err(|error| self.malformed(error))
    }

    #[cold]
    fn unknown(&self) -> DecodeReason {
        match self.personal {
            PersonalData::Unopened(why) => DecodeReason::Sealed { why: Some(Arc::clone(why)) },
            _ if self.content_type.is_sealed() => DecodeReason::Sealed { why: None },
            _ => DecodeReason::ContentType(self.content_type.clone()),
        }
    }

    /// What serde says may quote the payload, so it is left out where personal data was opened.
    #[cold]
    pub(crate) fn malformed(&self, error: impl std::error::Error + Send + Sync + 'static) -> DecodeError {
        if *self.personal == PersonalData::Opened {
            return self.undecodable(DecodeReason::Malformed(CodecError::hidden()));
        }
        self.undecodable(DecodeReason::Malformed(CodecError::new(error)))
    }

    #[cold]
    pub(crate) fn undecodable(&self, reason: DecodeReason) -> DecodeError {
        let Encoded { kind, name, version, position, .. } = *self;
        DecodeError { kind, name: name.clone(), version, position, reason }
    }
}
