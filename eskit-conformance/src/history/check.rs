use std::collections::HashMap;

use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{Append, AppendError, Appended, Condition, Direction, EventId, Position, Query, ReadOptions};

use super::op::{Call, Op};
use super::record::is_unknown;
use crate::failure::{Failure, Outcome, ensure};
use crate::model;
use crate::sample::{check_answer, check_conflict, recorded};

/// Checks that a history is linearizable: that every call could have taken effect at one moment between its beginning and
/// its end, as if all calls had come one after the other.
///
/// For a log this is easy to decide, since positions are the order of the appends. A call that writes nothing took effect
/// between two appends; the earliest place at which its answer is right is the best one, and exists or not. `log` is the
/// whole log after the last call ended.
pub(crate) fn check(log: &[RecordedEvent], mut ops: Vec<Op>) -> Outcome {
    ops.sort_unstable_by_key(|op| op.began);
    let written = Written::find(log, &ops)?;
    let mut places = Vec::with_capacity(ops.len());
    for (index, op) in ops.iter().enumerate() {
        let earliest = earliest(&ops[..index], &places, op);
        let latest = written.latest(op, log.len());
        let place = written.place(log, op, earliest, latest);
        places.push(place.map_err(|failure| failure.during(format!("{} of {} calls", index + 1, ops.len())))?);
    }
    Ok(())
}

/// The place that every call leaves behind that ended before this one began.
fn earliest(before: &[Op], places: &[usize], op: &Op) -> usize {
    before.iter().zip(places).filter(|(other, _)| other.ended < op.began).map(|(_, place)| *place).max().unwrap_or(0)
}

/// Where the appends stand in the log. A *place* is how many events the log held at some moment; only between two appends
/// did it hold that many.
struct Written {
    /// The places between appends, ascending, from 0 to the whole log.
    places: Vec<usize>,
    /// When the append that begins at a place began.
    began: Vec<(usize, u64)>,
    /// Where each event id stands in the log.
    ids: HashMap<EventId, usize>,
}

impl Written {
    /// Finds every append in the log, whole, in order and as it was sent.
    fn find(log: &[RecordedEvent], ops: &[Op]) -> Result<Written, Failure> {
        let ids: HashMap<_, _> = log.iter().enumerate().map(|(at, event)| (event.id, at)).collect();
        ensure!(ids.len() == log.len(), "an event id is in the log more than once");
        let mut written = Written { places: vec![0], began: Vec::new(), ids };
        let mut ends = HashMap::new();
        for op in ops {
            let Call::Append { append, result } = &op.call else { continue };
            let Some(at) = written.find_one(log, append, result)? else { continue };
            // The first call that sent an append is the earliest that can have written it.
            ends.entry(at).or_insert((at + append.events.len(), op.began));
        }
        while let Some((end, began)) = ends.get(written.places.last().unwrap_or(&0)) {
            written.began.push((written.places.last().copied().unwrap_or(0), *began));
            written.places.push(*end);
        }
        let reached = written.places.last().copied().unwrap_or(0);
        ensure!(
            reached == log.len(),
            "the event behind {reached} others is of no append, or stands amid another: {:?}",
            log[reached]
        );
        Ok(written)
    }

    /// The place of one append in the log; `None` if it was not written.
    fn find_one(
        &self,
        log: &[RecordedEvent],
        append: &Append,
        result: &Result<Appended, AppendError>,
    ) -> Result<Option<usize>, Failure> {
        let first = self.ids.get(&append.events[0].id).copied();
        let found = append.events.iter().filter(|event| self.ids.contains_key(&event.id)).count();
        match result {
            Ok(appended) => {
                check_answer(append, appended)?;
                let Some(at) = first.filter(|_| found == append.events.len()) else {
                    return Err(Failure::new(format!(
                        "of an append that was confirmed at {:?}, {found} of {} events are in the log",
                        appended.positions,
                        append.events.len()
                    )));
                };
                let found = &log[at..(at + append.events.len()).min(log.len())];
                let expected = recorded(append, appended);
                ensure!(found == expected, "an append was confirmed as {expected:?}, but the log holds {found:?}");
                Ok(Some(at))
            }
            Err(error) if is_unknown(error) => {
                let whole = found == 0 || found == append.events.len();
                ensure!(whole, "of an append of {} events, {found} are in the log", append.events.len());
                Ok(first)
            }
            // Another call with the same events may have gone through; this one wrote nothing.
            Err(AppendError::Conflict(_)) => Ok(None),
            Err(error) => Err(Failure::new(format!("an append was answered with `{error}`: {error:?}"))),
        }
    }

