use eskit_runtime::log::Arity;
use eskit_runtime::model::{
    CommandType, Decide, DeciderType, Emit, EventTypes, Key, ModelType, Models, Registry, TagField,
};

use super::error::CrossesLogs;

/// By what logs are told apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Boundary {
    /// The tag whose value chooses the log.
    pub(super) tag: &'static str,
    /// The keys whose every value has all its events in one log.
    pub(super) owned: &'static [&'static str],
}

/// A decider with all that it reads and writes.
struct Decision {
    command: &'static CommandType,
    decider: &'static DeciderType,
    models: &'static [ModelType],
    emits: EventTypes,
}

impl Boundary {
    /// Checks every decider of the program that has to do with the tag.
    pub(super) fn check_all(self) -> Result<(), CrossesLogs> {
        let mut found = Vec::new();
        for (command, decider, models, emits) in Registry::collect().deciders() {
            let decision = Decision { command, decider, models, emits };
            if self.concerns(&decision) {
                self.find(&decision, &mut found);
            }
        }
        self.refuse(found)
    }

    /// Checks the decider of one command, whether or not the registry has it.
    pub(super) fn check<C: Decide>(self) -> Result<(), CrossesLogs> {
        let models = <C::State as Models<C::Count>>::LIST;
        let decision = Decision { command: C::TYPE, decider: C::DECIDER, models, emits: <C::Events as Emit>::EMITS };
        let mut found = Vec::new();
        self.find(&decision, &mut found);
        self.refuse(found)
    }

    fn refuse(self, found: Vec<String>) -> Result<(), CrossesLogs> {
        if found.is_empty() { Ok(()) } else { Err(CrossesLogs { tag: self.tag, found }) }
    }

    /// Whether the tag is on the command, among the keys of a model, or on an event.
    fn concerns(self, decision: &Decision) -> bool {
        let mut is_on_event = false;
        decision.emits.for_each(&mut |event| is_on_event |= self.fields(event.tags).next().is_some());
        let has_key = |model: &ModelType| model.aggregate.key.names().contains(&self.tag);
        is_on_event || self.fields(decision.command.tags).next().is_some() || decision.models.iter().any(has_key)
    }

    fn fields(self, tags: &'static [TagField]) -> impl Iterator<Item = &'static TagField> {
        tags.iter().filter(move |field| field.key == self.tag)
    }

    /// The field with the only value of the tag.
    fn only(self, tags: &'static [TagField]) -> Option<&'static TagField> {
        let mut fields = self.fields(tags);
        fields.next().filter(|field| field.arity == Arity::One && fields.next().is_none())
    }

    fn find(self, decision: &Decision, found: &mut Vec<String>) {
        let (tag, command, decider) = (self.tag, decision.command.name, decision.decider.name);
        if self.only(decision.command.tags).is_none() {
            let count = if self.fields(decision.command.tags).next().is_some() { "exactly one" } else { "a" };
            found.push(format!(
                "the command `{command}` does not carry {count} `{tag}` tag, which would choose its log"
            ));
            return;
        }
        for model in decision.models {
            if let Some(why) = self.crosses(model) {
                found.push(format!("the decider `{decider}` of `{command}` {why}"));
            }
        }
        decision.emits.for_each(&mut |event| {
            if self.only(event.tags).is_none() {
                let event = event.rust_name;
                found.push(format!(
                    "the decider `{decider}` of `{command}` emits `{event}`, which does not carry exactly one `{tag}` tag"
                ));
            }
        });
    }

    /// Why the events of a model may be in another log than that of the command. A key of the tag has the command's only value of it.
    fn crosses(self, model: &ModelType) -> Option<String> {
        let (name, keys) = (model.aggregate.name, model.aggregate.key.names());
        match model.aggregate.key {
            Key::All => Some(format!("reads `{name}`, which is folded from the events of all logs")),
            _ if keys.iter().any(|key| *key == self.tag || self.owned.contains(key)) => None,
            _ => {
                let by: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
                Some(format!("reads `{name}` by {}, whose events may be in several logs", by.join(" and ")))
            }
        }
    }
}
