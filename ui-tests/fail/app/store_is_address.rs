use eskit::prelude::*;

fn main() {
    let _ = App::new("memory:");
}
