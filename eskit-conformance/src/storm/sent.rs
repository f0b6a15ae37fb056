use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{Append, AppendError, Appended};

use crate::rng::Rng;
use crate::sample::{no_events, on, plain, recorded, stream, tags, with_tags};

/// The key of the tag that all events of one append carry.
pub(super) const APPEND: &str = "append";

/// An append, and how it was answered each time that it was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) append: Append,
    pub(super) answers: Vec<Result<Appended, AppendError>>,
    /// Whether the fault had begun before it was sent.
    pub(super) is_late: bool,
}

impl Sent {
    /// An append that was answered once.
    pub(crate) fn new(append: Append, answer: Result<Appended, AppendError>, is_late: bool) -> Sent {
        Sent { append, answers: vec![answer], is_late }
    }

    /// The events as the log must hold them, when the append was confirmed.
    pub(crate) fn confirmed(&self) -> Option<Vec<RecordedEvent>> {
        let appended = self.answers.iter().find_map(|answer| answer.as_ref().ok())?;
        Some(recorded(&self.append, appended))
    }

    /// The refusal, when every answer said that nothing was written.
    pub(super) fn refused(&self) -> Option<&AppendError> {
        let is_definite = |answer: &Result<_, _>| matches!(answer, Err(error) if !is_unknown(error));
        let last = self.answers.last()?.as_ref().err()?;
        self.answers.iter().all(is_definite).then_some(last)
    }
}

pub(super) fn is_unknown(error: &AppendError) -> bool {
    matches!(error, AppendError::UnknownOutcome(_))
}

/// An append of one to three events with a tag of their own that begins with their number. The first is in a stream of the
/// caller; some are large. The condition holds until the append is in the log.
pub(super) fn append(rng: &mut Rng, caller: u64) -> Append {
    let count = 1 + rng.below(3);
    let key = format!("{count}-{:016x}", rng.next());
    let fill = if rng.chance(20) { rng.below(20_000) } else { rng.below(40) };
    let event = |part: u64| {
        let event = if part > 0 { plain("storm.Noted") } else { on(stream(&caller.to_string()), "storm.Began") };
        let payload = format!(r#"{{"part":{part},"fill":"{}"}}"#, "x".repeat(fill as usize));
        event.with_tags(tags(&[(APPEND, &key)])).with_payload(payload)
    };
    Append::new((0..count).map(event).collect()).with(no_events(with_tags(&[(APPEND, &key)]), Default::default()))
}

/// How many events the append with this tag has.
pub(super) fn count(key: &str) -> Option<usize> {
    key.split_once('-')?.0.parse().ok()
}
