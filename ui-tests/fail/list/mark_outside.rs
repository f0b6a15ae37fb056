use eskit::prelude::*;

struct InvoiceSent;

#[todo]
fn sent(_: &InvoiceSent) -> Todo<u64, ()> {
    Todo::new(1, ())
}

fn main() {
    let _ = sent(&InvoiceSent);
}
