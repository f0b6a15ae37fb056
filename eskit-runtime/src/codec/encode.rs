use std::fmt;

use crate::codec::convert;
use crate::codec::error::CodecError;
use crate::codec::json::{Hidden, ToJson, Written, difference, is_every_number_kept, json_path, offset, path_of_null};
use crate::codec::kind::PayloadKind;
use crate::log::content_type::ContentType;
use crate::log::name::WireName;

/// An event or a command that could not be read back unchanged. Nothing was appended or stored.
///
/// Before an event is appended, or a command stored, it is written as JSON, read, and written again, and serde must write the same both times. If an impl of
/// `Serialize` leaves something out, such as the fraction of a second, this cannot be detected.
#[derive(Debug)]
#[non_exhaustive]
pub struct EncodeError {
    /// Whether it is an event or a command.
    pub kind: PayloadKind,
    /// The wire name.
    pub name: WireName,
    /// The path to the value, such as `readings[3].celsius`; empty if it is not known.
    pub path: String,
    /// Why it cannot be read back.
    pub reason: EncodeReason,
}

/// Why an event or a command could not be read back unchanged.
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeReason {
    /// It cannot be written as JSON.
    Unwritable(CodecError),
    /// Its JSON cannot be written in the format of its type.
    Format {
        /// The format.
        content_type: ContentType,
        /// Why not.
        error: CodecError,
    },
    /// It is written as JSON that its type cannot read.
    Unreadable(CodecError),
    /// It holds a value that is written as `null` and read as something else: NaN, an infinity, or `Some` of a value that is itself
    /// written as `null`.
    Null {
        /// The kind of value.
        value: &'static str,
    },
    /// It is read as another value. Of an event with personal data, neither is shown: both are `***`.
    Changed {
        /// The JSON of the value.
        written: String,
        /// The JSON of the value that was read back.
        read: String,
    },
    /// A personal value has no subject.
    NoSubject {
        /// The field beside it that is to hold the id of the subject.
        subject: &'static str,
        /// What is wrong with that.
        problem: &'static str,
    },
    /// It is written otherwise than the shape of its type says, so that personal values would not be found.
    Misshapen {
        /// What the shape says.
        wanted: &'static str,
    },
    /// Its type would not read it once the subject of a personal value is forgotten.
    Unforgettable(CodecError),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const OTHER_FORM: &str = "give the field another form with `#[serde(with = \"..\")]`";
        let EncodeError { kind, name, path, reason } = self;
        let (place, subject) = match path.as_str() {
            "" => (String::new(), "it".to_owned()),
            path => (format!("`{path}`: "), format!("`{path}`")),
        };
        let other = format!("{kind} `{name}` would be read back as another one: {subject}");
        match reason {
            EncodeReason::Unwritable(error) => {
                write!(f, "{kind} `{name}` cannot be written as JSON: {place}{error}\nhelp: {OTHER_FORM}")
            }
            EncodeReason::Format { content_type, error } => {
                write!(f, "{kind} `{name}` cannot be written as `{content_type}`: {error}\nhelp: {OTHER_FORM}")
            }
            EncodeReason::Unreadable(error) => {
                write!(f, "{kind} `{name}` is written as JSON that its type does not read back: {place}{error}")?;
                match number_help() {
                    "" => write!(f, "\nhelp: make `Serialize` and `Deserialize` agree, or {OTHER_FORM}"),
                    help => f.write_str(help),
                }
            }
            EncodeReason::Null { value } => write!(
                f,
                "{other} is {value}, for which JSON has only `null`\nhelp: {}, or {OTHER_FORM}",
                if *kind == PayloadKind::Event { "let the decider refuse it" } else { "leave it out" }
            ),
            EncodeReason::NoSubject { subject: field, problem } => write!(
                f,
                "{kind} `{name}` cannot be sealed: {subject} is personal, and the id of its subject, `{field}`, {problem}\nhelp: \
                 every event that has the value needs the id of whom it is about"
            ),
            EncodeReason::Misshapen { wanted } => write!(
                f,
                "{kind} `{name}` cannot be sealed: by its `Shape`, {subject} is {wanted}, and it is written otherwise, so personal values \
                 would not be found\nhelp: make `Shape` and `Serialize` agree; a derive of both does"
            ),
            EncodeReason::Unforgettable(error) => write!(
                f,
                "{kind} `{name}` could not be read once its personal values are forgotten: {place}{error}\nhelp: write a `forgotten = ..` \
                 that the type of the field reads, or make it a `Personal`"
            ),
            EncodeReason::Changed { written, read } => write!(
                f,
                "{other} is written as `{written}` and read as `{read}`\nhelp: make `Serialize` and `Deserialize` agree, or \
                 {OTHER_FORM}"
            ),
        }
    }
}

impl EncodeError {
    /// The same error without anything that may be a personal value: what it quotes, and the path below the field, where a personal map has
    /// its keys.
    #[cold]
    pub(crate) fn hide_values(mut self) -> EncodeError {
        if let Some(end) = self.path.find(['.', '[']).filter(|end| *end > 0) {
            self.path.truncate(end);
        }
        self.reason.hide_values();
        self
    }
}

impl EncodeReason {
    /// Drops all that it quotes.
    pub(crate) fn hide_values(&mut self) {
        match self {
            EncodeReason::Unwritable(error)
            | EncodeReason::Unreadable(error)
            | EncodeReason::Format { error, .. }
            | EncodeReason::Unforgettable(error) => *error = CodecError::hidden(),
            EncodeReason::Changed { written, read } => {
                for text in [written, read] {
                    "***".clone_into(text);
                }
            }
            EncodeReason::Null { .. } | EncodeReason::NoSubject { .. } | EncodeReason::Misshapen { .. } => {}
        }
    }
}

