use eskit::prelude::*;

// Every mistake that the attributes of one event can hold at once, each on its own token.
#[derive(Event, Serialize, Deserialize)]
#[tag("order")]
#[event(verison = 2, version = 0, name = "sales/OrderPlaced", context = "sales", naem = "x", version = 3)]
#[event(alias = "", alias = 5, alias = "sales.Made", alias = "sales.Made", upcast(1), "sales.OrderPlaced")]
#[event]
struct OrderPlaced<T> {
    #[tag = "order"]
    order: String,
    #[tag("Customer")]
    #[tag]
    #[tag]
    customer: String,
    #[event(tag)]
    total: T,
}

fn main() {}
