use eskit::MemoryViews;
use eskit::prelude::*;

struct Shipping;

fn main() {
    let _ = App::new(MemoryStore::new()).with_processor(Shipping, MemoryViews::new());
}
