//! The `eskit` command: look into an event log, follow it, and repair what is stuck.
//!
//! The crate has a program, `eskit`, which works on every log. This library builds *your* `eskit`, which also knows your types: their
//! names, and the states that are folded from the events. In a binary of your own package:
//!
//! ```
//! # mod shop {
//! #     use eskit::prelude::*;
//! #     #[derive(Event, Serialize, Deserialize)] pub struct OrderPlaced { pub total: u32 }
//! #     #[aggregate(stream = "order")] #[derive(Default, Serialize)] pub struct Order { total: u32 }
//! #     #[decider] impl Order { #[evolve] fn placed(&mut self, e: &OrderPlaced) { self.total = e.total } }
//! # }
//! use std::process::ExitCode;
//!
//! use eskit_cli::Cli;
//! use shop::Order;
//!
//! fn main() -> ExitCode {
//!     # if true { return ExitCode::SUCCESS }
//!     Cli::new().aggregate::<Order>().main()
//! }
//! ```
//!
//! All verbs, with examples and the JSON that they print, are in `docs/operating.md` of the repository; `eskit help` lists them.

#![forbid(unsafe_code)]

mod asking;
mod cli;
mod command;
mod confirm;
mod context;
mod failure;
mod folds;
mod global;
mod json_text;
mod nearest;
mod output;
mod progress;
mod record;
mod remedy;
mod target;
mod value;
mod views;
mod wire;

pub use cli::Cli;

/// The code of this page is compiled with the documentation's.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../docs/operating.md")]
    struct Operating;
}
