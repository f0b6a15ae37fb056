use std::collections::BTreeSet;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use eskit::Timestamp;
use eskit::log::{StreamId, WireName};
use eskit::prelude::*;

use crate::{ApplicationEvent, OfferEvent, WorkEvent};

/// Names a loan application: the bank's number for it.
#[derive(TagValue, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CaseId(u32);

impl CaseId {
    /// The case with this number.
    pub const fn new(number: u32) -> CaseId {
        CaseId(number)
    }

    /// The stream that holds the events of this case.
    pub fn stream(self) -> StreamId {
        StreamId::of::<Loan>(self)
    }
}

impl FromStr for CaseId {
    type Err = ParseIntError;
    fn from_str(text: &str) -> Result<CaseId, ParseIntError> {
        text.parse().map(CaseId)
    }
}

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One loan application: folded from the events of its stream.
#[aggregate(stream = "loan", key = CaseId)]
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Loan {
    /// The loan that was asked for, in euros.
    pub amount_requested: u64,
    /// When the customer applied.
    pub submitted_at: Option<Timestamp>,
    /// When something last happened.
    pub last_at: Option<Timestamp>,
    /// How often the application took each of these steps.
    pub application: ApplicationSteps,
    /// How many offers took each of these steps.
    pub offers: OfferSteps,
    /// How many pieces of work were scheduled, started and completed.
    pub work: WorkSteps,
    /// The kinds of event that the case consists of.
    pub kinds: BTreeSet<WireName>,
}

/// Steps of an application that say how it fared.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ApplicationSteps {
    /// Submitted: once for each application.
    pub submitted: u32,
    /// Approved by the bank.
    pub approved: u32,
    /// Registered.
    pub registered: u32,
    /// Paid out.
    pub activated: u32,
    /// Refused by the bank.
    pub declined: u32,
    /// Withdrawn by the customer, or never answered.
    pub cancelled: u32,
}

/// Steps of offers that say how they fared.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct OfferSteps {
    /// Offers that were written.
    pub created: u32,
    /// Offers that the customer agreed to.
    pub accepted: u32,
}

/// Steps of the bank's work.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct WorkSteps {
    /// Scheduled.
    pub scheduled: u32,
    /// Started; a piece of work may be started several times.
    pub started: u32,
    /// Completed, or set aside for later.
    pub completed: u32,
}

impl Loan {
    /// The type of the streams that hold loans.
    pub const STREAM_TYPE: &str = "loan";

    fn note(&mut self, recorded: &RecordedEvent) {
        self.last_at = Some(recorded.recorded_at);
        if !self.kinds.contains(&recorded.name) {
            self.kinds.insert(recorded.name.clone());
        }
    }
}

#[decider]
impl Loan {
    #[evolve]
    fn application(&mut self, event: &ApplicationEvent, recorded: &RecordedEvent) {
        self.note(recorded);
        let steps = &mut self.application;
        match event {
            ApplicationEvent::Submitted(submitted) => {
                self.amount_requested = submitted.amount_requested;
                self.submitted_at = Some(recorded.recorded_at);
                steps.submitted += 1;
            }
            ApplicationEvent::Approved => steps.approved += 1,
            ApplicationEvent::Registered => steps.registered += 1,
            ApplicationEvent::Activated => steps.activated += 1,
            ApplicationEvent::Declined => steps.declined += 1,
            ApplicationEvent::Cancelled => steps.cancelled += 1,
            ApplicationEvent::PartlySubmitted
            | ApplicationEvent::Preaccepted
            | ApplicationEvent::Accepted
            | ApplicationEvent::Finalized => {}
        }
    }

    #[evolve]
    fn offer(&mut self, event: &OfferEvent, recorded: &RecordedEvent) {
        self.note(recorded);
        match event {
            OfferEvent::Created => self.offers.created += 1,
            OfferEvent::Accepted => self.offers.accepted += 1,
            OfferEvent::Selected
            | OfferEvent::Sent
            | OfferEvent::SentBack
            | OfferEvent::Cancelled
            | OfferEvent::Declined => {}
        }
    }

    #[evolve]
    fn work(&mut self, event: &WorkEvent, recorded: &RecordedEvent) {
        self.note(recorded);
        match event {
            WorkEvent::LeadFollowUpScheduled
            | WorkEvent::CompletionScheduled
            | WorkEvent::OfferCallScheduled
            | WorkEvent::ValidationScheduled
            | WorkEvent::IncompleteFileCallScheduled
            | WorkEvent::FraudAssessmentScheduled
            | WorkEvent::ContractChangeScheduled => self.work.scheduled += 1,
            WorkEvent::LeadFollowUpStarted
            | WorkEvent::CompletionStarted
            | WorkEvent::OfferCallStarted
            | WorkEvent::ValidationStarted
            | WorkEvent::IncompleteFileCallStarted
            | WorkEvent::FraudAssessmentStarted => self.work.started += 1,
            WorkEvent::LeadFollowUpCompleted
            | WorkEvent::CompletionCompleted
            | WorkEvent::OfferCallCompleted
            | WorkEvent::ValidationCompleted
            | WorkEvent::IncompleteFileCallCompleted
            | WorkEvent::FraudAssessmentCompleted => self.work.completed += 1,
        }
    }
}
