//! What is to compile of projections.

use eskit::prelude::*;
use eskit::subscription::{Handle, HandleAsync, HandleMut};
use eskit::{InMemory, MemoryTx, MemoryViews};

#[derive(Event, Serialize, Deserialize)]
struct CourseDefined {
    #[tag]
    course: String,
}

/// An event with a name like that of a transaction.
#[derive(Event, Serialize, Deserialize)]
struct BankTransaction {
    #[tag]
    course: String,
    lost: bool,
}

#[derive(Event, Serialize, Deserialize)]
struct Running {
    #[tag]
    course: String,
}

#[derive(Event)]
enum Changed {
    Closed {
        #[tag]
        course: String,
    },
    Running(Running),
}

struct CourseList {
    prefix: &'static str,
}

type Written<E = Box<dyn std::error::Error + Send + Sync>> = Result<(), E>;

#[projection(name = "course-list", by = "course", on_error = "park")]
impl CourseList {
    #[tables]
    pub(crate) const SQL: &str = concat!("CREATE TABLE courses (id TEXT PRIMARY KEY);", "CREATE INDEX ..;");

    #[on]
    fn defined<'a>(&'a self, event: &'a CourseDefined, at: &Timestamp, tx: &'a mut MemoryTx) -> Written {
        tx.put(self.prefix, event.course.as_str(), at.to_string().into());
        Ok(())
    }

    #[on]
    fn paid(
        &self,
        BankTransaction { course, .. }: &BankTransaction,
        recorded: &RecordedEvent,
        at: &Timestamp,
        tx: &mut MemoryTx,
    ) -> Result<(), &'static str> {
        if recorded.recorded_at != *at {
            return Err("it was recorded at another time");
        }
        tx.remove(Self::TABLE, course);
        Ok(())
    }

    #[eskit::on]
    pub fn changed(&self, event: &Changed, _: &mut MemoryTx) -> Written<String> {
        match event {
            Changed::Closed { course } | Changed::Running(Running { course }) => Err(course.clone()),
        }
    }

    #[on]
    fn anything(&self, recorded: &RecordedEvent, at: &Timestamp, _: &mut MemoryTx) {
        let _ = (recorded, at);
    }

    #[caught_up]
    fn ready(&self) {}

    const TABLE: &str = "courses";
}

/// A transaction of views of another crate.
struct Waited;

mod report {
    use super::*;

    pub struct Report;

    #[eskit::projection(name = "report", version = 20251129, by = "each")]
    impl Report {
        #[on]
        async fn defined<'a>(&self, event: &'a CourseDefined, tx: &'a mut Waited) -> Result<(), std::fmt::Error> {
            self.write(&event.course, tx).await
        }

        #[on]
        async fn other(&self, _: &RecordedEvent, _: &mut Waited) {}

        async fn write(&self, _: &str, _: &mut Waited) -> Result<(), std::fmt::Error> {
            std::future::ready(Ok(())).await
        }
    }
}

#[derive(Default)]
struct Count(u32);

#[projection(name = "count", memory, on_error = "skip")]
impl Count {
    #[on]
    fn defined(&mut self, _: &CourseDefined) -> Result<(), std::num::TryFromIntError> {
        self.0 += u32::try_from(1_u64)?;
        Ok(())
    }

    #[on]
    fn looked_at(&self, _: &Changed) {}
}

fn main() {
    fn plain<P: Handle<MemoryTx>>() {}
    fn waited<P: HandleAsync<Waited>>() {}
    fn memory<P: HandleMut>() {}
    plain::<CourseList>();
    waited::<report::Report>();
    memory::<Count>();
    let _ = App::new(MemoryStore::new())
        .with_projection(CourseList { prefix: "courses" }, MemoryViews::new())
        .with_memory(&InMemory::<Count>::default());
}
