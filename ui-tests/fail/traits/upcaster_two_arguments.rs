use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, upcast(1 = add_currency))]
struct OrderPlaced {
    total: u64,
}

fn add_currency(value: serde_json::Value, _version: u32) -> Result<serde_json::Value, eskit::UpcastError> {
    Ok(value)
}

fn main() {}
