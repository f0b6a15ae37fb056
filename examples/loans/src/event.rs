use eskit::prelude::*;

/// Everything that happens to a loan application: one event type for each of the 36 pairs of activity and life cycle in
/// the bank's log. Who did it stands in the metadata, as the initiator.
#[derive(Event, Clone, PartialEq, Debug)]
pub enum LoanEvent {
    /// A step of the application itself.
    Application(ApplicationEvent),
    /// A step of an offer to the applicant.
    Offer(OfferEvent),
    /// A step of the bank's own work.
    Work(WorkEvent),
}

/// A customer applied for a loan: the first event of each case.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(name = "application.Submitted")]
pub struct ApplicationSubmitted {
    /// The loan that was asked for, in euros.
    pub amount_requested: u64,
}

/// The state of the application: the activities `A_..`.
#[derive(Event, Clone, PartialEq, Debug)]
#[event(context = "application")]
pub enum ApplicationEvent {
    /// A customer applied.
    Submitted(ApplicationSubmitted),
    /// The first part is complete.
    PartlySubmitted,
    /// It passed the first check; more is to be found out.
    Preaccepted,
    /// It passed the second check.
    Accepted,
    /// It is complete.
    Finalized,
    /// The bank grants the loan.
    Approved,
    /// The loan is on record.
    Registered,
    /// The loan is paid out.
    Activated,
    /// The bank refuses the loan.
    Declined,
    /// The customer withdrew, or never answered.
    Cancelled,
}

/// The state of an offer to the customer: the activities `O_..`.
#[derive(Event, Clone, PartialEq, Debug)]
#[event(context = "offer")]
pub enum OfferEvent {
    /// The application is to get an offer.
    Selected,
    /// The offer is written.
    Created,
    /// It is on its way to the customer.
    Sent,
    /// The customer answered.
    SentBack,
    /// The customer agreed.
    Accepted,
    /// It no longer stands, such as for a newer one.
    Cancelled,
    /// The bank refused after all.
    Declined,
}

/// The bank's work on an application: the activities `W_..`, each scheduled, started and completed.
#[derive(Event, Clone, PartialEq, Debug)]
#[event(context = "work")]
pub enum WorkEvent {
    /// `W_Afhandelen leads`: following up a lead.
    LeadFollowUpScheduled,
    /// `W_Afhandelen leads`.
    LeadFollowUpStarted,
    /// `W_Afhandelen leads`.
    LeadFollowUpCompleted,
    /// `W_Completeren aanvraag`: completing the application.
    CompletionScheduled,
    /// `W_Completeren aanvraag`.
    CompletionStarted,
    /// `W_Completeren aanvraag`.
    CompletionCompleted,
    /// `W_Nabellen offertes`: calling the customer about an offer.
    OfferCallScheduled,
    /// `W_Nabellen offertes`.
    OfferCallStarted,
    /// `W_Nabellen offertes`.
    OfferCallCompleted,
    /// `W_Valideren aanvraag`: validating the application.
    ValidationScheduled,
    /// `W_Valideren aanvraag`.
    ValidationStarted,
    /// `W_Valideren aanvraag`.
    ValidationCompleted,
    /// `W_Nabellen incomplete dossiers`: calling the customer about missing papers.
    IncompleteFileCallScheduled,
    /// `W_Nabellen incomplete dossiers`.
    IncompleteFileCallStarted,
    /// `W_Nabellen incomplete dossiers`.
    IncompleteFileCallCompleted,
    /// `W_Beoordelen fraude`: assessing a suspicion of fraud.
    FraudAssessmentScheduled,
    /// `W_Beoordelen fraude`.
    FraudAssessmentStarted,
    /// `W_Beoordelen fraude`.
    FraudAssessmentCompleted,
    /// `W_Wijzigen contractgegevens`: changing a contract; never started in these months.
    ContractChangeScheduled,
}
