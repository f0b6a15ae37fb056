use eskit::prelude::*;

#[aggregate(all, partial)]
#[derive(Default)]
struct NextInvoice(u32);

fn main() {}
