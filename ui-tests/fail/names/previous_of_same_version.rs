use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced", version = 2, from = OrderPlacedV1)]
struct OrderPlaced {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced", version = 2, upcast(1 = add_total))]
struct OrderPlacedV1 {
    total: u64,
}

fn add_total(value: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
    Ok(value)
}

impl From<OrderPlacedV1> for OrderPlaced {
    fn from(old: OrderPlacedV1) -> Self {
        OrderPlaced { total: old.total }
    }
}

fn main() {}
