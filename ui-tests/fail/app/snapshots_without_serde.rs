use eskit::prelude::*;
use eskit::{MemoryViews, SnapshotOptions};

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[tag]
    course: String,
}

#[aggregate(tag = "course")]
#[derive(Default)]
struct Seats {
    taken: u32,
}

#[decider]
impl Seats {
    #[evolve]
    fn enrolled(&mut self, _: &Enrolled) {
        self.taken += 1;
    }
}

fn keep(app: App<MemoryStore>) -> App<MemoryStore> {
    app.with_snapshots::<Seats>(MemoryViews::new(), SnapshotOptions::every(100))
}

fn main() {}
