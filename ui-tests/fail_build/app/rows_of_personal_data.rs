use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    #[tag]
    student: u64,
    #[personal(subject = "student")]
    name: Option<String>,
}

#[aggregate(tag = "student", personal = "revealed")]
#[derive(Default, Clone, Serialize, Deserialize)]
struct Student {
    name: Option<String>,
}

#[decider]
impl Student {
    #[evolve]
    fn enrolled(&mut self, event: &Enrolled) {
        self.name = event.name.clone();
    }
}

fn main() {
    let _ = App::new(MemoryStore::new()).with_rows::<Student>(eskit::MemoryViews::new());
}
