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
