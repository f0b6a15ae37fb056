//! The schema lock as its users meet it: packages in a temporary folder, built by cargo over and over, with an
//! `eskit.lock` that is missing, created, edited, stale or gone.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod changes;
mod commands;
mod dependencies;
mod events;
mod file;
mod json_features;
mod package;
mod personal;
mod projections;
mod said;
mod tags;
