//! From a command or a key to the instances of its models.

use std::collections::HashSet;

use crate::log::query::QueryItem;
use crate::model::aggregate::{Evolve, LoadKey, Scope};
use crate::model::decider::{Binding, Decide};
use crate::model::event::TagField;
use crate::model::models::{Count, ModelType, Models};

use super::instances::Instances;

/// The tag fields of a value do not select the instances of a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BindError(pub(crate) String);

/// The instances of each model of the command's decider.
pub(crate) fn instances<C: Decide>(command: &C) -> Result<Instances, BindError> {
    let mut values: Vec<Vec<String>> = vec![Vec::new(); C::TYPE.tags.len()];
    command.each_tag(&mut |index, value| {
        if let Some(values) = values.get_mut(index) {
            values.push(value.to_string());
        }
    });
    let mut instances = Instances::default();
    for (index, model) in <C::State as Models<C::Count>>::LIST.iter().enumerate() {
        let bindings = C::DECIDER.bindings.get(index).copied().unwrap_or_default();
        let source = Source { command: C::TYPE.name, tags: C::TYPE.tags, values: &values, bindings };
        instances.add_model(index, &model.aggregate.key, source.keys(model)?);
    }
    Ok(instances)
}

/// Where the keys of one model come from.
struct Source<'c> {
    command: &'static str,
    tags: &'static [TagField],
    /// The values of each tag field.
    values: &'c [Vec<String>],
    bindings: &'static [Binding],
}

impl Source<'_> {
    /// The values that select each instance, in the order of the key's names.
    fn keys(&self, model: &ModelType) -> Result<Vec<Vec<String>>, BindError> {
        let names = model.aggregate.key.names();
        let mut parts = Vec::with_capacity(names.len());
        for name in names {
            let values = self.values(name, model.each);
            if !model.each && values.len() != 1 {
                return Err(BindError(format!(
                    "command `{}` has {} values for the key `{name}` of `{}`, which needs exactly one\nhelp: give the field a type that holds one value, or check it before the command is executed",
                    self.command,
                    values.len(),
                    model.aggregate.name
                )));
            }
            parts.push(values);
        }
        let mut several = parts.iter().enumerate().filter(|(_, values)| values.len() != 1).map(|(index, _)| index);
        let (varying, second) = (several.next().unwrap_or_default(), several.next());
        if let Some(second) = second {
            return Err(BindError(format!(
                "command `{}` has several values for the keys `{}` and `{}` of `{}`, of which only one may vary\nhelp: give the fields of one of them one value in all",
                self.command, names[varying], names[second], model.aggregate.name
            )));
        }
        let Some(values) = parts.get(varying).cloned() else { return Ok(vec![Vec::new()]) };
        let key = |value: String| {
            let own = |(index, values): (usize, &Vec<String>)| {
                if index == varying { value.clone() } else { values.concat() }
            };
            parts.iter().enumerate().map(own).collect()
        };
        Ok(distinct(values).into_iter().map(key).collect())
    }

    /// The values of the field that is bound to a key, or else of those whose tag has it: of the first one, where there is one
    /// instance only.
    fn values(&self, key: &str, each: bool) -> Vec<String> {
        let bound = self.bindings.iter().find(|binding| binding.key.is_empty() || binding.key == key);
        let feeds = |tag: &TagField| bound.map_or(tag.key == key, |binding| tag.field == binding.field);
        let mut fields = self.tags.iter().zip(self.values).filter(|(tag, _)| feeds(tag)).map(|(_, values)| values);
        // A field that a binding names may carry several tags, all of which have its values.
        if each && bound.is_none() {
            return fields.flatten().cloned().collect();
        }
        fields.next().cloned().unwrap_or_default()
    }
}

/// Each value once, where it occurs first.
fn distinct(mut values: Vec<String>) -> Vec<String> {
    let mut seen = HashSet::with_capacity(values.len());
    values.retain(|value| seen.insert(value.clone()));
    values
}

/// The instance that a key given to `load` selects.
pub(crate) fn instance<A: Evolve>(key: &impl LoadKey<A::Keys>) -> Result<Instances, BindError> {
    let mut values = Vec::new();
    key.each_value(&mut |value| values.push(value.to_string()));
    let names = A::TYPE.key.names();
    if values.len() != names.len() {
        let keys: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let (keys, found) = (keys.join(", "), values.len());
        return Err(BindError(format!(
            "`{}` is found by exactly one value for {keys}, but {found} were given\nhelp: pass one value for each key, in their order",
            A::TYPE.name
        )));
    }
    Ok(instance_of::<A>(values))
}

/// The instance that these values select, one for each key of the aggregate.
pub(crate) fn instance_of<A: Evolve>(values: Vec<String>) -> Instances {
    let mut instances = Instances::default();
    instances.add_model(0, &A::TYPE.key, vec![values]);
    instances
}

/// The instance that a key given to `load` selects; `None` for another number of values than its keys, which `load` refuses.
pub fn scope_of<A: Evolve>(key: &impl LoadKey<A::Keys>) -> Option<Scope> {
    instance::<A>(key).ok()?.scopes().first().cloned()
}

/// What a command's decision reads of the log: one query item for each instance of each model, in order.
///
/// # Errors
/// The command's tags do not select the instances of a model.
pub fn decision_items<C: Decide>(command: &C) -> Result<Vec<(&'static ModelType, QueryItem)>, String> {
    items(instances(command), <C::State as Models<C::Count>>::LIST)
}

/// What [`load`](crate::execute::load) reads of the log: one item.
///
/// # Errors
/// The key does not select one instance.
pub fn state_items<A: Evolve>(key: &impl LoadKey<A::Keys>) -> Result<Vec<(&'static ModelType, QueryItem)>, String> {
    items(instance::<A>(key), <A as Models<Count<1>>>::LIST)
}

fn items(
    instances: Result<Instances, BindError>,
    models: &'static [ModelType],
) -> Result<Vec<(&'static ModelType, QueryItem)>, String> {
    instances.map(|instances| instances.items(models).collect()).map_err(|error| error.0)
}
