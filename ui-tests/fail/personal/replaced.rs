use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize, Clone)]
#[serde(from = "(u64, Option<String>)", into = "(u64, Option<String>)")]
struct Enrolled {
    student: u64,
    #[personal(subject = "student")]
    name: Option<String>,
}

impl From<(u64, Option<String>)> for Enrolled {
    fn from((student, name): (u64, Option<String>)) -> Enrolled {
        Enrolled { student, name }
    }
}

impl From<Enrolled> for (u64, Option<String>) {
    fn from(event: Enrolled) -> (u64, Option<String>) {
        (event.student, event.name)
    }
}

fn main() {}
