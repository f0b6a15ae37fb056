//! Expectations of processors: what their schedules do.

use std::ops::Range;

use eskit_runtime::__private::ExpectedCommands;
use eskit_runtime::Timestamp;

use super::given::Given;
use super::history::History;
use super::processors::{Log, compare};
use crate::block_on::block_on;
use crate::processor::{Effect, Processor, occurrences};

impl Given {
    /// Lets the time pass from the beginning of `times` up to its end, which is not part of it, and calls the `#[every]` methods of a
    /// processor at each of their times, in order. Expects exactly these commands, which are compared as by [`Given::then_commands`].
    ///
    /// ```
    /// # use eskit::prelude::*;
    /// # use eskit::testing::given;
    /// # #[derive(Event, Serialize, Deserialize)] struct WeekClosed { #[tag] week: String }
    /// # #[derive(Command, Debug)] struct CloseWeek { #[tag] week: String }
    /// # #[aggregate(tag = "week")] #[derive(Default)] struct Week;
    /// # #[decider] impl Week {
    /// #     #[evolve] fn closed(&mut self, _: &WeekClosed) {}
    /// #     #[decide] fn close(&self, c: &CloseWeek) -> WeekClosed { WeekClosed { week: c.week.clone() } }
    /// # }
    /// struct Closing;
    ///
    /// #[processor(name = "closing", from = "now")]
    /// impl Closing {
    ///     #[every("0 9 * * MON Europe/Berlin")]
    ///     fn weekly(&self, at: &Timestamp) -> CloseWeek { CloseWeek { week: at.to_string() } }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let november: Timestamp = "2026-11-28T00:00:00Z".parse()?;
    /// let close = |week: &str| CloseWeek { week: week.into() };
    /// given(()).then_every(
    ///     &Closing,
    ///     november.."2026-12-08T00:00:00Z".parse()?,
    ///     [close("2026-11-30T08:00:00.000000Z"), close("2026-12-07T08:00:00.000000Z")],
    /// );
    /// # Ok(()) }
    /// ```
    ///
    /// # Panics
    /// The commands are others, a method fails, a schedule cannot be kept, or there are more than 10,000 times.
    #[track_caller]
    pub fn then_every<P: Processor>(
        &self,
        processor: &P,
        times: Range<Timestamp>,
        expected: impl ExpectedCommands,
    ) -> &Given {
        if let Err(text) = check(self.history(), processor, times, expected) {
            panic!("{text}");
        }
        self
    }
}

fn check<P: Processor>(
    history: &History,
    processor: &P,
    times: Range<Timestamp>,
    expected: impl ExpectedCommands,
) -> Result<(), String> {
    let (log, name) = (Log::of::<P>(history)?, P::TYPE.name);
    let times = occurrences::<P>(times)?;
    compare(name, expected, |found| {
        for (index, at) in times {
            let schedule = P::SCHEDULES[index].name;
            let mut effect = Effect::witnessed_at(&log.bus, name, schedule, at, found);
            let called = block_on(processor.every(index, at, &mut effect));
            called.map_err(|error| format!("`{name}` failed in `{schedule}` at {at}: {error}"))?;
        }
        Ok(())
    })
}
