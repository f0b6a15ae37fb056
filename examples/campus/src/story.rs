use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use campus::{
    AwaitSeat, CampusError, ChangeCapacity, CourseId, DefineCourse, Enroll, Leave, Profile, RegisterStudent, Schedule,
    SeatGiver, Seats, StudentEnrolled, StudentId, StudentRegistered,
};
use eskit::log::{Pages, Place, Query, ReadOptions, Subject};
use eskit::model::Decide;
use eskit::prelude::*;
use eskit::{Executed, Running};
use tokio::sync::Barrier;

use crate::keys;
use crate::lists::Lists;
use crate::narrator::Narrator;
use crate::race::{Lane, Notes};

type Result<T> = std::result::Result<T, Box<dyn Error>>;
type Outcome<S> = std::result::Result<Executed<S>, ExecuteError<CampusError>>;

/// How many courses the list of the fullest ones has.
const FULLEST: usize = 4;

/// Tells the whole story. Every run plays in a term of its own, so that it can be told again on the same store.
pub(crate) async fn tell<W: Write>(store: AnyStore, dsn: &str, narrator: &mut Narrator<W>) -> Result<()> {
    let before = store.head().await?;
    narrator.title("Students enroll in courses, under limits on both sides")?;
    narrator.line(format_args!("   store    {}", shown(dsn)))?;
    let lists = Lists::open(&store).await?;
    let vault = keys::open(&store).await?;
    let app = lists.follow(App::new(store).with_vault(vault)).start().await?;
    let (term, defined) = claim_term(&app).await?;
    match before {
        Place::START => narrator.line("   log      empty; this run is term 1")?,
        head => {
            let events = head.position;
            narrator.line(format_args!("   log      {events} events of earlier runs, kept; this run is term {term}"))?
        }
    }
    let mut story = Story { app, lists, term, narrator: &mut *narrator };
    story.decide_on_the_log(&defined).await?;
    let refused = story.race_for_a_seat().await?;
    story.raise_capacity(refused).await?;
    story.race_in_different_courses().await?;
    story.fill_a_schedule().await?;
    story.wait_for_a_seat().await?;
    story.show_log(before).await?;
    story.show_states().await?;
    story.show_lists().await?;
    story.forget_a_student().await?;
    story.app.stop().await?;
    Ok(narrator.line(match dsn {
        "memory:" => "\nThis log was in memory, and is gone.",
        _ => "\nRun it again: the log goes on where it ended.",
    })?)
}

/// What may be shown of a DSN: that of a server may hold a password.
fn shown(dsn: &str) -> &str {
    match dsn.split_once("://") {
        Some(("postgres" | "postgresql", _)) => "postgres://..",
        Some(("nats" | "tls", _)) => "nats://..",
        _ => dsn,
    }
}

