use eskit::prelude::*;

#[derive(Event)]
enum OrderEvent {
    #[event(codec = "protobuf")]
    Placed { total: u64 },
}

fn main() {}
