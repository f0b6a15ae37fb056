use std::fmt;

use eskit_runtime::__private::decision_items;
use eskit_runtime::Metadata;
use eskit_runtime::codec::EncodeError;
use eskit_runtime::execute::ExecuteOptions;
use eskit_runtime::log::{QueryItem, Tag};
use eskit_runtime::model::{Command, CommandType, Decide, StoredCommand};

/// A command on its way to being executed, without its type.
pub struct Call<'c> {
    command: &'c (dyn AnyCommand + 'c),
    options: ExecuteOptions,
}

impl<'c> Call<'c> {
    pub(crate) fn new(command: &'c (dyn AnyCommand + 'c), options: ExecuteOptions) -> Call<'c> {
        Call { command, options }
    }

    /// What the program knows of the type of the command.
    pub fn command(&self) -> &'static CommandType {
        self.command.description()
    }

    /// The name of the command: that of its Rust type.
    pub fn name(&self) -> &'static str {
        self.command().name
    }

    /// The tags of the command, in the order of its fields.
    pub fn tags(&self) -> Vec<Tag> {
        self.command.tags()
    }

    /// What its decision reads of the log: a query item for each instance of each model. Empty if its tags do not select them,
    /// which is an error when it is executed.
    pub fn instances(&self) -> Vec<QueryItem> {
        self.command.instances()
    }

    /// The command as it is stored, if it is a stored one.
    ///
    /// # Errors
    /// It could not be read back unchanged.
    pub fn stored(&self) -> Option<Result<StoredCommand, EncodeError>> {
        self.command.stored()
    }

    /// The metadata of its events: who asks for it, and for what request.
    pub fn metadata(&self) -> &Metadata {
        &self.options.metadata
    }

    /// How it is executed.
    pub fn options(&self) -> &ExecuteOptions {
        &self.options
    }

    /// How it is executed, to be changed.
    pub fn options_mut(&mut self) -> &mut ExecuteOptions {
        &mut self.options
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("command", &self.name()).field("options", &self.options).finish()
    }
}

/// A command of any type.
pub(crate) trait AnyCommand: Sync {
    fn description(&self) -> &'static CommandType;
    fn tags(&self) -> Vec<Tag>;
    fn instances(&self) -> Vec<QueryItem>;
    fn stored(&self) -> Option<Result<StoredCommand, EncodeError>>;
}

impl<C: Decide> AnyCommand for C {
    fn description(&self) -> &'static CommandType {
        <C as Command>::TYPE
    }

    fn tags(&self) -> Vec<Tag> {
        let mut tags = Vec::new();
        self.each_tag(&mut |index, value| {
            tags.extend(<C as Command>::TYPE.tags.get(index).map(|tag| Tag::new(tag.key, value.to_string())));
        });
        tags
    }

    fn instances(&self) -> Vec<QueryItem> {
        let items = decision_items(self).unwrap_or_default();
        items.into_iter().map(|(_, item)| item).collect()
    }

    fn stored(&self) -> Option<Result<StoredCommand, EncodeError>> {
        self.store()
    }
}
