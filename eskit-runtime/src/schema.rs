//! The schema lock: the shape that each event and each stored command has on the wire and the events that each projection takes, compared with what
//! `eskit.lock` records.
//!
//! The tree that a type's `Shape` impl builds is in the layer `shape`; `node` reads the text of a record,
//! `compare` holds the rules between the two, `check` and `claim` turn a broken rule into a compile error,
//! `projection` has the rule of projections, `update`, with `record` and `render`, is the one command that writes the file,
//! and `recorded`, with `payload`, compares stored events with it.

#[allow(clippy::panic, reason = "a panic in const code is how a check of this module becomes a compile error")]
mod check;
#[allow(clippy::panic, reason = "a panic in const code is how a check of this module becomes a compile error")]
mod claim;
mod compare;
mod current;
mod node;
mod payload;
#[allow(clippy::panic, reason = "a panic in const code is how a check of this module becomes a compile error")]
mod projection;
mod record;
mod recorded;
mod render;
mod report;
mod update;

pub use crate::shape::{Shape, ShapeDef};
pub use recorded::{RecordedShapes, RecordedShapesError, ShapeFit};

/// What generated code calls.
#[doc(hidden)]
pub mod generated {
    pub use super::check::{
        NoLock, Recorded, check, check_alias, check_dropped_tag, check_root, check_tag, check_unrecorded, known,
    };
    pub use super::claim::{
        Claim, ClaimOn, ClaimedByOneType, Claims, Mistaken, Unclaimed, check_claims, newest_type, own_events,
    };
    pub use super::current::{Current, Lock, Unlocked};
    pub use super::projection::{CurrentProjection, RecordedProjection, check_projection};
    pub use super::update::{LockEntry, LockError, eskit_lock};
    pub use crate::personal::generated::{
        check_command, check_forgotten, check_inside, check_plain, check_subject, check_value, forgettable,
    };
    pub use crate::shape::def::{
        MISTAKEN, Member, NoShape, Recursive, Shape, ShapeDef, ShapeOf, UNKNOWN, logic, members, state_shape,
    };
    pub use crate::shape::mark::PersonalDef;
}
