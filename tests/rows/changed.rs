//! Rows of an aggregate that was changed without a new version, and pages of rows.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::time::Duration;

use eskit::log::{Append, NewEvent, Position};
use eskit::prelude::*;
use eskit::rows::{ReadRows, RowCursor, Rows, RowsError};
use eskit::subscription::{Apply, Subscriber};
use eskit::{EventStore, Running};

/// Views that hold the rows of these tests.
pub(crate) trait ShelfViews:
    ReadRows + Apply<Rows<before::Shelf>> + Apply<Rows<after::Shelf>> + Apply<Rows<unlike::Shelf>>
{
}

impl<V> ShelfViews for V where
    V: ReadRows + Apply<Rows<before::Shelf>> + Apply<Rows<after::Shelf>> + Apply<Rows<unlike::Shelf>>
{
}

#[derive(Event, Serialize, Deserialize)]
pub(crate) struct Shelved {
    #[tag]
    shelf: String,
}

/// One aggregate, before and after its fields were changed without a new version.
macro_rules! shelf {
    ($module:ident, $index:literal, $type:ty) => {
        pub(crate) mod $module {
            use eskit::prelude::*;

            #[aggregate(tag = "shelf", index($index))]
            #[derive(Serialize, Deserialize, Default, Debug)]
            pub(crate) struct Shelf {
                pub(super) books: u32,
                width: $type,
            }

            #[decider]
            impl Shelf {
                #[evolve]
                fn shelved(&mut self, _: &super::Shelved) {
                    self.books += 1;
                    self.width = "1".parse().unwrap_or_default();
                }
            }
        }
    };
}

shelf!(before, "books", u32);
shelf!(after, "width", u32);
shelf!(unlike, "books", String);

async fn failed<P: Subscriber>(app: &Running<MemoryStore>, position: Position) -> String {
    app.caught_up::<P>(position).await.unwrap_err().to_string()
}

async fn shelved<V: ShelfViews>(views: &V, store: &MemoryStore) {
    let app = App::new(store.clone()).with_rows::<before::Shelf>(views.clone()).start().await.unwrap();
    let position = put(&app, "top").await;
    app.caught_up::<Rows<before::Shelf>>(position).await.unwrap();
    app.stop().await.unwrap();
}

/// Only for views that outlive the program.
pub(crate) async fn a_change_without_a_new_version_is_told<V: ShelfViews>(views: V) {
    let store = MemoryStore::new();
    shelved(&views, &store).await;
    let help = "help: write `version = 2` in its `#[aggregate(..)]`";
    let error = views.rows::<after::Shelf>().order_by("width").list().await.unwrap_err().to_string();
    assert!(
        error.contains("the rows of `Shelf` have an index on other fields than `width`") && error.contains(help),
        "{error}"
    );
    let error = views.rows::<after::Shelf>().at_least("width", 1).count().await.unwrap_err().to_string();
    assert!(error.contains(help), "{error}");

    let app = App::new(store.clone()).with_rows::<after::Shelf>(views.clone()).start().await.unwrap();
    let position = put(&app, "top").await;
    assert!(failed::<Rows<after::Shelf>>(&app, position).await.contains(help));
    app.stop().await.unwrap();
}

/// Only for views that outlive the program.
pub(crate) async fn a_state_that_does_not_read_any_more_is_told<V: ShelfViews>(views: V) {
    let store = MemoryStore::new();
    shelved(&views, &store).await;
    let why = "the row of `Shelf` with the key `top` cannot be read: invalid type: integer `1`, expected a string";
    let error = views.rows::<unlike::Shelf>().list().await.unwrap_err();
    assert!(matches!(error, RowsError::Unreadable { .. }) && error.to_string().contains(why), "{error}");
    let app = App::new(store.clone()).with_rows::<unlike::Shelf>(views.clone()).start().await.unwrap();
    let position = put(&app, "top").await;
    let error = failed::<Rows<unlike::Shelf>>(&app, position).await;
    assert!(error.contains(why) && error.contains("`version = 2`"), "{error}");
    app.stop().await.unwrap();
}

