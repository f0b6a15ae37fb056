//! Stores that expect the wrong thing when they publish: the suite finds each of them. A proxy makes them from the real one.

use eskit_conformance::Suite;
use eskit_nats::NatsOptions;
use eskit_nats::testing::{self, Cluster, Frame, Proxy};

use crate::LOG;

const EXPECTED: &str = "Nats-Expected-Last-Sequence: ";

/// What a wrong store says in place of the last sequence of the stream.
type Wrong = fn(&Frame, &str) -> String;

/// Changes what a client expects when it publishes.
fn changed(mut frame: Frame, wrong: Wrong) -> Frame {
    let is_publish = frame.is_from_client && frame.line.starts_with("HPUB eskit.");
    let mut words: Vec<String> = frame.line.split(' ').map(str::to_owned).collect();
    let Some(head) = words.get(3).filter(|_| is_publish).and_then(|length| length.parse::<usize>().ok()) else {
        return frame;
    };
    let headers = String::from_utf8(frame.body[..head].to_vec()).unwrap();
    let headers: Vec<String> = headers
        .split("\r\n")
        .map(|line| line.strip_prefix(EXPECTED).map_or_else(|| line.to_owned(), |last| wrong(&frame, last)))
        .collect();
    let mut body = headers.join("\r\n").into_bytes();
    words[3] = body.len().to_string();
    body.extend_from_slice(&frame.body[head..]);
    words[4] = body.len().to_string();
    frame.line = words.join(" ");
    frame.body = body;
    frame
}

/// The cases that a store fails.
fn failed(name: &str, dsn: &str, address: &str, cases: &str, wrong: Wrong) -> Vec<&'static str> {
    let proxy = Proxy::start(address, move |frame| Some(changed(frame, wrong))).unwrap();
    let dsn = format!("nats://{}/{LOG}?{}", proxy.address(), dsn.split_once('?').unwrap().1);
    let options = || NatsOptions::default().retry_for(std::time::Duration::from_secs(2));
    let suite = Suite::durable(move |log| {
        let dsn = dsn.replace(LOG, log.name());
        async move { options().connect(&dsn).await }
    });
    let report = suite.named(name).only(cases).rounds(8).quiet().run();
    report.failures().map(|(case, _)| case).collect()
}

/// Two filters that overlap and are written differently: of messages on their way, servers compare the texts.
fn overlapping(frame: &Frame, last: &str) -> String {
    let filter = if frame.connection.is_multiple_of(2) { "eskit.*" } else { "eskit.>" };
    format!("Nats-Expected-Last-Subject-Sequence: {last}\r\nNats-Expected-Last-Subject-Sequence-Subject: {filter}")
}

#[test]
fn a_store_that_expects_nothing_is_found() {
    let Some(server) = testing::server().unwrap() else { return };
    let failed =
        failed("without", &server.dsn(LOG), &server.address(), "handles::", |_, _| "Of-No-Meaning: 1".to_owned());
    assert!(!failed.is_empty());
}

#[test]
fn a_store_that_only_removes_duplicates_is_found() {
    let Some(server) = testing::server().unwrap() else { return };
    let wrong: Wrong = |frame, _| format!("Nats-Msg-Id: {:?}", &frame.body[frame.body.len().saturating_sub(64)..]);
    let failed = failed("deduplicating", &server.dsn(LOG), &server.address(), "handles::", wrong);
    assert!(!failed.is_empty());
}

#[test]
fn a_store_that_expects_of_overlapping_filters_is_found() {
    let Some(cluster) = Cluster::start().unwrap() else { return };
    let address = cluster.address();
    let failed = failed("filters", &cluster.dsn(LOG), address.split(',').next().unwrap(), "handles::", overlapping);
    assert!(!failed.is_empty());
}

/// With the right expectation, the same way through the proxy passes.
#[test]
fn the_sound_store_passes_behind_the_proxy() {
    let Some(server) = testing::server().unwrap() else { return };
    let failed = failed("sound", &server.dsn(LOG), &server.address(), "handles::one_wins", |_, last| {
        format!("{EXPECTED}{last}")
    });
    assert_eq!(failed, Vec::<&str>::new());
}
