use eskit::prelude::*;

struct Dunning;

#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<u64, std::rc::Rc<u64>> {
        Todo::new(event.invoice, std::rc::Rc::new(event.invoice))
    }

    #[work]
    fn remind(&self, item: &std::rc::Rc<u64>) {
        println!("{}", item);
    }
}

#[derive(Event, Serialize, Deserialize)]
struct InvoiceSent {
    #[tag]
    invoice: u64,
}

fn main() {}
