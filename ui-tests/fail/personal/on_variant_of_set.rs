use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Left(u64);

#[derive(Event)]
enum StudentEvent {
    Left(#[personal] Left),
}

fn main() {}
