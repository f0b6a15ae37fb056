use eskit::prelude::*;

struct Line {
    sku: String,
    quantity: u32,
}

#[derive(Command)]
struct Place {
    #[tag("sku")]
    lines: Vec<Line>,
}

fn main() {}
