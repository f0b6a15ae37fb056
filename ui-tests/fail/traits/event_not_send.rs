use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct OrderPlaced {
    #[serde(skip)]
    total: std::marker::PhantomData<*const u64>,
}

fn main() {}
