use eskit::prelude::*;

#[derive(TagValue)]
struct Sku(String);

#[derive(TagValue)]
struct OrderId(String);

#[aggregate(stream = "sku", key = (Sku, OrderId))]
#[derive(Default)]
struct Stock;

fn main() {}
