use eskit::prelude::*;

#[derive(TagValue)]
struct Sku(String);

#[derive(TagValue)]
struct OrderId(u32);

#[aggregate(tag = "sku", key = "Sku")]
#[derive(Default)]
struct Stock {
    left: u32,
}

fn main() {}
