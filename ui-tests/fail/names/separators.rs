use eskit::prelude::*;

// Names that differ in their separators alone are different names.
#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.order_placed-now")]
struct A;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales_order.placed-now")]
struct B;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "sales.order_placed-now")]
struct C;

fn main() {}
