use eskit::prelude::*;

#[aggregate(all = true)]
#[derive(Default)]
struct NextInvoice(u32);

fn main() {}
