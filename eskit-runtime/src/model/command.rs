use std::fmt;

use crate::codec::encode::EncodeError;
use crate::model::event::{EventType, Field, SourceLocation, TagField};
use crate::model::storable::StoredCommand;

/// The description of one command type.
#[derive(Clone, Copy, Debug)]
pub struct CommandType {
    /// The name of the Rust type.
    pub name: &'static str,
    /// How it is stored, of a stored command.
    pub stored: Option<&'static EventType>,
    /// The tags that bind its models, in the order of the fields.
    pub tags: &'static [TagField],
    /// The fields.
    pub fields: &'static [Field],
    /// Whether it is `pub`, without a restriction.
    pub public: bool,
    /// The place of the type in the source.
    pub location: SourceLocation,
    /// `false` beside a compile error in the command's own attributes, so that no check reports it a second time.
    pub complete: bool,
}

/// A request to change something. Implemented by `#[derive(Command)]`; its `#[tag]` fields say which instance of each
/// model the decision needs.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command\nhelp: put `#[derive(Command)]` on `{Self}`; a `#[decider]` function takes its command first, then its models",
    label = "not a command"
)]
pub trait Command {
    /// All that the program knows of this type.
    const TYPE: &'static CommandType;

    /// Calls `each` with every value of every tag field: the field's index in [`CommandType::tags`], and the value.
    #[doc(hidden)]
    fn each_tag(&self, each: &mut dyn FnMut(usize, &dyn fmt::Display));

    /// Encodes the command, if it is a stored one.
    #[doc(hidden)]
    fn store(&self) -> Option<Result<StoredCommand, EncodeError>> {
        None
    }
}
