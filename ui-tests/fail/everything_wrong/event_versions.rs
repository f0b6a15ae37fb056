use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, from = "OrderPlacedV1")]
struct A;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 3, upcast(1 = add_currency, 4 = split_name), upcast(1 = add_currency))]
struct B;

#[derive(Event, Serialize, Deserialize)]
#[event(version = 1001, upcast("add_currency"), from = A)]
struct C;

fn main() {}