    /// The last place at which a call can have taken effect: before every append that began when it had ended.
    fn latest(&self, op: &Op, len: usize) -> usize {
        self.began.iter().filter(|(_, began)| *began > op.ended).map(|(at, _)| *at).min().unwrap_or(len)
    }

    /// The first place from `earliest` to `latest` at which the answer of a call is right.
    fn place(&self, log: &[RecordedEvent], op: &Op, earliest: usize, latest: usize) -> Result<usize, Failure> {
        let stale = |at: usize, what: &str| {
            format!(
                "{what} took effect at place {at} of the log, outside of {earliest}..={latest}, which real time allows"
            )
        };
        let mut places = self.places.iter().copied().filter(|at| (earliest..=latest).contains(at));
        match &op.call {
            Call::Append { append, result: Ok(appended) } => {
                let at = self.ids.get(&append.events[0].id).copied().unwrap_or_default();
                let end = at + append.events.len();
                if appended.repeated {
                    ensure!(end <= latest, "{}", stale(end, "a repeat"));
                    return Ok(end.max(earliest));
                }
                ensure!(at >= earliest && end <= latest, "{}", stale(at, "an append"));
                let broken = append.conditions.iter().find_map(|condition| model::conflict(&log[..at], condition));
                match broken {
                    Some(conflict) => {
                        Err(Failure::new(format!("an append went through at place {at} against `{conflict}`")))
                    }
                    None => Ok(end),
                }
            }
            Call::Append { append, result: Err(AppendError::Conflict(conflict)) } => {
                let fits = |at: &usize| check_conflict(conflict, &append.conditions, &log[..*at]).is_ok();
                places.find(fits).ok_or_else(|| {
                    misplaced(&format!("`{conflict}`, under {:?}", shown(&append.conditions)), earliest, latest)
                })
            }
            Call::Append { .. } => Ok(earliest),
            Call::Read { query, options, events, more } => {
                let matches = Matches::of(log, query, *options);
                let fits = |at: &usize| matches.are(log, *at, events, *more);
                places.find(fits).ok_or_else(|| {
                    let found = crate::sample::positions(events);
                    misplaced(&format!("{query:?} with {options:?} (more: {more}) read {found:?}"), earliest, latest)
                })
            }
            Call::Head { head } => {
                let at = |place: usize| place.checked_sub(1).map_or(Position::START, |last| log[last].position);
                places
                    .find(|place| at(*place) == *head)
                    .ok_or_else(|| misplaced(&format!("the head was {head}"), earliest, latest))
            }
        }
    }
}

fn shown(conditions: &[Condition]) -> &[Condition] {
    &conditions[..conditions.len().min(4)]
}

fn misplaced(answer: &str, earliest: usize, latest: usize) -> Failure {
    Failure::new(format!("{answer}: right at no moment of the call, when the log held {earliest} to {latest} events"))
}

/// The places of all events of the log that a read is about, ascending.
struct Matches {
    all: Vec<usize>,
    options: ReadOptions,
}

impl Matches {
    fn of(log: &[RecordedEvent], query: &Query, options: ReadOptions) -> Matches {
        let all = (0..log.len()).filter(|at| options.covers(&log[*at]) && query.matches(&log[*at])).collect();
        Matches { all, options }
    }

    /// Whether a page is right for a log that held the first `len` events.
    fn are(&self, log: &[RecordedEvent], len: usize, page: &[RecordedEvent], more: bool) -> bool {
        let there = &self.all[..self.all.partition_point(|at| *at < len)];
        let count = there.len().min(self.options.page_len());
        if page.len() != count || (count < there.len() && !more) {
            return false;
        }
        match self.options.direction {
            Direction::Forward => there.iter().zip(page).all(|(at, event)| log[*at] == *event),
            Direction::Backward => there.iter().rev().zip(page).all(|(at, event)| log[*at] == *event),
        }
    }
}

#[cfg(test)]
mod tests {
    use eskit_runtime::Timestamp;
    use eskit_runtime::log::{Conflict, ConflictKind};

    use super::*;
    use crate::Model;
    use crate::sample::{no_events, one, plain, tagged, with_tags};

    fn op(began: u64, ended: u64, call: Call) -> Op {
        Op { began, ended, call }
    }

