//! The same payload in another format.

use std::borrow::Cow;
use std::fmt;

use crate::codec::convert::{as_json, can_spell, from_json, help, to_text};
use crate::codec::decode_error::DecodeError;
use crate::codec::encoded::Encoded;
use crate::codec::error::CodecError;
use crate::log::content_type::ContentType;
use crate::log::name::WireName;
use crate::log::new_event::NewEvent;
use crate::log::recorded::RecordedEvent;

/// A payload that cannot be written in another format. It was left as it is.
#[derive(Debug)]
#[non_exhaustive]
pub struct RecodeError {
    /// The wire name of the event.
    pub name: WireName,
    /// The format that the payload has.
    pub from: ContentType,
    /// The format that was asked for.
    pub to: ContentType,
    /// Why it cannot be written so; `None` if one of the formats is not known to this program.
    pub reason: Option<CodecError>,
}

impl fmt::Display for RecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RecodeError { name, from, to, reason } = self;
        write!(f, "the payload of event `{name}` is `{from}` and cannot be written as `{to}`")?;
        if let Some(reason) = reason {
            return write!(f, ": {reason}");
        }
        match if can_spell(from) { to } else { from } {
            protobuf if protobuf.is_protobuf() => f.write_str(": only the type of the event writes and reads Protobuf"),
            unknown => write!(f, ": this program does not know `{unknown}`{}", help(unknown)),
        }
    }
}

impl std::error::Error for RecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.reason.as_ref().map(|reason| reason as _)
    }
}

impl NewEvent {
    /// Writes the payload in another format: [`ContentType::JSON`] or [`ContentType::CBOR`]. Everything else stays, the event's type
    /// is not needed, sealed values stay sealed, and nothing is lost: back in the first format, the payload says the same, to the last digit of its numbers.
    ///
    /// ```
    /// # use eskit_runtime as eskit;
    /// use eskit::log::{ContentType, NewEvent};
    ///
    /// # #[cfg(feature = "cbor")]
    /// # fn main() -> Result<(), eskit::codec::RecodeError> {
    /// let mut event = NewEvent::json("bank.MoneyDeposited", r#"{"amount":5}"#);
    /// event.recode(&ContentType::CBOR)?;
    /// assert_eq!(event.payload, b"\xa1\x66amount\x05");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "cbor"))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// This program does not know one of the formats, or the other format cannot hold the payload.
    pub fn recode(&mut self, to: &ContentType) -> Result<(), RecodeError> {
        recode(&self.name, &mut self.content_type, &mut self.payload, to)
    }
}

impl RecordedEvent {
    /// Writes the payload in another format. See [`NewEvent::recode`].
    ///
    /// # Errors
    /// This program does not know one of the formats, or the other format cannot hold the payload.
    pub fn recode(&mut self, to: &ContentType) -> Result<(), RecodeError> {
        recode(&self.name, &mut self.content_type, &mut self.payload, to)
    }

    /// The payload as JSON text, whatever format it has: for tools that know no types. Sealed values stay sealed.
    ///
    /// # Errors
    /// [`DecodeReason::ContentType`](crate::codec::DecodeReason::ContentType) if this program does not know the format;
    /// [`DecodeReason::Malformed`](crate::codec::DecodeReason::Malformed) if the payload is damaged.
    pub fn payload_as_json(&self) -> Result<Cow<'_, str>, DecodeError> {
        let encoded = Encoded::of_event(self);
        if !self.content_type.is_sealed() {
            return encoded.text();
        }
        to_text(&self.content_type.plain(), &self.payload).map_err(|error| encoded.malformed(error))
    }
}

fn recode(
    name: &WireName,
    content_type: &mut ContentType,
    payload: &mut Vec<u8>,
    to: &ContentType,
) -> Result<(), RecodeError> {
    if content_type.is_sealed() {
        let mut plain = content_type.plain();
        recode(name, &mut plain, payload, &to.plain())?;
        *content_type = plain.sealed();
        return Ok(());
    }
    if content_type == to {
        return Ok(());
    }
    let refuse = |reason| RecodeError { name: name.clone(), from: content_type.clone(), to: to.clone(), reason };
    let json = match content_type.is_json() {
        true => std::str::from_utf8(payload).map(Cow::Borrowed).map_err(CodecError::new),
        false => as_json(content_type, payload).ok_or_else(|| refuse(None))?.map(Cow::Owned),
    };
    let json = json.map_err(|error| refuse(Some(error)))?;
    let written = match to.is_json() {
        true => Ok(json.into_owned().into_bytes()),
        false => from_json(to, &json).ok_or_else(|| refuse(None))?,
    };
    *payload = written.map_err(|error| refuse(Some(error)))?;
    *content_type = to.clone();
    Ok(())
}
