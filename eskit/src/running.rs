//! An app whose subscriptions follow the log: started, waited for, steered and stopped.

mod app;
mod ending;
#[cfg(feature = "metrics")]
mod measure;
mod parked;
mod renamed;
#[cfg(feature = "testing")]
mod settle;
mod start;
mod step_list;
mod stop;
mod unknown;
mod wait;
mod work_list;

pub use app::Running;
pub use parked::Parked;
#[cfg(feature = "testing")]
pub use settle::NotSettled;
pub use start::StartError;
pub use step_list::StepList;
pub use stop::{NotStopped, Stop};
pub use unknown::UnknownSubscription;
pub use wait::{CaughtUp, NotCaughtUp, Reached};
pub use work_list::WorkList;