/// Defines maths in the first term that has none. If that course exists, another run has claimed the term, be it long
/// ago or at this moment.
async fn claim_term(app: &App<AnyStore>) -> Result<(u32, Executed<Seats>)> {
    let mut term = 1;
    loop {
        match app.execute(DefineCourse { course: course("maths", term), capacity: 2 }).await {
            Ok(executed) => return Ok((term, executed)),
            Err(error) if matches!(error.domain(), Some(CampusError::CourseExists { .. })) => term += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn course(name: &str, term: u32) -> CourseId {
    CourseId::new(format!("{name}-{term}"))
}

struct Story<'a, W> {
    app: Running<AnyStore>,
    lists: Lists,
    term: u32,
    narrator: &'a mut Narrator<W>,
}

impl<W: Write> Story<'_, W> {
    fn course(&self, name: &str) -> CourseId {
        course(name, self.term)
    }

    fn student(&self, name: &str) -> StudentId {
        StudentId::new(format!("{name}-{}", self.term))
    }

    /// Executes a command, and tells what came of it.
    async fn execute(&mut self, what: String, command: impl Decide<Error = CampusError>) -> Result<()> {
        let outcome = self.app.execute(command).await;
        self.tell(&what, outcome)
    }

    /// A refusal is part of the story; any other error ends it.
    fn tell<S>(&mut self, what: &str, outcome: Outcome<S>) -> Result<()> {
        match outcome {
            Ok(executed) => self.narrator.accepted(what, &executed.events)?,
            Err(ExecuteError::Domain(refusal)) => self.narrator.refused(what, refusal)?,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn enroll(&mut self, student: &str, course: &str) -> Result<()> {
        let (student, course) = (self.student(student), self.course(course));
        self.execute(format!("{student} enrolls in {course}"), Enroll { course, student }).await
    }

    async fn define_all(&mut self, names: &[&str], capacity: u32) -> Result<()> {
        let mut events = Vec::new();
        for name in names {
            events.extend(self.app.execute(DefineCourse { course: self.course(name), capacity }).await?.events);
        }
        let what = format!("define {} more courses of {capacity} seats", names.len());
        Ok(self.narrator.accepted(&what, &events)?)
    }

    async fn enroll_in_all(&mut self, student: &str, courses: &[&str]) -> Result<()> {
        let student = self.student(student);
        let mut events = Vec::new();
        for name in courses {
            let command = Enroll { course: self.course(name), student: student.clone() };
            events.extend(self.app.execute(command).await?.events);
        }
        Ok(self.narrator.accepted(&format!("{student} enrolls in {}", courses.join(", ")), &events)?)
    }

    /// Bob and Eve enroll at the same moment, each after both have read. Returns who was refused, if anyone was.
    async fn race(&mut self, bob_wants: &str, eve_wants: &str) -> Result<Option<&'static str>> {
        let (start, notes) = (Arc::new(Barrier::new(2)), Notes::default());
        let enroll = |runner, course| {
            let app = App::new(Lane::new(runner, self.app.store().clone(), &start, &notes));
            let command = Enroll { course: self.course(course), student: self.student(runner) };
            async move { app.execute(command).await }
        };
        let (bob, eve) = tokio::join!(enroll("bob", bob_wants), enroll("eve", eve_wants));
        for note in notes.take() {
            self.narrator.aside(note)?;
        }
        let refused = [("bob", &bob), ("eve", &eve)].into_iter().find(|(_, outcome)| outcome.is_err());
        let refused = refused.map(|(runner, _)| runner);
        self.tell(&format!("{} enrolls in {}", self.student("bob"), self.course(bob_wants)), bob)?;
        self.tell(&format!("{} enrolls in {}", self.student("eve"), self.course(eve_wants)), eve)?;
        Ok(refused)
    }

    async fn decide_on_the_log(&mut self, defined: &Executed<Seats>) -> Result<()> {
        self.narrator.chapter("A command is decided on what the log holds")?;
        self.narrator.accepted(&format!("define {} with 2 seats", self.course("maths")), &defined.events)?;
        self.enroll("ada", "maths").await?;
        self.enroll("ada", "maths").await
    }

    async fn race_for_a_seat(&mut self) -> Result<Option<&'static str>> {
        self.narrator.chapter("Two students want the last seat at the same moment: a conflict, and a retry")?;
        self.race("maths", "maths").await
    }

    async fn raise_capacity(&mut self, refused: Option<&str>) -> Result<()> {
        self.narrator.chapter("The course gets another seat, and the next decision sees it")?;
        for capacity in [1, 3] {
            let course = self.course("maths");
            self.execute(format!("change {course} to {capacity} seats"), ChangeCapacity { course, capacity }).await?;
        }
        match refused {
            Some(student) => self.enroll(student, "maths").await,
            None => Ok(()),
        }
    }

    async fn race_in_different_courses(&mut self) -> Result<()> {
        self.narrator.chapter("At the same moment, but in different courses: no conflict")?;
        self.define_all(&["art", "chess", "drama", "latin", "music"], 30).await?;
        self.race("chess", "drama").await?;
        Ok(())
    }

    async fn fill_a_schedule(&mut self) -> Result<()> {
        self.narrator.chapter("The other limit: five courses a student")?;
        self.enroll_in_all("ada", &["art", "chess", "drama", "latin"]).await?;
        self.enroll("ada", "music").await
    }

    async fn wait_for_a_seat(&mut self) -> Result<()> {
        self.narrator.chapter("A seat becomes free: a processor gives it to who waits")?;
        let (ada, fay, course) = (self.student("ada"), self.student("fay"), self.course("maths"));
        let what = format!("{fay} waits for a seat in {course}");
        self.execute(what, AwaitSeat { course: course.clone(), student: fay.clone() }).await?;
        let left = self.app.execute(Leave { course: course.clone(), student: ada.clone() }).await?;
        self.narrator.accepted(&format!("{ada} leaves {course}"), &left.events)?;
        self.app.caught_up::<SeatGiver>(&left).await?;
        let of_fay = QueryItem::tags([Tag::new("course", course), Tag::new("student", fay.clone())]);
        let enrolled = Query::from(of_fay.with_types(StudentEnrolled::TYPES.names()));
        let enrolled = self.app.store().read(&enrolled, ReadOptions::default()).await?.events;
        self.narrator.accepted(&format!("the seat goes to {fay}"), &enrolled)?;
        self.enroll("ada", "music").await
    }

    async fn show_log(&mut self, before: Place) -> Result<()> {
        self.narrator.chapter("The log: all that is stored")?;
        self.narrator.log_head()?;
        let mut pages = Pages::new(self.app.store(), Query::all(), ReadOptions::default().after(before));
        while let Some(events) = pages.next().await? {
            for event in &events {
                self.narrator.log_line(event)?;
            }
        }
        Ok(())
    }

    async fn show_states(&mut self) -> Result<()> {
        self.narrator.chapter("The states: folded from it")?;
        let (course, student) = (self.course("maths"), self.student("ada"));
        let seats = self.app.load::<Seats>(course.clone()).await?;
        let schedule = self.app.load::<Schedule>(student.clone()).await?;
        let (taken, capacity) = (seats.taken(), seats.capacity());
        self.narrator
            .line(format_args!("   {course}: {taken} of {capacity} seats taken, from {} events", seats.version))?;
        let courses = schedule.courses();
        self.narrator.line(format_args!("   {student}: takes {courses} courses, from {} events", schedule.version))?;
        Ok(())
    }

    async fn show_lists(&mut self) -> Result<()> {
        self.narrator.chapter("The lists: kept up to date from it")?;
        self.lists.caught_up(&self.app).await?;
        self.narrator.line("   the fullest courses, by rows of `Seats`")?;
        for row in self.lists.fullest(FULLEST).await?.rows {
            self.narrator.list_line(&row.key, format_args!("{} of {} seats taken", row.taken(), row.capacity()))?;
        }
        match self.lists.rosters(self.term).await? {
            Some(rosters) => {
                self.narrator.line(format_args!("   who is in which course in term {}, by SQL", self.term))?;
                for (course, students) in rosters {
                    self.narrator.list_line(&course, students)?;
                }
            }
            None => self.narrator.line("   lists by SQL need a database: leave out `memory:`")?,
        }
        Ok(())
    }

    async fn forget_a_student(&mut self) -> Result<()> {
        self.narrator.chapter("A student wants to be forgotten: the name goes, the seats stay counted")?;
        let ada = self.student("ada");
        let register = RegisterStudent { student: ada.clone(), name: "Ada Lovelace".to_owned() };
        let registered = self.app.execute(register).await?;
        self.narrator.accepted(&format!("{ada} gives a name, which is sealed"), &registered.events)?;
        let query = Query::from(QueryItem::of::<StudentRegistered>().with_tag(Tag::new("student", ada.clone())));
        for event in &self.app.store().read(&query, ReadOptions::default()).await?.events {
            self.narrator.log_line(event)?;
        }
        self.show_student().await?;
        let forgotten = self.app.forget(Subject::new("student", &ada)).await?;
        let keys = forgotten.keys;
        self.narrator
            .line(format_args!("   forget {ada}: {keys} key destroyed, recorded as #{}", forgotten.position))?;
        self.show_student().await
    }

    async fn show_student(&mut self) -> Result<()> {
        let ada = self.student("ada");
        let profile = self.app.load::<Profile>(ada.clone()).await?;
        let schedule = self.app.load::<Schedule>(ada.clone()).await?;
        let (name, courses) = (profile.name().unwrap_or("not known"), schedule.courses());
        self.narrator.line(format_args!("   {ada}: the name is {name}, and takes {courses} courses"))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_password_is_shown() {
        for dsn in ["postgres://me:secret@host/db", "postgresql://host/db?password=secret"] {
            assert_eq!(super::shown(dsn), "postgres://..");
        }
        assert_eq!(super::shown("nats://me:secret@host/log"), "nats://..");
        assert_eq!(super::shown("sqlite:log.db"), "sqlite:log.db");
    }
}
