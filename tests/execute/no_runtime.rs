//! Commands outside of every async runtime.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::Duration;

use eskit::layer::Retrying;
use eskit::{App, RetryPolicy};
use eskit_tests::campus::{Seats, define, enrol, enrolled};
use eskit_tests::scripted::{Scripted, Step, rival};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Unpark>) {
        self.0.unpark();
    }
}

/// The least that an async runtime can be.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn tries_wait_for_each_other_without_a_runtime() {
    let retry = RetryPolicy::attempts(4).with_delays(Duration::from_millis(5), Duration::from_millis(5));
    let store = Arc::new(Scripted::new());
    let app = App::new(Retrying::new(Arc::clone(&store), retry)).with_retry(retry);
    block_on(async {
        app.execute(define("maths", 5)).await.unwrap();
        store.script([rival(enrolled("maths", "bob")), Step::Fail(eskit::log::StoreErrorKind::Busy)]);
        let executed = app.execute(enrol("maths", "ada")).await.unwrap();
        assert_eq!((executed.attempts, executed.state.0.taken), (2, 2));
    });
}

#[test]
fn sqlite_needs_no_runtime() {
    let file = std::env::temp_dir().join(format!("eskit-no-runtime-{}.db", std::process::id()));
    block_on(async {
        let app = App::new(eskit::sqlite::SqliteStore::open(&file).await.unwrap());
        app.execute(define("maths", 5)).await.unwrap();
        app.execute(enrol("maths", "ada")).await.unwrap();
        assert_eq!(app.load::<Seats>("maths").await.unwrap().taken, 1);
        app.store().close().await;
    });
    std::fs::remove_file(&file).unwrap();
}
