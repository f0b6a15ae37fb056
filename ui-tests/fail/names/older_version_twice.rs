use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderPlaced")]
struct OrderPlacedV1 {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", version = 2, upcast(1 = add_total))]
struct OrderPlaced {
    total: u64,
}

fn add_total(value: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
    Ok(value)
}

fn main() {}
