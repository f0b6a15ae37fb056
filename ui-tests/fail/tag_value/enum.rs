use eskit::prelude::*;

#[derive(TagValue)]
enum Faculty {
    Arts,
    Science,
}

fn main() {}
