use std::collections::HashMap;
use std::fmt;
use std::ops::Index;
use std::slice;
use std::sync::OnceLock;

use crate::model::aggregate::{Aggregate, Evolve, LoadKey};
use crate::model::check::check_key;

/// A model of any number of instances of one aggregate, one for each key in the command: for an order with a list of products, for
/// example.
///
/// A decider takes it by reference, like an aggregate. There is one instance for each distinct value of the command's tag, and
/// none without a value. One query reads all of them, and one append condition covers all of them.
///
/// `each[&key]` takes the same keys as [`load`](fn@crate::execute::load), and returns the state of that instance. For a key that the command
/// does not name, it returns the initial state, and the command then fails with [`ExecuteError::Key`](crate::ExecuteError::Key),
/// whatever the decider returns: a decision must not depend on a state that was not read. [`Each::get`] returns `None` instead.
///
/// If a value occurs several times, as in two lines for one product, all of them find the same state, from before the command. It
/// is up to the decider to add up the lines.
pub struct Each<A> {
    states: Vec<A>,
    indices: HashMap<String, usize>,
    /// What a key without an instance finds.
    initial: A,
    /// The first key that was asked for and has no instance.
    absent: OnceLock<String>,
}

impl<A: Aggregate> Each<A> {
    /// The instances with these distinct keys.
    pub(crate) fn new(keys: &[String]) -> Each<A> {
        Each {
            states: keys.iter().map(|_| A::initial()).collect(),
            indices: keys.iter().cloned().zip(0..).collect(),
            initial: A::initial(),
            absent: OnceLock::new(),
        }
    }

    /// The state of the instance with this key, if it is a key of the command.
    pub fn get<K: LoadKey<A::Keys>>(&self, key: K) -> Option<&A>
    where
        A: Evolve,
    {
        const { check_key::<A, K>() };
        self.indices.get(&key_text(&key)).and_then(|index| self.states.get(*index))
    }
}

impl<A> Each<A> {
    /// How many instances there are: one for each distinct key of the command.
    pub fn len(&self) -> usize {
        self.states.len()
    }

    /// Whether the command has no key.
    pub fn is_empty(&self) -> bool {
        self.states.is_empty()
    }

    /// The states, in the order in which their keys first occur in the command.
    pub fn iter(&self) -> slice::Iter<'_, A> {
        self.states.iter()
    }

    pub(crate) fn states(&self) -> &[A] {
        &self.states
    }

    pub(crate) fn states_mut(&mut self) -> &mut [A] {
        &mut self.states
    }

    pub(crate) fn absent_key(&self) -> Option<&str> {
        self.absent.get().map(String::as_str)
    }
}

/// The state of the instance with this key; see [`Each`] for keys that the command does not have.
impl<A: Evolve, K: LoadKey<A::Keys>> Index<K> for Each<A> {
    type Output = A;

    fn index(&self, key: K) -> &A {
        const { check_key::<A, K>() };
        let text = key_text(&key);
        if let Some(state) = self.indices.get(&text).and_then(|index| self.states.get(*index)) {
            return state;
        }
        let _ = self.absent.set(text);
        &self.initial
    }
}

impl<'a, A> IntoIterator for &'a Each<A> {
    type Item = &'a A;
    type IntoIter = slice::Iter<'a, A>;

    fn into_iter(self) -> slice::Iter<'a, A> {
        self.iter()
    }
}

impl<A: Clone> Clone for Each<A> {
    fn clone(&self) -> Each<A> {
        let Each { states, indices, initial, absent } = self;
        Each { states: states.clone(), indices: indices.clone(), initial: initial.clone(), absent: absent.clone() }
    }
}

/// The same states under the same keys, in the same order.
impl<A: PartialEq> PartialEq for Each<A> {
    fn eq(&self, other: &Each<A>) -> bool {
        self.states == other.states && self.indices == other.indices
    }
}

impl<A: Eq> Eq for Each<A> {}

impl<A: fmt::Debug> fmt::Debug for Each<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut keys: Vec<(&String, usize)> = self.indices.iter().map(|(key, index)| (key, *index)).collect();
        keys.sort_unstable_by_key(|(_, index)| *index);
        f.debug_map().entries(keys.iter().map(|(key, _)| key).zip(&self.states)).finish()
    }
}

/// What stands between the values of a key that has several: none of them can hold it.
const SEPARATOR: &str = "\0";

/// The text by which an instance is found.
fn key_text<K>(key: &impl LoadKey<K>) -> String {
    let (mut text, mut is_first) = (String::new(), true);
    key.each_value(&mut |value| {
        if !std::mem::take(&mut is_first) {
            text.push_str(SEPARATOR);
        }
        let _ = fmt::Write::write_fmt(&mut text, format_args!("{value}"));
    });
    text
}

/// The same text, from the values.
pub(crate) fn text_of(values: &[String]) -> String {
    values.join(SEPARATOR)
}
