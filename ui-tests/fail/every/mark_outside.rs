use eskit::prelude::*;

#[every("0 9 * * MON")]
fn weekly() {}

fn main() {
    weekly();
}
