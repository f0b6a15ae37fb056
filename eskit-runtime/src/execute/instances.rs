//! The instances of a decision's models, and which of them an event belongs to.

use std::collections::HashMap;

use crate::log::bounds::{LimitError, QUERY_ITEMS_MAX, check_count};
use crate::log::query::QueryItem;
use crate::log::recorded::RecordedEvent;
use crate::log::stream::StreamId;
use crate::model::aggregate::{Key, Scope};
use crate::model::each::text_of;
use crate::model::models::{Instance, ModelType};

/// Up to so many instances are looked at one by one for each event.
const FEW: usize = 16;

/// The instances of each model, in order.
#[derive(Default)]
pub(crate) struct Instances {
    /// The keys of the instances of each model.
    keys: Vec<Vec<String>>,
    at: Vec<Instance>,
    scopes: Vec<Scope>,
    /// Where there are more than a few.
    index: Option<Index>,
}

/// Under which name an event would belong to which instances.
#[derive(Default)]
struct Index {
    streams: HashMap<StreamId, Vec<usize>>,
    /// By the tag of a scope that the fewest others have.
    tags: HashMap<String, Vec<usize>>,
    all: Vec<usize>,
}

impl Instances {
    /// Adds the instances of a model, given by the values that select each.
    pub(super) fn add_model(&mut self, model: usize, key: &Key, values: Vec<Vec<String>>) {
        self.at.extend((0..values.len()).map(|index| Instance { model, index }));
        self.scopes.extend(values.iter().map(|values| Scope::new(key, values)));
        self.keys.push(values.iter().map(|values| text_of(values)).collect());
        if self.scopes.len() > FEW {
            self.index = Some(Index::new(&self.scopes));
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.scopes.len()
    }

    /// Checks that one query can read all of them.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn check(&self) -> Result<(), LimitError> {
        check_count("instances of models in one decision", self.len(), QUERY_ITEMS_MAX)
    }

    /// The keys of the instances of each model.
    pub(crate) fn keys(&self) -> &[Vec<String>] {
        &self.keys
    }

    /// Which instance of which model each is.
    pub(crate) fn at(&self) -> &[Instance] {
        &self.at
    }

    /// The events of each.
    pub(crate) fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// Which instance of which model each is, and its events.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Instance, &Scope)> {
        self.at.iter().copied().zip(&self.scopes)
    }

    /// The model of each, and the query item that reads it.
    pub(crate) fn items<'m>(&self, models: &'m [ModelType]) -> impl Iterator<Item = (&'m ModelType, QueryItem)> {
        self.iter().filter_map(|(at, scope)| models.get(at.model).map(|model| (model, scope.query_item(model.events))))
    }

    /// Calls `each` with every instance that an event belongs to, until it fails.
    pub(crate) fn of_event<E>(
        &self,
        event: &RecordedEvent,
        mut each: impl FnMut(usize) -> Result<(), E>,
    ) -> Result<(), E> {
        let holds = |index: &usize| self.scopes.get(*index).is_some_and(|scope| scope.holds(event));
        let Some(index) = &self.index else { return (0..self.len()).filter(holds).try_for_each(each) };
        let stream = event.stream.as_ref().and_then(|at| index.streams.get(&at.stream));
        let tags = event.tags.iter().filter_map(|tag| index.tags.get(tag.as_str()));
        let candidates = stream.into_iter().chain(tags).chain([&index.all]).flatten();
        candidates.copied().filter(holds).try_for_each(&mut each)
    }
}

impl Index {
    fn new(scopes: &[Scope]) -> Index {
        let mut scopes_of_tag: HashMap<&str, usize> = HashMap::new();
        for scope in scopes {
            if let Scope::Tags(tags) = scope {
                tags.iter().for_each(|tag| *scopes_of_tag.entry(tag.as_str()).or_default() += 1);
            }
        }
        let mut built = Index::default();
        for (index, scope) in scopes.iter().enumerate() {
            let rarest = match scope {
                Scope::Stream(stream) => {
                    built.streams.entry(stream.clone()).or_default().push(index);
                    continue;
                }
                Scope::Tags(tags) => tags.iter().min_by_key(|tag| scopes_of_tag.get(tag.as_str())),
                Scope::All => None,
            };
            match rarest {
                Some(tag) => built.tags.entry(tag.as_str().to_owned()).or_default().push(index),
                None => built.all.push(index),
            }
        }
        built
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::id::EventId;
    use crate::log::new_event::NewEvent;
    use crate::log::position::Position;
    use crate::log::recorded::Part;
    use crate::log::stream::StreamId;
    use crate::log::time::Timestamp;

    fn values(keys: impl IntoIterator<Item = String>) -> Vec<Vec<String>> {
        keys.into_iter().map(|key| vec![key]).collect()
    }

    fn found(instances: &Instances, event: NewEvent) -> Vec<usize> {
        let version = event.stream.is_some().then_some(1);
        let recorded = event.into_recorded(Position::new(1), version, Part::WHOLE, Timestamp::now());
        let mut found = Vec::new();
        let done: Result<(), ()> = instances.of_event(&recorded, |index| {
            found.push(index);
            Ok(())
        });
        done.unwrap();
        found.sort_unstable();
        found
    }

    /// With few instances and with many, an event belongs to those whose scope holds it.
    #[test]
    fn an_event_finds_its_instances_however_many_there_are() {
        for count in [3, 100] {
            let mut instances = Instances::default();
            instances.add_model(0, &Key::Tags(&["sku"]), values((0..count).map(|sku| sku.to_string())));
            instances.add_model(1, &Key::All, vec![Vec::new()]);
            let both = (0..count).map(|sku| vec!["ada".to_owned(), sku.to_string()]);
            instances.add_model(2, &Key::Tags(&["customer", "sku"]), both.collect());
            instances.add_model(3, &Key::Stream("order"), values((0..count).map(|order| order.to_string())));
            let event = |tags: &[(&str, &str)]| {
                let mut event = NewEvent::json("shop.Happened", "{}");
                event.id = EventId::new();
                tags.iter().for_each(|(key, value)| event.tags.push(key, value));
                event
            };
            assert_eq!(found(&instances, event(&[("sku", "2")])), [2, count]);
            assert_eq!(found(&instances, event(&[("sku", "2"), ("sku", "1")])), [1, 2, count]);
            let of_both = event(&[("sku", "1"), ("customer", "ada")]);
            assert_eq!(found(&instances, of_both), [1, count, count + 2]);
            assert_eq!(found(&instances, event(&[("customer", "ada")])), [count]);
            let in_stream = event(&[("sku", "x")]).with_stream(StreamId::new("order", "2"));
            assert_eq!(found(&instances, in_stream), [count, 2 * count + 3]);
        }
    }
}
