//! The suite that views must pass: the rules of [`Views`](eskit_runtime::subscription::Views) and
//! [`Apply`](eskit_runtime::subscription::Apply), and the driver [`follow`](eskit_runtime::subscription::follow) on top of them.

mod cases;
mod context;
mod follower;
mod list_keeper;
mod model_log;
mod probe;
mod process;
mod scene;
mod suite;
mod tallies;
mod target;
mod todos;
mod work_list;

pub use probe::{Kind, Parks, Probe, Revised, Skips, Stops};
pub use suite::ViewsSuite;
pub use tallies::{ByStream, ByTag, ByTags, KeepChanges, KeepRows, OfAll, RevisedByTag, Tally, TallyKind};
pub use target::{Rows, TestError, TestViews, WriteRows, WriteRowsAsync};
pub use todos::{KeepWork, Todos};
