use eskit::prelude::*;

#[aggregate(all, tag = "invoice")]
#[derive(Default)]
struct NextInvoice(u32);

fn main() {}
