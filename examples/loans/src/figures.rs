use std::collections::BTreeSet;
use std::error::Error;
use std::fmt;

use eskit::log::{Pages, Position, Query, QueryItem, ReadOptions, WireName};
use eskit::model::SingleEvent;
use eskit::prelude::*;
use eskit::{LoadError, StoreError};

use crate::{ApplicationSubmitted, CaseId, Loan};

/// What all cases come to.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Figures {
    /// Events of all cases.
    pub events: u64,
    /// Cases.
    pub cases: u64,
    /// Kinds of event: pairs of activity and life cycle.
    pub kinds: u64,
    /// Applications that were submitted.
    pub submitted: u64,
    /// Approvals.
    pub approved: u64,
    /// Refusals by the bank.
    pub declined: u64,
    /// Withdrawals by the customer.
    pub cancelled: u64,
    /// Loans that were paid out.
    pub activated: u64,
    /// Loans on record.
    pub registered: u64,
    /// Offers that were written.
    pub offers_created: u64,
    /// Offers that the customer agreed to.
    pub offers_accepted: u64,
}

impl Figures {
    /// The figures that were published for the log of the BPI Challenge 2012.
    pub const PUBLISHED: Figures = Figures {
        events: 262_200,
        cases: 13_087,
        kinds: 36,
        submitted: 13_087,
        approved: 2_246,
        declined: 7_635,
        cancelled: 2_807,
        activated: 2_246,
        registered: 2_246,
        offers_created: 7_030,
        offers_accepted: 2_243,
    };

    /// Each figure with its name, as the bank's log calls it.
    pub fn rows(&self) -> [(&'static str, u64); 11] {
        [
            ("events", self.events),
            ("cases", self.cases),
            ("kinds of event", self.kinds),
            ("A_SUBMITTED", self.submitted),
            ("A_APPROVED", self.approved),
            ("A_DECLINED", self.declined),
            ("A_CANCELLED", self.cancelled),
            ("A_ACTIVATED", self.activated),
            ("A_REGISTERED", self.registered),
            ("O_CREATED", self.offers_created),
            ("O_ACCEPTED", self.offers_accepted),
        ]
    }

    /// Each figure beside the expected one.
    pub fn compare(&self, expected: &Figures) -> Vec<Comparison> {
        let rows = self.rows().into_iter().zip(expected.rows());
        rows.map(|((name, found), (_, expected))| Comparison { name, found, expected }).collect()
    }

    fn add(&mut self, loan: &Loaded<Loan>) {
        self.events += loan.version;
        self.cases += 1;
        self.submitted += u64::from(loan.application.submitted);
        self.approved += u64::from(loan.application.approved);
        self.declined += u64::from(loan.application.declined);
        self.cancelled += u64::from(loan.application.cancelled);
        self.activated += u64::from(loan.application.activated);
        self.registered += u64::from(loan.application.registered);
        self.offers_created += u64::from(loan.offers.created);
        self.offers_accepted += u64::from(loan.offers.accepted);
    }
}

/// A figure beside the expected one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Comparison {
    /// What is counted.
    pub name: &'static str,
    /// What was found.
    pub found: u64,
    /// What was expected.
    pub expected: u64,
}

impl Comparison {
    /// Whether it was found as expected.
    pub fn is_equal(&self) -> bool {
        self.found == self.expected
    }
}

/// Rebuilds every case from its stream, one after another, and sums them up. Calls `progress` after each.
///
/// # Errors
/// See [`ReplayError`].
pub async fn replay<S: EventStore>(app: &App<S>, mut progress: impl FnMut(&Figures)) -> Result<Figures, ReplayError> {
    let submitted = QueryItem::stream_type(WireName::from_static(Loan::STREAM_TYPE))
        .with_types([WireName::from_static(ApplicationSubmitted::NAME)]);
    let mut pages = Pages::new(app.store(), Query::from(submitted), ReadOptions::default());
    let (mut figures, mut kinds) = (Figures::default(), BTreeSet::new());
    while let Some(events) = pages.next().await? {
        for event in &events {
            let loan = app.load::<Loan>(case(event)?).await?;
            figures.add(&loan);
            kinds.extend(loan.state.kinds);
            progress(&figures);
        }
    }
    figures.kinds = kinds.len() as u64;
    Ok(figures)
}

/// The case to whose stream an event belongs.
fn case(event: &RecordedEvent) -> Result<CaseId, ReplayError> {
    let stream = event.stream.as_ref().map(|at| at.stream.id());
    let case = stream.and_then(|id| id.parse().ok());
    case.ok_or(ReplayError::Foreign { position: event.position })
}

/// Why the cases cannot be rebuilt.
#[derive(Debug)]
pub enum ReplayError {
    /// An event in a loan stream whose id is no case.
    Foreign {
        /// Where the event stands.
        position: Position,
    },
    /// A case cannot be read.
    Load(LoadError),
    /// The cases cannot be listed.
    Store(StoreError),
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::Foreign { position } => {
                write!(f, "the event at position {position} lies in a loan stream that is not named after a case")
            }
            ReplayError::Load(error) => error.fmt(f),
            ReplayError::Store(error) => error.fmt(f),
        }
    }
}

impl Error for ReplayError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ReplayError::Foreign { .. } => None,
            ReplayError::Load(error) => error.source(),
            ReplayError::Store(error) => error.source(),
        }
    }
}

impl From<LoadError> for ReplayError {
    fn from(error: LoadError) -> ReplayError {
        ReplayError::Load(error)
    }
}

impl From<StoreError> for ReplayError {
    fn from(error: StoreError) -> ReplayError {
        ReplayError::Store(error)
    }
}
