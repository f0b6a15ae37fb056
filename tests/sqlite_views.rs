//! A projection by macro whose read model is in SQLite.
#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::{Path, PathBuf};

use eskit::log::EventId;
use eskit::prelude::*;
use eskit::sqlite::{SqliteViews, Tx, rusqlite};
use eskit::subscription::{Changed, TellChanges};
use eskit_tests::campus::{CourseDefined, StudentEnrolled, define, enrol};

struct Rosters;

#[projection(name = "rosters", by = "course", on_error = "park")]
impl Rosters {
    #[tables]
    const SQL: &str = "CREATE TABLE courses (id TEXT PRIMARY KEY, enrolled INTEGER NOT NULL) STRICT";

    #[on]
    fn defined(&self, event: &CourseDefined, tx: &mut Tx) -> rusqlite::Result<()> {
        tx.execute("INSERT INTO courses VALUES (?1, 0)", [event.course.to_string()])?;
        Ok(())
    }

    #[on]
    fn enrolled(&self, event: &StudentEnrolled, tx: &mut Tx) -> rusqlite::Result<()> {
        let count = "UPDATE courses SET enrolled = enrolled + 1 WHERE id = ?1";
        tx.prepare_cached(count)?.execute([event.course.to_string()])?;
        tx.changed(&event.course);
        Ok(())
    }
}

async fn enrolled(views: &SqliteViews, course: &'static str) -> i64 {
    let count = "SELECT enrolled FROM courses WHERE id = ?1";
    views.read::<Rosters, _>(move |conn| conn.query_row(count, [course], |row| row.get(0))).await.unwrap()
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sqlite-views-{}", EventId::new()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_projection_keeps_its_rows_in_a_file_of_its_own() {
    let folder = Folder::new();
    let views = SqliteViews::open(folder.0.join("views.db")).await.unwrap();
    let store = MemoryStore::new();
    let app = App::new(store.clone());
    app.execute(define("maths", 30)).await.unwrap();
    let before = app.execute(enrol("maths", "ada")).await.unwrap();

    let app = app.with_projection(Rosters, views.clone()).start().await.unwrap();
    // A projection has caught up when readers see it, also when it is built for the first time.
    app.caught_up::<Rosters>(&before).await.unwrap();
    assert_eq!(enrolled(&views, "maths").await, 1);
    let mut changes = views.changes::<Rosters>().await.unwrap();
    let last = app.execute(enrol("maths", "bob")).await.unwrap();
    app.caught_up::<Rosters>(&last).await.unwrap();
    assert_eq!(enrolled(&views, "maths").await, 2);
    assert_eq!(changes.next().await, Changed::Keys(["maths".to_owned()].into()));
    app.stop().await.unwrap();
    assert!(folder.0.join("views.rosters.1.db").is_file());

    let app = App::new(store).with_projection(Rosters, views.clone()).start().await.unwrap();
    let last = app.execute(enrol("maths", "eve")).await.unwrap();
    app.caught_up::<Rosters>(&last).await.unwrap();
    assert_eq!(enrolled(&views, "maths").await, 3);
    app.stop().await.unwrap();
}
