//! Tenants: several that never see each other.
//!
//! | | what it is | what keeps them apart |
//! |---|---|---|
//! | a log for each | [`Tenants`] opens a store for each tenant when it is asked for | another file, schema or database |
//! | one log for many | [`Tenanted`] is one tenant's part of a store that all share | every query, condition, id and stream is confined |
//!
//! In both, the tenant is a value that a program passes on, never something that is looked up where it is needed: without one there is no
//! store.

mod id;
mod store;
mod tenants;
mod view;

pub use id::{TenantId, TenantIdError};
pub use store::Tenanted;
pub use tenants::{DeleteTenantError, Tenants};
#[cfg(feature = "personal")]
pub(crate) use view::id_within;
