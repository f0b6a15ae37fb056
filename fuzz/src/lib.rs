//! What reads bytes and texts from elsewhere: from the disk, from a file of records, from a URL. Each target takes any bytes, and panics if
//! something is wrong with what was read.
//!
//! `cargo xtask fuzz` looks for such bytes; `cargo test` feeds each target with those that stand in `corpus/`.
#![allow(clippy::panic, reason = "a panic is how a target tells of a fault")]

mod targets;

/// A named target.
#[derive(Debug)]
pub struct Target {
    /// Its name, which is that of its folder in `corpus/`.
    pub name: &'static str,
    /// Takes any bytes, and panics if something is wrong.
    pub run: fn(&[u8]),
}

/// All targets, by name.
pub const TARGETS: &[Target] = &[
    Target { name: "cbor", run: targets::payload::cbor },
    Target { name: "dsn", run: targets::text::dsn },
    Target { name: "envelope", run: targets::envelope::envelope },
    Target { name: "json", run: targets::payload::json },
    Target { name: "lock", run: targets::lock::lock },
    Target { name: "nats-dsn", run: targets::text::nats_dsn },
    Target { name: "protobuf", run: targets::payload::protobuf },
    Target { name: "record", run: targets::record::binary },
    Target { name: "record-line", run: targets::record::line },
    Target { name: "seal", run: targets::sealed::seal },
    Target { name: "sealed", run: targets::sealed::sealed },
    Target { name: "text", run: targets::text::text },
];
