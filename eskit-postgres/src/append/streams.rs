use std::collections::HashMap;

use eskit_runtime::log::StreamId;

use crate::sql::arrays::number;
use crate::sql::call::Call;

/// The streams that a batch names.
#[derive(Default)]
pub(crate) struct Streams<'r> {
    numbers: HashMap<&'r StreamId, i32>,
    all: Vec<&'r StreamId>,
    types: Vec<&'r str>,
    ids: Vec<&'r str>,
    /// How many events of the batch each one gets.
    events: Vec<i64>,
    /// The lowest version that a condition expects of each one; 0 for none.
    expected: Vec<i64>,
}

impl<'r> Streams<'r> {
    /// The number of a stream, from 1.
    fn number_of(&mut self, stream: &'r StreamId) -> i32 {
        let next = number(self.ids.len() + 1);
        *self.numbers.entry(stream).or_insert_with(|| {
            self.all.push(stream);
            self.types.push(stream.stream_type());
            self.ids.push(stream.id());
            self.events.push(0);
            self.expected.push(0);
            next
        })
    }

    /// Counts one more event of a stream: the number of the stream, and the place of the event among those of the batch in it, from 1.
    pub(crate) fn add_event(&mut self, stream: &'r StreamId) -> (i32, i64) {
        let number = self.number_of(stream);
        let Some(events) = self.index_of(stream).and_then(|index| self.events.get_mut(index)) else {
            return (number, 0);
        };
        *events += 1;
        (number, *events)
    }

    /// Notes that a condition expects this version of a stream. Returns the number of the stream.
    pub(crate) fn expect(&mut self, stream: &'r StreamId, version: i64) -> i32 {
        let number = self.number_of(stream);
        if let Some(expected) = self.index_of(stream).and_then(|index| self.expected.get_mut(index)) {
            *expected = if *expected == 0 { version } else { version.min(*expected) };
        }
        number
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// Gives them to a call, but for what is known of their versions.
    pub(crate) fn give(&self, call: Call) -> Call {
        call.with("s_type", &self.types).with("s_id", &self.ids).with("s_floor", &self.expected)
    }

    /// The stream with this place in arrays that count from 0.
    pub(crate) fn stream(&self, index: usize) -> Option<StreamId> {
        self.all.get(index).copied().cloned()
    }

    /// The streams, by their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'r StreamId> {
        self.all.iter().copied()
    }

    /// The place of a stream in arrays that count from 0, if the batch names it.
    pub(crate) fn index_of(&self, stream: &StreamId) -> Option<usize> {
        self.numbers.get(stream).and_then(|number| usize::try_from(*number - 1).ok())
    }
}
