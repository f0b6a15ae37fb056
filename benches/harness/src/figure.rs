//! What a row finds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What became of a row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// It ran.
    Figures(Vec<Figure>),
    /// It could not run here, for this reason.
    Skipped(String),
    /// It failed, with this error.
    Failed(String),
}

/// One line of the table: what eskit took, what its peer or limit took, and the number that is judged.
#[derive(Debug, Serialize, Deserialize)]
pub struct Figure {
    /// Which case of the row, such as `100 types`.
    pub case: String,
    /// eskit's median.
    pub ours: Quantity,
    /// The peer or the limit, and its median in the same run.
    pub against: Option<(String, Quantity)>,
    /// The number that the bar is for: the median ratio of the rounds, ours to theirs, unless stated otherwise.
    pub judged: Option<Quantity>,
    /// What is asked for.
    pub bar: Option<Bar>,
    /// What is hoped for.
    pub stretch: Option<Bar>,
    /// How the judged number stands to bar and stretch.
    pub verdict: Verdict,
}

impl Figure {
    /// A line that reports without judging.
    pub fn reported(case: impl Into<String>, ours: Quantity) -> Figure {
        let case = case.into();
        Figure { case, ours, against: None, judged: None, bar: None, stretch: None, verdict: Verdict::Reported }
    }

    /// A line that compares with a peer or a limit.
    pub fn compared(
        case: impl Into<String>,
        ours: Quantity,
        against: impl Into<String>,
        theirs: Quantity,
        ratio: f64,
    ) -> Figure {
        let against = Some((against.into(), theirs));
        Figure { against, judged: Some(Quantity::times(ratio)), ..Figure::reported(case, ours) }
    }

    /// A line whose own value is judged.
    pub fn absolute(case: impl Into<String>, ours: Quantity) -> Figure {
        Figure { judged: Some(ours), ..Figure::reported(case, ours) }
    }

    /// Judges its own value in place of the ratio.
    pub fn judged_alone(self) -> Figure {
        Figure { judged: Some(self.ours), ..self }
    }

    /// Sets the bar.
    pub fn bar(mut self, bar: Bar) -> Figure {
        self.bar = Some(bar);
        self.judge()
    }

    /// Sets the stretch.
    pub fn stretch(mut self, stretch: Bar) -> Figure {
        self.stretch = Some(stretch);
        self.judge()
    }

    fn judge(mut self) -> Figure {
        let holds = |bar: Option<Bar>| Some(bar?.holds(self.judged?.value));
        self.verdict = match (holds(self.bar), holds(self.stretch)) {
            (Some(false), _) => Verdict::Missed,
            (_, Some(true)) => Verdict::Stretch,
            (Some(true), _) => Verdict::Met,
            (None, _) => Verdict::Reported,
        };
        self
    }
}

/// How a figure stands to its bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// There is no bar.
    Reported,
    /// The bar is met.
    Met,
    /// The stretch is met.
    Stretch,
    /// The bar is missed.
    Missed,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Verdict::Reported => "",
            Verdict::Met => "met",
            Verdict::Stretch => "stretch",
            Verdict::Missed => "MISSED",
        })
    }
}

/// A number that the judged number may not cross.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// Smaller is better.
    AtMost(f64),
    /// Greater is better.
    AtLeast(f64),
}

impl Bar {
    fn holds(self, value: f64) -> bool {
        match self {
            Bar::AtMost(most) => value <= most,
            Bar::AtLeast(least) => value >= least,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self {
            Bar::AtMost(most) => format!("<= {most}"),
            Bar::AtLeast(least) => format!(">= {least}"),
        })
    }
}

/// A number and its unit.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Quantity {
    /// The number.
    pub value: f64,
    /// The unit.
    pub unit: Unit,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
    /// Hundredths.
    Percent,
    /// Something a second.
    PerSecond,
    /// Bytes.
    Bytes,
    /// A ratio.
    Times,
    /// A number of things.
    Count,
}

impl Quantity {
    /// Nanoseconds.
    pub fn nanoseconds(value: f64) -> Quantity {
        Quantity { value, unit: Unit::Nanoseconds }
    }

    /// Milliseconds, in which a bar is stated.
    pub fn milliseconds(value: f64) -> Quantity {
        Quantity { value, unit: Unit::Milliseconds }
    }

    /// Hundredths.
    pub fn percent(value: f64) -> Quantity {
        Quantity { value, unit: Unit::Percent }
    }

    /// Seconds.
    pub fn seconds(value: f64) -> Quantity {
        Quantity { value, unit: Unit::Seconds }
    }

    /// Something a second.
    pub fn per_second(value: f64) -> Quantity {
        Quantity { value, unit: Unit::PerSecond }
    }

    /// Bytes.
    pub fn bytes(value: f64) -> Quantity {
        Quantity { value, unit: Unit::Bytes }
    }

    /// A number of things.
    pub fn count(value: f64) -> Quantity {
        Quantity { value, unit: Unit::Count }
    }

    /// A ratio.
    pub fn times(value: f64) -> Quantity {
        Quantity { value, unit: Unit::Times }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        f.pad(&match self.unit {
            Unit::Nanoseconds if value >= 1e6 => format!("{:.1} ms", value / 1e6),
            Unit::Nanoseconds if value >= 1e4 => format!("{:.1} us", value / 1e3),
            Unit::Nanoseconds => format!("{value:.0} ns"),
            Unit::Milliseconds => format!("{value:.2} ms"),
            Unit::Percent => format!("{value:.2} %"),
            Unit::Seconds => format!("{value:.2} s"),
            Unit::PerSecond if value >= 1e6 => format!("{:.2} M/s", value / 1e6),
            Unit::PerSecond if value >= 1e4 => format!("{:.1} k/s", value / 1e3),
            Unit::PerSecond => format!("{value:.0} /s"),
            Unit::Bytes if value < 1024.0 * 1024.0 => format!("{value:.0} B"),
            Unit::Bytes => format!("{:.1} MiB", value / (1024.0 * 1024.0)),
            Unit::Times => format!("{value:.2}"),
            Unit::Count => format!("{value:.0}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(ratio: f64) -> Figure {
        let (ours, theirs) = (Quantity::nanoseconds(1.0), Quantity::nanoseconds(2.0));
        Figure::compared("case", ours, "peer", theirs, ratio).bar(Bar::AtMost(1.3)).stretch(Bar::AtMost(1.1))
    }

    #[test]
    fn a_ratio_is_judged_by_bar_and_stretch() {
        assert_eq!(figure(1.31).verdict, Verdict::Missed);
        assert_eq!(figure(1.3).verdict, Verdict::Met);
        assert_eq!(figure(1.1).verdict, Verdict::Stretch);
        let slower = Figure::compared("case", Quantity::per_second(1.8), "peer", Quantity::per_second(1.0), 1.8);
        assert_eq!(slower.bar(Bar::AtLeast(1.9)).verdict, Verdict::Missed);
    }

    #[test]
    fn a_figure_without_a_bar_is_reported() {
        assert_eq!(Figure::reported("case", Quantity::seconds(1.0)).verdict, Verdict::Reported);
    }
}
