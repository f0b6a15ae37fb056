//! The loan applications of a Dutch bank, six months of them, as events: the log of the BPI Challenge 2012
//! (van Dongen, 4TU.ResearchData, doi 10.4121/uuid:3926db30-f712-4394-aebc-75976070e91f).
//!
//! The way of one line of the file:
//!
//! | step | where |
//! |---|---|
//! | a compressed file, read line by line | [`LogFile`] |
//! | a line becomes one of 36 event types, with its original time | [`Entry`] |
//! | many lines become one append, each event in the stream `loan:<case>` | [`import`] |
//! | a case is folded from its stream | [`Loan`] |
//! | all cases are summed, and compared with the published figures | [`Figures`] |
//! | tables follow the log, from which a report by week is read | [`Funnel`], [`FunnelReport`] |
//!
//! The log is the only checkpoint. Each append holds the next lines of the file and is atomic, so whenever the program is
//! killed, the log holds the lines up to some number, each once. [`eskit::Import`] finds that number by the ids of the events,
//! which follow from the numbers of the lines.

mod entry;
mod event;
mod figures;
mod file;
mod funnel;
mod import;
mod loan;

pub use entry::{Entry, EntryError};
pub use event::{ApplicationEvent, ApplicationSubmitted, LoanEvent, OfferEvent, WorkEvent};
pub use figures::{Comparison, Figures, ReplayError, replay};
pub use file::{FileError, Line, LogFile};
#[cfg(feature = "postgres")]
pub use funnel::PostgresFunnel;
pub use funnel::{Funnel, FunnelReport, FunnelViews, Week};
pub use import::{ImportError, import};
pub use loan::{CaseId, Loan};
