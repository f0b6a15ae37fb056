//! Personal data in events: which values of a payload are personal, and about whom.
//!
//! `#[personal(subject = "student")]` on a field makes its value personal data of the subject whose id is in the field `student`. Such a
//! value is sealed before it enters the log, and can be made unreadable for good by forgetting the subject.
//!
//! | to | see |
//! |---|---|
//! | read a value that may be forgotten | [`Personal`] |
//! | ask what an event holds | [`personal_values`] |
//! | say what a read model keeps of it | [`KeptPersonal`] |

#[allow(clippy::panic, reason = "a panic in const code is how a check of this module becomes a compile error")]
mod check;
pub(crate) mod find;
mod kept;
mod report;
mod value;

pub use kept::KeptPersonal;
pub use report::{PersonalField, personal_values};
pub use value::{Forgettable, Personal};

/// What generated code calls.
#[doc(hidden)]
pub mod generated {
    pub use super::check::{
        check_command, check_forgotten, check_inside, check_plain, check_subject, check_value, forgettable,
    };
}