    fn append(log: &mut Model, append: Append) -> Call {
        let result = Ok(log.push(append.events.clone(), Timestamp::from_micros(1)));
        Call::Append { append, result }
    }

    fn read(log: &Model, events: usize) -> Call {
        let (query, options) = (Query::all(), ReadOptions::default());
        Call::Read { query, options, events: log.events()[..events].to_vec(), more: false }
    }

    #[test]
    fn calls_at_the_same_time_may_take_effect_in_any_order() {
        let mut log = Model::new();
        let (a, b) = (append(&mut log, one(plain("a"))), append(&mut log, one(plain("b"))));
        let reads = [read(&log, 0), read(&log, 1), read(&log, 2)];
        let mut ops = vec![op(1, 10, b), op(2, 9, a)];
        ops.extend(reads.into_iter().zip([3, 5, 7]).map(|(read, began)| op(began, began + 1, read)));
        check(log.events(), ops).unwrap();
    }

    #[test]
    fn an_append_does_not_overtake_one_that_ended_before() {
        let mut log = Model::new();
        let (a, b) = (append(&mut log, one(plain("a"))), append(&mut log, one(plain("b"))));
        let failure = check(log.events(), vec![op(1, 2, b), op(3, 4, a)]).unwrap_err().to_string();
        assert!(failure.contains("real time"), "{failure}");
    }

    #[test]
    fn reads_do_not_go_back() {
        for later in [0, 1] {
            let mut log = Model::new();
            let (a, b) = (append(&mut log, one(plain("a"))), append(&mut log, one(plain("b"))));
            let reads = vec![op(3, 4, read(&log, 2)), op(5, 6, read(&log, later))];
            let ops = [vec![op(1, 10, a), op(2, 11, b)], reads].concat_all();
            let failure = check(log.events(), ops).unwrap_err().to_string();
            assert!(failure.contains("right at no moment"), "{failure}");
        }
    }

    #[test]
    fn a_read_does_not_see_a_part_of_an_append_or_what_begins_later() {
        let mut log = Model::new();
        let both = append(&mut log, Append::new(vec![plain("a"), plain("b")]));
        let half = read(&log, 1);
        assert!(check(log.events(), vec![op(1, 4, both), op(2, 3, half)]).is_err());
        let mut log = Model::new();
        let only = append(&mut log, one(plain("a")));
        let early = read(&log, 1);
        assert!(check(log.events(), vec![op(1, 2, early), op(3, 4, only)]).is_err());
    }

    #[test]
    fn conditions_hold_where_their_append_stands() {
        let course = || no_events(with_tags(&[("course", "c1")]), Position::START);
        let mut log = Model::new();
        let calls = [1, 2].map(|_| append(&mut log, one(tagged("a", &[("course", "c1")])).with(course())));
        let ops = calls.into_iter().map(|call| op(1, 9, call)).collect();
        let failure = check(log.events(), ops).unwrap_err().to_string();
        assert!(failure.contains("went through"), "{failure}");
    }

    #[test]
    fn a_refusal_needs_a_moment_at_which_it_was_right() {
        let mut log = Model::new();
        let first = append(&mut log, one(tagged("a", &[("course", "c1")])));
        let condition = no_events(with_tags(&[("course", "c1")]), Position::START);
        let named = eskit_runtime::log::ConflictEvent { position: Position::new(1), name: "a".into() };
        let refused = |began| {
            let conflict = Conflict::new(ConflictKind::Query { after: Position::START }, Some(named.clone()));
            let append = one(plain("b")).with(condition.clone());
            op(began, began + 1, Call::Append { append, result: Err(conflict.into()) })
        };
        check(log.events(), vec![op(3, 4, first), refused(5)]).unwrap();
        let again =
            Call::Append { append: one(plain("b")), result: Ok(Appended::new(vec![], vec![], Timestamp::now())) };
        assert!(check(log.events(), vec![op(3, 4, again)]).is_err(), "an answer without positions");
        let mut log = Model::new();
        let first = append(&mut log, one(tagged("a", &[("course", "c1")])));
        assert!(check(log.events(), vec![refused(1), op(3, 4, first)]).is_err());
    }

    trait ConcatAll<T> {
        fn concat_all(self) -> Vec<T>;
    }
    impl<T> ConcatAll<T> for [Vec<T>; 2] {
        fn concat_all(self) -> Vec<T> {
            self.into_iter().flatten().collect()
        }
    }
}
