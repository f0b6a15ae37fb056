//! A log in another store goes on with the read models that were made from it.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use eskit::prelude::*;
use eskit::{MemoryTx, MemoryViews};
use eskit_tests::campus::{CourseDefined, StudentEnrolled, define, enrol};
use eskit_transfer::{backup, migrate, restore};

/// Counts the events that it was handed.
#[derive(Clone, Default)]
struct Enrolments(Arc<AtomicU64>);

#[projection(name = "enrolments")]
impl Enrolments {
    #[on]
    fn defined(&self, event: &CourseDefined, tx: &mut MemoryTx) -> Result<(), std::convert::Infallible> {
        self.0.fetch_add(1, Ordering::Relaxed);
        tx.put("courses", &event.course, 0.into());
        Ok(())
    }

    #[on]
    fn enrolled(&self, event: &StudentEnrolled, tx: &mut MemoryTx) -> Result<(), std::convert::Infallible> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let count = tx.get("courses", &event.course).and_then(|count| count.as_u64()).unwrap_or_default();
        tx.put("courses", &event.course, (count + 1).into());
        Ok(())
    }
}

#[tokio::test]
async fn a_projection_goes_on_where_it_was() {
    let (views, seen) = (MemoryViews::new(), Enrolments::default());
    let old = MemoryStore::new();
    let app = App::new(old.clone()).with_projection(seen.clone(), views.clone()).start().await.unwrap();
    app.execute(define("maths", 30)).await.unwrap();
    let last = app.execute(enrol("maths", "ada")).await.unwrap();
    app.caught_up::<Enrolments>(&last).await.unwrap();
    app.stop().await.unwrap();

    let folder = std::env::temp_dir().join(format!("eskit-moved-{}", EventId::new()));
    std::fs::create_dir_all(&folder).unwrap();
    let copy = SqliteStore::open(folder.join("log.db")).await.unwrap();
    migrate(&old, &copy).await.unwrap();
    backup(&copy, folder.join("log.eskit")).await.unwrap();
    let new = MemoryStore::new();
    restore(folder.join("log.eskit"), &new).await.unwrap();

    let app = App::new(new).with_projection(seen.clone(), views.clone()).start().await.unwrap();
    let last = app.execute(enrol("maths", "bob")).await.unwrap();
    app.caught_up::<Enrolments>(&last).await.unwrap();
    assert_eq!(seen.0.load(Ordering::Relaxed), 3, "no event is handed over again");
    assert_eq!(views.table::<Enrolments>("courses")["maths"], 2);
    app.stop().await.unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
}
