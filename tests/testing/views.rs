//! Read models as expectations.

use eskit::log::{EventId, StreamId};
use eskit::prelude::*;
use eskit::sqlite::{SqliteViews, Tx, rusqlite};
use eskit::testing::given;
use eskit::{MemoryTx, MemoryViews};
use eskit_tests::bank::{Deposited, MoneySent};
use eskit_tests::campus::{StudentEnrolled, StudentLeft, defined, enrol, enrolled, leave};

use super::failure;

#[aggregate(tag = "course", index("taken"))]
#[derive(Serialize, Deserialize, Default)]
struct Places {
    taken: u32,
}

#[decider]
impl Places {
    #[evolve]
    fn enrolled(&mut self, _: &StudentEnrolled) {
        self.taken += 1;
    }

    #[evolve]
    fn left(&mut self, _: &StudentLeft) {
        self.taken -= 1;
    }
}

#[aggregate(stream = "account")]
#[derive(Serialize, Deserialize, Default)]
struct Balance {
    cents: i64,
}

#[decider]
impl Balance {
    #[evolve]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents.cast_signed();
    }

    #[evolve]
    fn sent(&mut self, event: &MoneySent) {
        self.cents -= event.cents.cast_signed();
    }
}

fn sent(cents: u64) -> MoneySent {
    MoneySent { account: "a1".into(), to: "a2".into(), cents }
}

#[test]
fn rows_are_compared_with_all_that_are_there() {
    let left = StudentLeft { course: "art".into(), student: "ada".into() };
    let given = given([enrolled("maths", "ada"), enrolled("art", "ada"), enrolled("maths", "bob")]).and(left);
    given.then_rows::<Places>([("maths", Places { taken: 2 }), ("art", Places { taken: 0 })]);
    let text = failure(|| {
        given.then_rows::<Places>([("maths", Places { taken: 3 })]);
    });
    assert_eq!(
        text,
        "the rows of `Places` are others than expected (- expected, + found):\n\n+ art: {\n+   \"taken\": 0\n+ }\n  \
         maths: {\n-   \"taken\": 3\n+   \"taken\": 2\n  }\n"
    );
}

#[test]
fn rows_are_those_after_the_command() {
    let given = given((defined("maths", 1), enrolled("maths", "bob")));
    given.clone().when(leave("maths", "bob")).then_rows::<Places>([("maths", Places { taken: 0 })]);
    given.when(enrol("maths", "ada")).then_rows::<Places>([("maths", Places { taken: 1 })]);
}

#[test]
fn a_hundred_and_more_rows_are_compared() {
    let courses: Vec<String> = (0..230).map(|course| format!("c{course}")).collect();
    let events: Vec<StudentEnrolled> = courses.iter().map(|course| enrolled(course, "ada")).collect();
    given(events).then_rows::<Places>(courses.iter().map(|course| (course, Places { taken: 1 })));
}

#[test]
fn rows_of_streams_find_the_stream_by_the_tag_or_say_which_event_has_none() {
    let account = || StreamId::of::<Balance>("a1");
    given(sent(3)).and_in(account(), Deposited { cents: 10 }).then_rows::<Balance>([("a1", Balance { cents: 7 })]);
    let text = failure(|| {
        given(Deposited { cents: 10 }).then_rows::<Balance>([("a1", Balance { cents: 10 })]);
    });
    assert!(text.contains("is in no stream\nhelp: "), "{text}");
    assert!(text.contains(".and_in(StreamId::of::<Balance>(..), ..)"), "{text}");
}

#[derive(Default)]
struct Occupancy {
    taken: u32,
}

#[projection(name = "occupancy", memory)]
impl Occupancy {
    #[on]
    fn enrolled(&mut self, event: &StudentEnrolled) -> Result<(), String> {
        self.taken += 1;
        if event.student == "eve" { Err("eve is not welcome".into()) } else { Ok(()) }
    }
}

#[test]
fn a_projection_in_memory_is_checked() {
    given(()).then_view::<Occupancy>(|view| assert_eq!(view.taken, 0));
    given([enrolled("maths", "ada"), enrolled("art", "ada")]).then_view::<Occupancy>(|view| assert_eq!(view.taken, 2));
    let text = failure(|| {
        given(enrolled("maths", "eve")).then_view::<Occupancy>(|_| ());
    });
    assert!(text.starts_with("`occupancy` failed: ") && text.contains("eve is not welcome"), "{text}");
}

struct Rosters;

#[projection(name = "tested-rosters")]
impl Rosters {
    #[tables]
    const SQL: &str = "CREATE TABLE students (course TEXT, student TEXT, PRIMARY KEY (course, student))";

    #[on]
    fn enrolled(&self, event: &StudentEnrolled, tx: &mut Tx) -> rusqlite::Result<()> {
        tx.execute("INSERT INTO students VALUES (?1, ?2)", [&event.course, &event.student])?;
        Ok(())
    }
}

#[tokio::test]
async fn a_projection_in_a_file_of_sqlite_is_read_as_a_program_does() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("testing-{}", EventId::new()));
    std::fs::create_dir_all(&folder).unwrap();
    let views = SqliteViews::open(folder.join("views.db")).await.unwrap();
    let given = given([enrolled("maths", "bob"), enrolled("maths", "ada")]);
    given.handled_by(Rosters, &views);
    let all = "SELECT string_agg(student, ' ' ORDER BY student) FROM students";
    let read = views.read::<Rosters, String>(move |conn| conn.query_row(all, [], |row| row.get(0))).await.unwrap();
    assert_eq!(read, "ada bob");
    // These views have handled another log.
    let text = failure(|| {
        given.handled_by(Rosters, &views);
    });
    assert!(text.starts_with("`tested-rosters` failed: "), "{text}");
    let other = SqliteViews::open(folder.join("other.db")).await.unwrap();
    let twice = given.and(enrolled("maths", "ada"));
    let text = failure(|| {
        twice.handled_by(Rosters, &other);
    });
    assert!(text.contains("UNIQUE constraint failed"), "{text}");
    std::fs::remove_dir_all(&folder).unwrap();
}

struct Slips;

#[projection(name = "slips", by = "course", on_error = "park")]
impl Slips {
    #[on]
    fn enrolled(&self, event: &StudentEnrolled, _: &mut MemoryTx) -> Result<(), String> {
        Err(format!("no slip for {}", event.student))
    }
}

#[tokio::test]
async fn what_a_handler_refuses_is_parked_after_one_try() {
    use eskit::subscription::Views as _;
    let views = MemoryViews::new();
    given(enrolled("maths", "ada")).handled_by(Slips, &views);
    let parked = views.parked("slips", 1).await.unwrap();
    assert_eq!((parked.len(), parked[0].attempts), (1, 1), "{parked:?}");
}
