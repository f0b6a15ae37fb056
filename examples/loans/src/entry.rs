use std::borrow::Cow;
use std::fmt;

use eskit::Timestamp;
use serde::Deserialize;

use crate::{ApplicationEvent, ApplicationSubmitted, CaseId, LoanEvent, OfferEvent, WorkEvent};

/// What one line of the file says.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// The application.
    pub case: CaseId,
    /// What happened to it.
    pub event: LoanEvent,
    /// Who did it, where the bank recorded that.
    pub resource: Option<String>,
    /// When it happened.
    pub at: Timestamp,
}

/// A line as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    #[serde(borrow)]
    case: Cow<'a, str>,
    #[serde(borrow)]
    activity: Cow<'a, str>,
    #[serde(borrow)]
    lifecycle: Cow<'a, str>,
    resource: Option<String>,
    at: jiff::Timestamp,
    amount_requested: Option<u64>,
}

impl Entry {
    /// Reads one line of the file.
    ///
    /// # Errors
    /// See [`EntryError`].
    pub fn parse(line: &[u8]) -> Result<Entry, EntryError> {
        let row: Row<'_> = serde_json::from_slice(line).map_err(EntryError::Json)?;
        let case = row.case.parse().map_err(|_| EntryError::Case { text: row.case.clone().into_owned() })?;
        let event = event(&row.activity, &row.lifecycle, row.amount_requested)?;
        let at = Timestamp::from(row.at);
        Ok(Entry { case, event, resource: row.resource, at })
    }
}

fn event(activity: &str, lifecycle: &str, amount_requested: Option<u64>) -> Result<LoanEvent, EntryError> {
    if (activity, lifecycle) == ("A_SUBMITTED", "COMPLETE") {
        let amount_requested = amount_requested.ok_or(EntryError::AmountMissing)?;
        return Ok(LoanEvent::Application(ApplicationEvent::Submitted(ApplicationSubmitted { amount_requested })));
    }
    if amount_requested.is_some() {
        return Err(EntryError::AmountUnexpected { activity: activity.to_owned() });
    }
    let application = || application(activity, lifecycle).map(LoanEvent::Application);
    let offer = || offer(activity, lifecycle).map(LoanEvent::Offer);
    let work = || work(activity, lifecycle).map(LoanEvent::Work);
    application().or_else(offer).or_else(work).ok_or_else(|| {
        let (activity, lifecycle) = (activity.to_owned(), lifecycle.to_owned());
        EntryError::Activity { activity, lifecycle }
    })
}

fn application(activity: &str, lifecycle: &str) -> Option<ApplicationEvent> {
    Some(match (activity, lifecycle) {
        ("A_PARTLYSUBMITTED", "COMPLETE") => ApplicationEvent::PartlySubmitted,
        ("A_PREACCEPTED", "COMPLETE") => ApplicationEvent::Preaccepted,
        ("A_ACCEPTED", "COMPLETE") => ApplicationEvent::Accepted,
        ("A_FINALIZED", "COMPLETE") => ApplicationEvent::Finalized,
        ("A_APPROVED", "COMPLETE") => ApplicationEvent::Approved,
        ("A_REGISTERED", "COMPLETE") => ApplicationEvent::Registered,
        ("A_ACTIVATED", "COMPLETE") => ApplicationEvent::Activated,
        ("A_DECLINED", "COMPLETE") => ApplicationEvent::Declined,
        ("A_CANCELLED", "COMPLETE") => ApplicationEvent::Cancelled,
        _ => return None,
    })
}

fn offer(activity: &str, lifecycle: &str) -> Option<OfferEvent> {
    Some(match (activity, lifecycle) {
        ("O_SELECTED", "COMPLETE") => OfferEvent::Selected,
        ("O_CREATED", "COMPLETE") => OfferEvent::Created,
        ("O_SENT", "COMPLETE") => OfferEvent::Sent,
        ("O_SENT_BACK", "COMPLETE") => OfferEvent::SentBack,
        ("O_ACCEPTED", "COMPLETE") => OfferEvent::Accepted,
        ("O_CANCELLED", "COMPLETE") => OfferEvent::Cancelled,
        ("O_DECLINED", "COMPLETE") => OfferEvent::Declined,
        _ => return None,
    })
}

fn work(activity: &str, lifecycle: &str) -> Option<WorkEvent> {
    Some(match (activity, lifecycle) {
        ("W_Afhandelen leads", "SCHEDULE") => WorkEvent::LeadFollowUpScheduled,
        ("W_Afhandelen leads", "START") => WorkEvent::LeadFollowUpStarted,
        ("W_Afhandelen leads", "COMPLETE") => WorkEvent::LeadFollowUpCompleted,
        ("W_Completeren aanvraag", "SCHEDULE") => WorkEvent::CompletionScheduled,
        ("W_Completeren aanvraag", "START") => WorkEvent::CompletionStarted,
        ("W_Completeren aanvraag", "COMPLETE") => WorkEvent::CompletionCompleted,
        ("W_Nabellen offertes", "SCHEDULE") => WorkEvent::OfferCallScheduled,
        ("W_Nabellen offertes", "START") => WorkEvent::OfferCallStarted,
        ("W_Nabellen offertes", "COMPLETE") => WorkEvent::OfferCallCompleted,
        ("W_Valideren aanvraag", "SCHEDULE") => WorkEvent::ValidationScheduled,
        ("W_Valideren aanvraag", "START") => WorkEvent::ValidationStarted,
        ("W_Valideren aanvraag", "COMPLETE") => WorkEvent::ValidationCompleted,
        ("W_Nabellen incomplete dossiers", "SCHEDULE") => WorkEvent::IncompleteFileCallScheduled,
        ("W_Nabellen incomplete dossiers", "START") => WorkEvent::IncompleteFileCallStarted,
        ("W_Nabellen incomplete dossiers", "COMPLETE") => WorkEvent::IncompleteFileCallCompleted,
        ("W_Beoordelen fraude", "SCHEDULE") => WorkEvent::FraudAssessmentScheduled,
        ("W_Beoordelen fraude", "START") => WorkEvent::FraudAssessmentStarted,
        ("W_Beoordelen fraude", "COMPLETE") => WorkEvent::FraudAssessmentCompleted,
        ("W_Wijzigen contractgegevens", "SCHEDULE") => WorkEvent::ContractChangeScheduled,
        _ => return None,
    })
}

/// Why a line is not one of the bank's log.
#[derive(Debug)]
pub enum EntryError {
    /// It is not JSON with the fields of this log.
    Json(serde_json::Error),
    /// The case is not a number.
    Case {
        /// What stands there.
        text: String,
    },
    /// The bank's log has no such activity.
    Activity {
        /// The activity.
        activity: String,
        /// Its life cycle.
        lifecycle: String,
    },
    /// An application without the amount that it asks for.
    AmountMissing,
    /// An amount on another line than the first of its case.
    AmountUnexpected {
        /// The activity that carries it.
        activity: String,
    },
}

impl fmt::Display for EntryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryError::Json(error) => write!(f, "not an entry of the loan log: {error}"),
            EntryError::Case { text } => write!(f, "the case {text:?} is not a number"),
            EntryError::Activity { activity, lifecycle } => {
                write!(f, "the loan log has no activity {activity:?} with the life cycle {lifecycle:?}")
            }
            EntryError::AmountMissing => f.write_str("an A_SUBMITTED without `amount_requested`"),
            EntryError::AmountUnexpected { activity } => write!(f, "an {activity} with `amount_requested`"),
        }
    }
}

impl std::error::Error for EntryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            EntryError::Json(error) => Some(error),
            _ => None,
        }
    }
}
