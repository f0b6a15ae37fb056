use eskit::MemoryTx;
use eskit::prelude::*;

struct Shipping;

#[processor(name = "shipping", from = "now")]
impl Shipping {
    #[on]
    fn paid(&self, _: &OrderPaid) {}
}

mod lists {
    use super::*;

    struct ShippingList;

    #[projection(name = "shipping")]
    impl ShippingList {
        #[on]
        fn paid(&self, _: &OrderPaid, _: &mut MemoryTx) {}
    }
}

#[derive(Event, Serialize, Deserialize)]
struct OrderPaid {
    #[tag]
    order: String,
}

fn main() {}
