use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use eskit::layer::Traced;
use eskit::prelude::*;
use eskit::{Condition, Position, Query, StoreErrorKind};
use eskit_tests::campus::define;
use eskit_tests::scripted::{Scripted, Step};
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

    /// The closed spans, without how long they took.
    fn take(&self) -> Vec<String> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(|line| line.split(": eskit: close").next().unwrap_or_default().trim().to_owned()).collect()
    }
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
    store.watch(Position::new(1)).await.unwrap();
    let expected = [
        "DEBUG append{events=1 conditions=0 outcome=\"unknown\" error=the outcome of the append is unknown; append again with the same event ids}",
        "DEBUG append{events=1 conditions=0 outcome=\"failed\" error=the store failed by script}",
        "DEBUG append{events=1 conditions=0 outcome=\"repeated\" position=1}",
        "DEBUG append{events=1 conditions=0 outcome=\"appended\" position=2}",
        "DEBUG append{events=1 conditions=1 outcome=\"conflict\" error=an event after position 0 matches the append condition: `eskit-tests.StudentEnrolled` at position 1}",
        "DEBUG head{position=2}",
        "DEBUG watch{after=1 position=2}",
    ];
    assert_eq!(lines.take(), expected);
}

#[tokio::test]
async fn a_command_is_a_span_around_its_calls() {
    let lines = Lines::default();
    let _guard = lines.collect();
    App::new(Traced::new(MemoryStore::new())).execute(define("maths", 3)).await.unwrap();
    let expected = [
        "DEBUG execute{command=\"DefineCourse\"}:read{items=1 after=0 limit=1000 events=0}",
        "DEBUG execute{command=\"DefineCourse\"}:append{events=1 conditions=1 outcome=\"appended\" position=1}",
        "DEBUG execute{command=\"DefineCourse\"}",
    ];
    assert_eq!(lines.take(), expected);
}
