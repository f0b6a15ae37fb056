use eskit::prelude::*;

#[derive(TagValue)]
struct Line {
    #[tag("sku")]
    sku: String,
    quantity: u32,
}

fn main() {}
