//! What rows are held to, in whatever views they are.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use std::collections::BTreeMap;

use eskit::Running;
use eskit::prelude::*;
use eskit::rows::{ReadRows, RowCursor, Rows, RowsError};
use eskit::subscription::Apply;

/// Views that hold the rows of these tests.
pub(crate) trait TestViews: ReadRows + Apply<Rows<CourseSeats>> + Apply<Rows<Enrolment>> {}

impl<V: ReadRows + Apply<Rows<CourseSeats>> + Apply<Rows<Enrolment>>> TestViews for V {}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[tag]
    course: String,
    #[tag]
    student: String,
}

#[derive(Event, Serialize, Deserialize)]
struct Renamed {
    #[tag]
    course: String,
    title: Option<String>,
}

#[derive(Command)]
struct Enroll {
    #[tag]
    course: String,
    #[tag]
    student: String,
}

#[derive(Command)]
struct Rename {
    #[tag]
    course: String,
    title: Option<String>,
}

#[aggregate(tag = "course", index("taken", "title"))]
#[derive(Default, Serialize, Deserialize, PartialEq, Debug)]
pub(crate) struct CourseSeats {
    taken: u32,
    title: Option<String>,
}

#[decider]
impl CourseSeats {
    #[evolve]
    fn enrolled(&mut self, _: &Enrolled) {
        self.taken += 1;
    }

    #[evolve]
    fn renamed(&mut self, e: &Renamed) {
        self.title.clone_from(&e.title);
    }

    #[decide]
    fn enroll(&self, c: &Enroll) -> Enrolled {
        Enrolled { course: c.course.clone(), student: c.student.clone() }
    }

    #[decide]
    fn rename(&self, c: &Rename) -> Renamed {
        Renamed { course: c.course.clone(), title: c.title.clone() }
    }
}

/// An aggregate with two tags.
#[aggregate(tag("course", "student"))]
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Enrolment {
    times: u32,
}

#[decider]
impl Enrolment {
    #[evolve]
    fn enrolled(&mut self, _: &Enrolled) {
        self.times += 1;
    }
}

async fn enrolled(app: &Running<MemoryStore>, course: &str, student: &str) {
    let done = app.execute(Enroll { course: course.to_owned(), student: student.to_owned() }).await.unwrap();
    app.caught_up::<Rows<CourseSeats>>(&done).await.unwrap();
}

pub(crate) async fn rows_are_what_the_aggregates_are<V: TestViews>(views: V) {
    let app = App::new(MemoryStore::new()).with_rows::<CourseSeats>(views.clone());
    let app = app.with_rows::<Enrolment>(views.clone()).start().await.unwrap();
    let mut expected: BTreeMap<String, u32> = BTreeMap::new();
    for n in 0..100_u32 {
        let course = format!("c{:02}", n * 7 % 23);
        enrolled(&app, &course, &format!("s{}", n % 3)).await;
        *expected.entry(course).or_default() += 1;
    }
    let page = views.rows::<CourseSeats>().list().await.unwrap();
    let found: BTreeMap<String, u32> = page.rows.iter().map(|row| (row.key.clone(), row.taken)).collect();
    assert_eq!((found, page.next), (expected, None));
    for row in &page.rows {
        let loaded = app.load::<CourseSeats>(&*row.key).await.unwrap();
        assert_eq!((&*loaded, row.position), (&row.state, loaded.last.position));
    }
    let one = views.rows::<CourseSeats>().get("c07").await.unwrap().unwrap();
    assert_eq!((one.key.as_str(), one.taken > 0), ("c07", true));
    assert!(views.rows::<CourseSeats>().get("none").await.unwrap().is_none());

    app.caught_up::<Rows<Enrolment>>(eskit::log::Position::new(100)).await.unwrap();
    let pair = views.rows::<Enrolment>().get(("c07", "s1")).await.unwrap().unwrap();
    assert_eq!((pair.key.as_str(), pair.times), ("c07\ts1", app.load::<Enrolment>(("c07", "s1")).await.unwrap().times));
    app.stop().await.unwrap();
}

