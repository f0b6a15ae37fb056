use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = sales.OrderPlaced, version = "3", from(crate::OrderPlacedV2), alias("shop.OrderPlaced", "shop.OrderCreated"))]
struct OrderPlaced {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context(sales), version(2), upcast = add_currency, alias = ["shop.OrderPaid"])]
struct OrderPaid {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = "OrderClosedV1", crate("eskit"))]
struct OrderClosed {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
struct OrderShipped {
    #[tag(key = "customer")]
    customer: u64,
    #[tag(key = sku)]
    sku: u64,
    #[tag("order", "parcel")]
    order: u64,
    #[tag = "truck"]
    truck: u64,
}

#[aggregate(tag = customer)]
#[derive(Default)]
struct Customer;

#[aggregate(tag = ["sku", "customer"])]
#[derive(Default)]
struct Stock;

#[aggregate(tag(sku, customer))]
#[derive(Default)]
struct Basket;

#[aggregate(stream(order))]
#[derive(Default)]
struct Order;

fn main() {}