impl std::error::Error for EncodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            EncodeReason::Unwritable(error)
            | EncodeReason::Unreadable(error)
            | EncodeReason::Unforgettable(error)
            | EncodeReason::Format { error, .. } => Some(error),
            EncodeReason::Null { .. }
            | EncodeReason::Changed { .. }
            | EncodeReason::NoSubject { .. }
            | EncodeReason::Misshapen { .. } => None,
        }
    }
}

/// What to do about numbers that cannot be read because of a feature of serde_json; empty where it is off.
pub(crate) fn number_help() -> &'static str {
    if !is_every_number_kept() {
        return "";
    }
    "\nhelp: if it is a float inside of `#[serde(flatten)]`, `#[serde(untagged)]` or `#[serde(tag = \"..\")]`: a dependency \
     switches on serde_json's feature `arbitrary_precision`, with which serde reads none there; `cargo tree -e features -i \
     serde_json` shows which"
}

/// Reads what was written, and writes that again.
pub(crate) type WriteAgain<'w> = &'w dyn Fn(&str, &mut Written) -> serde_json::Result<()>;

/// Writes a payload into `written`, reads it, and writes what was read into `again`, which must be the same.
pub(crate) fn encode_payload(
    (kind, name): (PayloadKind, &'static str),
    payload: &dyn ToJson,
    write_again: WriteAgain<'_>,
    written: &mut Written,
    again: &mut Written,
) -> Result<(), EncodeError> {
    encode(payload, write_again, written, again).map_err(|(reason, path)| EncodeError {
        kind,
        name: WireName::from_static(name),
        path,
        reason,
    })
}

/// The JSON of a payload in the format of its type.
pub(crate) fn in_format(
    (kind, name): (PayloadKind, &'static str),
    content_type: &ContentType,
    json: Vec<u8>,
) -> Result<Vec<u8>, EncodeError> {
    if content_type.is_json() {
        return Ok(json);
    }
    let written = match std::str::from_utf8(&json) {
        Ok(json) => convert::from_json(content_type, json).unwrap_or_else(|| Err(CodecError::new("it is not known"))),
        Err(error) => Err(CodecError::new(error)),
    };
    written.map_err(|error| EncodeError {
        kind,
        name: WireName::from_static(name),
        path: String::new(),
        reason: EncodeReason::Format { content_type: content_type.clone(), error },
    })
}

/// Writes an event, reads it, and writes what was read, which must be the same. Otherwise returns why, and where.
pub(crate) fn encode(
    event: &dyn ToJson,
    write_again: WriteAgain<'_>,
    written: &mut Written,
    again: &mut Written,
) -> Result<(), (EncodeReason, String)> {
    if let Err(error) = event.to_json(written) {
        let path = json_path(&String::from_utf8_lossy(&written.text), usize::MAX);
        return Err((EncodeReason::Unwritable(CodecError::new(error)), path));
    }
    let text = match std::str::from_utf8(&written.text) {
        Ok(text) => text,
        Err(error) => return Err((EncodeReason::Unwritable(CodecError::new(error)), String::new())),
    };
    match write_again(text, again) {
        Ok(()) if written.text == again.text && written.hidden() == again.hidden() => Ok(()),
        Ok(()) => compare(event, text, written, again),
        Err(error) => Err(not_read(text, written, error)),
    }
}

#[cold]
fn not_read(text: &str, written: &Written, error: serde_json::Error) -> (EncodeReason, String) {
    let path = json_path(text, offset(text, &error));
    match first_hidden(text, written) {
        Some((value, null)) if null == path => (EncodeReason::Null { value }, path),
        _ => (EncodeReason::Unreadable(CodecError::new(error)), path),
    }
}

/// The first value that was written as `null` although it is something else, and the path to it.
pub(crate) fn first_hidden(text: &str, written: &Written) -> Option<(&'static str, String)> {
    let (hidden, before, all) = written.first_hidden()?;
    let value = match hidden {
        Hidden::Nan => "NaN",
        Hidden::Infinity => "infinity",
        Hidden::NegativeInfinity => "negative infinity",
        Hidden::EmptySome => "`Some` of an empty value",
    };
    Some((value, path_of_null(text, before, all)))
}

/// Finds out how an event differs from what was read.
#[cold]
fn compare(event: &dyn ToJson, text: &str, written: &Written, again: &Written) -> Result<(), (EncodeReason, String)> {
    let read = String::from_utf8_lossy(&again.text);
    if let Some(found) = difference(text, &read) {
        // What is written otherwise each time, such as what is encrypted, is only known to be readable.
        let mut once_more = Written::default();
        let is_steady = event.to_json(&mut once_more).is_ok()
            && difference(text, &String::from_utf8_lossy(&once_more.text)).is_none();
        let changed = EncodeReason::Changed { written: found.written, read: found.read };
        return if is_steady { Err((changed, found.path)) } else { Ok(()) };
    }
    if written.hidden() == again.hidden() {
        return Ok(());
    }
    match (first_hidden(text, written), first_hidden(&read, again)) {
        (Some((value, path)), _) => Err((EncodeReason::Null { value }, path)),
        (None, Some((value, path))) => {
            Err((EncodeReason::Changed { written: "null".to_owned(), read: value.to_owned() }, path))
        }
        (None, None) => Ok(()),
    }
}