pub(crate) async fn rows_are_found_sorted_and_paged_by_indexed_fields<V: TestViews>(views: V) {
    let app = App::new(MemoryStore::new()).with_rows::<CourseSeats>(views.clone()).start().await.unwrap();
    for (course, count) in [("a", 1), ("b", 3), ("c", 2), ("d", 3), ("e", 12)] {
        for _ in 0..count {
            enrolled(&app, course, "s").await;
        }
    }
    let done = app.execute(Rename { course: "b".to_owned(), title: Some("Botany".to_owned()) }).await.unwrap();
    app.caught_up::<Rows<CourseSeats>>(&done).await.unwrap();
    let rows = || views.rows::<CourseSeats>();
    let keys =
        |page: &eskit::rows::RowPage<CourseSeats>| page.rows.iter().map(|row| row.key.clone()).collect::<String>();

    assert_eq!(keys(&rows().list().await.unwrap()), "abcde");
    assert_eq!(keys(&rows().descending().list().await.unwrap()), "edcba");
    // Numbers are sorted as numbers, and ties by key.
    assert_eq!(keys(&rows().order_by("taken").list().await.unwrap()), "acbde");
    assert_eq!(keys(&rows().order_by("taken").descending().list().await.unwrap()), "edbca");
    assert_eq!(keys(&rows().equal("taken", 3).list().await.unwrap()), "bd");
    assert_eq!(keys(&rows().at_least("taken", 2).at_most("taken", 3).list().await.unwrap()), "bcd");
    assert_eq!(keys(&rows().equal("title", "Botany").list().await.unwrap()), "b");
    assert_eq!(keys(&rows().equal("title", None::<String>).list().await.unwrap()), "acde");
    // What is not there is neither smaller nor greater.
    assert_eq!(keys(&rows().at_most("title", "Z").list().await.unwrap()), "b");
    assert_eq!(keys(&rows().at_least("title", "A").list().await.unwrap()), "b");
    assert_eq!(keys(&rows().at_most("title", None::<String>).list().await.unwrap()), "acde");
    assert_eq!(keys(&rows().at_least("taken", "1").list().await.unwrap()), "");
    assert_eq!(rows().at_least("taken", 3).limit(1).count().await.unwrap(), 3);
    app.stop().await.unwrap();
}

pub(crate) async fn pages_follow_each_other_through_the_text_of_a_cursor<V: TestViews>(views: V) {
    let app = App::new(MemoryStore::new()).with_rows::<CourseSeats>(views.clone()).start().await.unwrap();
    for n in 0..20 {
        for _ in 0..n % 4 + 1 {
            enrolled(&app, &format!("{n:02}"), "s").await;
        }
    }
    for is_descending in [false, true] {
        let (mut keys, mut after) = (Vec::new(), None::<RowCursor>);
        loop {
            let query = views.rows::<CourseSeats>().order_by("taken").limit(3).after(after);
            let query = if is_descending { query.descending() } else { query };
            let page = query.list().await.unwrap();
            assert!(page.rows.len() == 3 || page.next.is_none());
            keys.extend(page.rows.iter().map(|row| (row.taken, row.key.clone())));
            match page.next {
                Some(next) => after = Some(next.to_string().parse().unwrap()),
                None => break,
            }
        }
        let mut sorted = keys.clone();
        sorted.sort();
        sorted.dedup();
        if is_descending {
            sorted.reverse();
        }
        assert_eq!((keys.len(), &keys), (20, &sorted));
    }
    app.stop().await.unwrap();
}

pub(crate) async fn a_field_without_an_index_is_named<V: TestViews>(views: V) {
    let rows = || views.rows::<CourseSeats>();
    let error = rows().order_by("takn").list().await.unwrap_err();
    let expected = "the rows of `CourseSeats` have no index on `takn`\nhelp: did you mean `taken`?";
    assert_eq!(error.to_string(), expected);
    let error = rows().equal("capacity", 7).count().await.unwrap_err();
    assert!(
        error.to_string().ends_with("help: write `#[aggregate(.., index(\"capacity\"))]` on `CourseSeats`"),
        "{error}"
    );
    let error = rows().equal("taken", [1, 2]).list().await.unwrap_err();
    assert!(matches!(error, RowsError::Value { .. }), "{error}");
    let error = "zz.q".parse::<RowCursor>().unwrap_err();
    assert!(error.to_string().starts_with("`zz.q` is no cursor"), "{error}");
    assert!(rows().list().await.unwrap().rows.is_empty());
}
