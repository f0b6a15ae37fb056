use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::task::{Context, Poll, Waker};

use eskit::log::{EventId, LogId, Place, Position, Tags};
use eskit::tenant::TenantId;
use eskit::{ConnectOptions, Timestamp};

/// What stands before the colon of a DSN, and a password behind it.
const PASSWORD: &str = "hunter2";

/// A DSN that names no store is refused, and the error never shows what may be a password. Looks at nothing if other packages of the same build
/// have switched on the databases, which would be opened.
pub(crate) fn dsn(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if open("sqlite:").is_none_or(|refusal| !refusal.contains("this build leaves it out")) {
        return;
    }
    let _ = open(text);
    if text.contains(':') && !text.contains(PASSWORD) {
        let refusal = open(&format!("{text}{PASSWORD}"));
        assert!(refusal.is_none_or(|refusal| !refusal.contains(PASSWORD)), "the password is shown: {text}");
    }
}

/// The same of a DSN of NATS, which is read without connecting. One that names servers keeps the login with each of them.
pub(crate) fn nats_dsn(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(servers) = eskit_nats::__read_dsn(text) {
        assert!(!servers.is_empty() && servers.iter().all(|server| server.contains("://")), "{servers:?}");
    }
    if text.contains("://") && !text.contains(PASSWORD) {
        for index in (0..=text.len()).filter(|index| text.is_char_boundary(*index)) {
            let (before, after) = text.split_at(index);
            if !before.contains("://") {
                continue;
            }
            let refusal = eskit_nats::__read_dsn(&format!("{before}{PASSWORD}{after}")).err();
            assert!(
                refusal.is_none_or(|refusal| !refusal.to_string().contains(PASSWORD)),
                "the password is shown: {text}"
            );
        }
    }
}

fn open(dsn: &str) -> Option<String> {
    let options = ConnectOptions::new();
    let opening = std::pin::pin!(options.connect(dsn));
    match opening.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(opened) => opened.err().map(|error| error.to_string()),
        Poll::Pending => panic!("a store without a database waits for something: {dsn}"),
    }
}

/// What is read from a text is written as one that is read as the same.
pub(crate) fn text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    reads_back::<Timestamp>(text);
    reads_back::<Position>(text);
    reads_back::<Place>(text);
    reads_back::<EventId>(text);
    reads_back::<LogId>(text);
    reads_back::<TenantId>(text);
    let tags = Tags::from_packed(text);
    assert_eq!(Tags::from_packed(tags.as_packed()), tags);
}

fn reads_back<T: FromStr + Display + PartialEq + Debug>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert_eq!(read.to_string().parse::<T>().ok(), Some(read), "{text}");
    }
}
