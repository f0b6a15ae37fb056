use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "sales", alias = "sales.OrderMade")]
struct OrderPlaced {
    total: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.OrderMade", version = 2, upcast(1 = add_total))]
struct OrderMade {
    total: u64,
}

fn add_total(value: serde_json::Value) -> Result<serde_json::Value, UpcastError> {
    Ok(value)
}

fn main() {}
