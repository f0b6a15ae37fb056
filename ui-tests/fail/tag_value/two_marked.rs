use eskit::prelude::*;

#[derive(TagValue)]
struct Line {
    #[tag]
    sku: String,
    #[tag]
    lot: String,
}

fn main() {}
