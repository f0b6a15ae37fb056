use eskit::prelude::*;

#[derive(Event)]
#[tag("order")]
#[event(version = 2, name = "Order", contxt = "sales")]
enum Order {
    Placed(u64, #[tag("Order")] String),
    #[event(version = 2)]
    #[tag("order")]
    Paid(Paid),
    #[event(crate = eskit, version = 3)]
    Shipped {
        #[event(tag)]
        #[tag("Place")]
        place: String,
    },
}

#[derive(Event, Serialize, Deserialize)]
struct Paid;

fn main() {}