#[tokio::test]
async fn two_aggregates_of_one_name_do_not_start() {
    let app = App::new(MemoryStore::new()).with_rows::<before::Shelf>(eskit::MemoryViews::new());
    let error = app.with_rows::<after::Shelf>(eskit::MemoryViews::new()).start().await.unwrap_err().to_string();
    assert!(
        error.contains("::before::Shelf` and `") && error.contains("would both write to the checkpoint `shelf`"),
        "{error}"
    );
}

async fn put(app: &Running<MemoryStore>, shelf: &str) -> Position {
    let event = NewEvent::encode(&Shelved { shelf: shelf.to_owned() }).unwrap();
    app.store().append(Append::new(event)).await.unwrap().last()
}

pub(crate) async fn a_cursor_belongs_to_its_order<V: ShelfViews>(views: V) {
    let store = MemoryStore::new();
    let app = App::new(store.clone()).with_rows::<before::Shelf>(views.clone()).start().await.unwrap();
    for n in 0..6 {
        put(&app, &format!("{}", n % 3)).await;
    }
    app.caught_up::<Rows<before::Shelf>>(Position::new(6)).await.unwrap();
    let rows = || views.rows::<before::Shelf>().limit(1);
    let cursor = rows().order_by("books").list().await.unwrap().next.unwrap();
    let text = cursor.to_string();
    assert_eq!(text.parse::<RowCursor>().unwrap(), cursor);
    let error = rows().after(cursor.clone()).list().await.unwrap_err();
    let expected = "the cursor is of a list by `books`, ascending, and this list is by the key, ascending\nhelp: pass a cursor to the \
                    query that it came from";
    assert_eq!(error.to_string(), expected);
    let error = rows().after(cursor.clone()).order_by("books").descending().list().await.unwrap_err();
    assert!(matches!(error, RowsError::OtherOrder { .. }), "{error}");
    // The order of the calls does not matter, and a row that has moved in the meantime is where it is now.
    put(&app, "0").await;
    app.caught_up::<Rows<before::Shelf>>(Position::new(7)).await.unwrap();
    let page = rows().limit(9).after(cursor).order_by("books").list().await.unwrap();
    assert_eq!(page.rows.iter().map(|row| (&*row.key, row.books)).collect::<Vec<_>>(), [("1", 2), ("2", 2), ("0", 3)]);
    for text in ["", "..", "61", "61.02", "61.02.30.30", "61.0.30", "61.02.00", "zz.02.30"] {
        let parsed = text.parse::<RowCursor>();
        match parsed {
            Ok(cursor) => assert!(rows().after(cursor).list().await.is_err(), "{text}"),
            Err(error) => assert!(matches!(error, RowsError::Cursor(_)), "{text}: {error}"),
        }
    }
    app.stop().await.unwrap();
}

pub(crate) async fn ten_thousand_events_of_as_many_keys_are_one_batch<V: ShelfViews>(views: V) {
    let store = MemoryStore::new();
    let event = |n: u32| NewEvent::encode(&Shelved { shelf: format!("{n:05}") }).unwrap();
    store.append(Append::new((0..10_000).flat_map(event).collect())).await.unwrap();
    let app = App::new(store).with_rows::<before::Shelf>(views.clone()).start().await.unwrap();
    app.caught_up::<Rows<before::Shelf>>(Position::new(10_000)).within(Duration::from_secs(60)).await.unwrap();
    let rows = || views.rows::<before::Shelf>();
    assert_eq!(rows().equal("books", 1).count().await.unwrap(), 10_000);
    let last = rows().descending().limit(usize::MAX).list().await.unwrap();
    assert_eq!((last.rows.len(), &*last.rows[0].key, last.next), (10_000, "09999", None));
    app.stop().await.unwrap();
}
