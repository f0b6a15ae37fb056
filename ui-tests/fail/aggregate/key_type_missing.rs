use eskit::prelude::*;

#[derive(TagValue)]
struct Sku(String);

#[derive(TagValue)]
struct OrderId(String);

#[aggregate(tag = "sku", key)]
#[derive(Default)]
struct Stock;

fn main() {}
