//! The families of examples that dcb.events publishes, beside those whose cases are data (`dcb_scenarios`): each is written with the
//! macros alone.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail their test")]

mod aggregate;
mod invoice;
mod price;
mod sign_up;
mod token;
