use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use eskit::layer::Traced;
use eskit::log::{
    Append, AppendError, Appended, Condition, ExpectedVersion, LogId, NewEvent, Page, Place, Position, Query,
    ReadOptions, StoreErrorKind, StreamChange, StreamId,
};
use eskit::prelude::*;
use eskit::{RetryPolicy, StoreError};
use eskit_tests::campus::{define, enrol, enrolled, leave};
use eskit_tests::scripted::{Scripted, Step, rival};
use tracing_subscriber::fmt::format::FmtSpan;

use super::one;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// Collects the spans that close on this thread while the guard lives.
    fn collect(&self) -> tracing::subscriber::DefaultGuard {
        let lines = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_span_events(FmtSpan::CLOSE)
            .with_ansi(false)
            .without_time()
            .with_writer(move || lines.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    /// The closed spans, without how long they took, and without the fields that are for OpenTelemetry only.
    fn take(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(|line| plain(line.split(": eskit: close").next().unwrap_or_default().trim())).collect()
    }
}

fn plain(line: &str) -> String {
    let mut line = line.to_owned();
    for field in ["otel.kind=", "otel.name=execute ", "otel.status_code=", "db.operation.name=", "error.type="] {
        while let Some(from) = line.find(field) {
            let end = line[from + field.len()..].find([' ', '}']).unwrap() + from + field.len();
            let (before, after) = (line[..from].trim_end(), &line[end..]);
            let after = if before.ends_with('{') { after.trim_start() } else { after };
            line = format!("{before}{after}");
        }
    }
    line
}

#[tokio::test]
async fn each_call_is_a_span_with_its_outcome() {
    let (lines, inner) = (Lines::default(), Scripted::new());
    let _guard = lines.collect();
    inner.script([Step::LoseAnswer, Step::Fail(StoreErrorKind::Full)]);
    let store = Traced::new(inner);
    let append = one();
    assert!(store.append(append.clone()).await.is_err());
    assert!(store.append(one()).await.is_err());
    store.append(append).await.unwrap();
    store.append(one()).await.unwrap();
    let condition = Condition::NoEvents { query: Query::all(), after: Position::START };
    assert!(store.append(one().with(condition)).await.is_err());
    store.head().await.unwrap();
    store.watch(Position::new(1).into()).await.unwrap();
    let expected = [
        "DEBUG store.append{events=1 conditions=0 outcome=\"unknown\" error=unavailable}",
        "DEBUG store.append{events=1 conditions=0 outcome=\"failed\" error=full}",
        "DEBUG store.append{events=1 conditions=0 outcome=\"repeated\" position=1}",
        "DEBUG store.append{events=1 conditions=0 outcome=\"appended\" position=2}",
        "DEBUG store.append{events=1 conditions=1 outcome=\"conflict\" error=an event after position 0 matches: `eskit-tests.StudentEnrolled` at position 1}",
        "DEBUG store.head{position=2}",
        "DEBUG store.watch{after=1 position=2}",
    ];
    assert_eq!(lines.take(), expected);
}

#[tokio::test]
async fn a_command_is_a_span_around_its_calls() {
    let lines = Lines::default();
    let _guard = lines.collect();
    App::new(Traced::new(MemoryStore::new())).execute(define("maths", 3)).await.unwrap();
    let expected = [
        "DEBUG execute{command=\"DefineCourse\"}:load{instances=1}:store.read{items=1 after=0 limit=1000 events=0}",
        "DEBUG execute{command=\"DefineCourse\"}:load{instances=1 events=0 cached=0}",
        "DEBUG execute{command=\"DefineCourse\"}:decide{attempt=1 events=1}",
        "DEBUG execute{command=\"DefineCourse\"}:append{events=1 conditions=1}:store.append{events=1 conditions=1 outcome=\"appended\" position=1}",
        "DEBUG execute{command=\"DefineCourse\"}:append{events=1 conditions=1 outcome=\"appended\" position=1}",
        "DEBUG execute{command=\"DefineCourse\" outcome=\"appended\" attempts=1}",
    ];
    assert_eq!(lines.take(), expected);
}

#[tokio::test]
async fn the_span_of_a_command_has_its_outcome() {
    let (lines, never) = (Lines::default(), RetryPolicy::never());
    let _guard = lines.collect();
    let app = App::new(Scripted::new());
    app.execute(define("maths", 9)).idempotency_key("k").await.unwrap();
    app.execute(define("maths", 9)).idempotency_key("k").await.unwrap();
    app.execute(leave("maths", "ada")).await.unwrap();
    app.execute(define("maths", 9)).await.unwrap_err();
    app.execute(define("", 9)).await.unwrap_err();
    app.store().script([Step::Fail(StoreErrorKind::Full)]);
    app.execute(enrol("maths", "ada")).await.unwrap_err();
    app.store().script([rival(enrolled("maths", "bob"))]);
    app.execute(enrol("maths", "ada")).retry(never).await.unwrap_err();
    app.store().script([rival(enrolled("maths", "eve"))]);
    app.execute(enrol("maths", "ada")).await.unwrap();
    app.store().script([Step::LoseAnswer]);
    app.execute(enrol("maths", "joe")).retry(never).await.unwrap_err();
    let expected = [
        "DEBUG execute{command=\"DefineCourse\" outcome=\"appended\" attempts=1}",
        "DEBUG execute{command=\"DefineCourse\" outcome=\"repeated\" attempts=0}",
        "DEBUG execute{command=\"Leave\" outcome=\"nothing\" attempts=1}",
        "DEBUG execute{command=\"DefineCourse\" outcome=\"refused\"}",
        "DEBUG execute{command=\"DefineCourse\" outcome=\"limit\"}",
        "DEBUG execute{command=\"Enroll\" outcome=\"failed\"}",
        "DEBUG execute{command=\"Enroll\" outcome=\"conflict\" attempts=1}",
        "DEBUG execute{command=\"Enroll\" outcome=\"appended\" attempts=2}",
        "DEBUG execute{command=\"Enroll\" outcome=\"unknown\"}",
    ];
    let mut commands = lines.take();
    commands.retain(|line| !line.contains("}:"));
    assert_eq!(commands, expected);
}

/// A store whose every append fails with the same text.
struct Talking;

impl EventStore for Talking {
    async fn append(&self, _: Append) -> Result<Appended, AppendError> {
        Err(self.head().await.unwrap_err().into())
    }
    async fn read(&self, _: &Query, _: ReadOptions) -> Result<Page, StoreError> {
        Err(self.head().await.unwrap_err())
    }
    async fn log_id(&self) -> Result<LogId, StoreError> {
        Err(self.head().await.unwrap_err())
    }
    async fn head(&self) -> Result<Place, StoreError> {
        Err(StoreError::new(StoreErrorKind::Other, "cannot store secret"))
    }
    async fn watch(&self, _: Place) -> Result<Place, StoreError> {
        self.head().await
    }
}

#[tokio::test]
async fn no_error_brings_contents_into_a_span() {
    let lines = Lines::default();
    let _guard = lines.collect();
    let store = Traced::new(MemoryStore::new());
    let stream = StreamId::new("account", "secret");
    let event = |tag: &str| {
        let mut event = NewEvent::json("test.Happened", "{}");
        event.stream = Some(stream.clone());
        event.tags.push("email", tag);
        event
    };
    let long = "secret".repeat(99);
    store.append(Append::new(vec![event(&long)])).await.unwrap_err();
    store.append(Append::new(vec![event("secret\0")])).await.unwrap_err();
    store.append(Append::new(vec![event("secret")])).await.unwrap();
    let version = Condition::Stream { stream: stream.clone(), expected: ExpectedVersion::NoStream };
    store.append(Append::new(vec![event("secret")]).with(version)).await.unwrap_err();
    let never = StreamId::new("account", "secret-2");
    store.change_stream(&never, StreamChange::Archive).await.unwrap_err();
    store.change_stream(&stream, StreamChange::tombstone(long.repeat(2))).await.unwrap_err();
    store.change_stream(&stream, StreamChange::tombstone("secret")).await.unwrap();
    store.change_stream(&stream, StreamChange::Archive).await.unwrap_err();
    store.append(Append::new(vec![event("secret")])).await.unwrap_err();
    store.stream_info(&StreamId::new("account", long.as_str())).await.unwrap_err();
    store.read(&Query::stream(StreamId::new("account", long.as_str())), ReadOptions::default()).await.unwrap_err();
    let talking = Traced::new(Talking);
    talking.append(Append::new(vec![event("secret")])).await.unwrap_err();
    talking.read(&Query::all(), ReadOptions::default()).await.unwrap_err();
    talking.watch(Place::START).await.unwrap_err();

    let text = lines.take().join("\n");

    assert!(!text.contains("secret"), "{text}");
    let told = [
        "error=the tag value has 594 bytes, but at most 256 are allowed}",
        "error=the tag holds a NUL character}",
        "error=a stream is at version 1, expected no events: `test.Happened` at position 1}",
        "error=the stream holds no event}",
        "error=the stream is tombstoned}",
        "error=a stream takes no events: it is tombstoned}",
        "error=the reason has 1188 bytes, but at most 1024 are allowed}",
        "error=invalid}",
        "error=other}",
    ];
    for told in told {
        assert!(text.contains(told), "{told} is not in\n{text}");
    }
}
