use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", version = 3, from = OrderPlacedV2)]
struct OrderPlaced {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, upcast(1 = add_total))]
struct OrderPlacedV2 {
    total: u64,
}

fn add_total(value: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
    Ok(value)
}

impl From<OrderPlacedV2> for OrderPlaced {
    fn from(old: OrderPlacedV2) -> Self {
        OrderPlaced { total: old.total }
    }
}

fn main() {}
