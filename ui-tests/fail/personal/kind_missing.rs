use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Enrolled(u64, #[personal(subject = "0")] Option<String>);

fn main() {}
