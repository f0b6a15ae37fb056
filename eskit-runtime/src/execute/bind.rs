//! From a command or a key to the scopes of its models.

use std::sync::Arc;

use crate::aggregate::{Count, Evolve, LoadKey, Models, Scope};
use crate::decider::{Binding, Decide};
use crate::event::TagField;
use crate::query::Query;

use super::fold::Plan;

/// The tag fields of a value do not select exactly one instance of a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct BindError(pub(crate) String);

/// The scope of each model of the command's decider.
pub(crate) fn scopes<C: Decide>(command: &C) -> Result<Vec<Scope>, BindError> {
    let mut values: Vec<Vec<String>> = vec![Vec::new(); C::TYPE.tags.len()];
    command.each_tag(&mut |index, value| {
        if let Some(values) = values.get_mut(index) {
            values.push(value.to_string());
        }
    });
    let models = <C::State as Models<C::Count>>::LIST.iter().enumerate();
    models
        .map(|(index, (aggregate, _))| {
            let bindings = C::DECIDER.bindings.get(index).copied().unwrap_or_default();
            let chosen: Result<Vec<String>, BindError> = aggregate
                .key
                .names()
                .iter()
                .map(|name| match field(C::TYPE.tags, bindings, name).map(|at| values[at].as_slice()) {
                    Some([value]) => Ok(value.clone()),
                    found => Err(BindError(format!(
                        "command `{}` has {} values for the key `{name}` of `{}`, which needs exactly one\nhelp: give the field a type that holds one value, or check it before the command is executed",
                        C::TYPE.name,
                        found.map_or(0, <[String]>::len),
                        aggregate.name
                    ))),
                })
                .collect();
            Ok(Scope::new(&aggregate.key, &chosen?))
        })
        .collect()
}

/// The index of the tag field that feeds a key: the one bound by name, or else the one with the same key.
fn field(tags: &[TagField], bindings: &[Binding], key: &str) -> Option<usize> {
    let bound = bindings.iter().find(|binding| binding.key.is_empty() || binding.key == key);
    tags.iter().position(|tag| bound.map_or(tag.key == key, |binding| tag.field == binding.field))
}

/// The scope that a key given to `load` selects.
pub(crate) fn scope<A: Evolve>(key: &impl LoadKey<A::Keys>) -> Result<Scope, BindError> {
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
    Ok(Scope::new(&A::TYPE.key, &values))
}

/// The query that a command's decision reads: one item for each model, in order.
///
/// # Errors
/// The command's tags do not select one instance of each model.
pub fn decision_query<C: Decide>(command: &C) -> Result<Query, String> {
    scopes(command)
        .map(|scopes| Arc::unwrap_or_clone(Plan::<C::State, C::Count>::new(scopes).query))
        .map_err(|error| error.0)
}

/// The query that [`load`](crate::load) reads: one item.
///
/// # Errors
/// The key does not select one instance.
pub fn state_query<A: Evolve>(key: &impl LoadKey<A::Keys>) -> Result<Query, String> {
    scope::<A>(key)
        .map(|scope| Arc::unwrap_or_clone(Plan::<A, Count<1>>::new(vec![scope]).query))
        .map_err(|error| error.0)
}
