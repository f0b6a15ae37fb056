use eskit::prelude::*;
use eskit::{InMemory, MemoryViews, SnapshotOptions};

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[tag]
    course: String,
}

#[derive(Default)]
struct Occupancy {
    taken: u32,
}

#[projection(name = "occupancy", memory)]
impl Occupancy {
    #[on]
    fn enrolled(&mut self, _: &Enrolled) {
        self.taken += 1;
    }
}

fn keep(app: App<MemoryStore>, occupancy: &InMemory<Occupancy>) -> App<MemoryStore> {
    app.with_memory_snapshots(occupancy, MemoryViews::new(), SnapshotOptions::every(100))
}

fn main() {}
