use eskit::prelude::*;

fn main() {
    let store = eskit::connect("memory:");
    let _ = App::new(store);
}
