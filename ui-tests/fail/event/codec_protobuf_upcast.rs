use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, codec = "protobuf", upcast(1 = from_v1))]
struct OrderPlaced {
    total: u64,
}

fn from_v1(value: serde_json::Value) -> Result<serde_json::Value, eskit::UpcastError> {
    Ok(value)
}

fn main() {}
