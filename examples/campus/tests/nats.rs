//! The program on NATS, on one server and on three.
#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::process::Command;

use eskit_nats::testing::{self, Cluster};

/// Two terms, of which the second goes on in the log of the first.
fn tell_twice(dsn: &str) {
    for term in [1, 2] {
        let output = Command::new(env!("CARGO_BIN_EXE_campus")).arg(dsn).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let story = String::from_utf8(output.stdout).unwrap();
        assert!(story.contains(&format!("     maths-{term}    3 of 3 seats taken\n")), "{story}");
        assert!(!story.contains("127.0.0.1"), "an address may hold a password: {story}");
    }
}

#[test]
fn the_campus_goes_on_in_a_stream() {
    let Some(server) = testing::server().unwrap() else { return };
    tell_twice(&server.dsn("campus"));
}

#[test]
fn the_campus_goes_on_on_three_servers() {
    let Some(cluster) = Cluster::start().unwrap() else { return };
    tell_twice(&cluster.dsn("campus"));
}
