use eskit::prelude::*;

#[derive(TagValue)]
struct Sku(String);

#[derive(TagValue)]
struct OrderId(String);

#[aggregate(all, key = Sku)]
#[derive(Default)]
struct Stock;

fn main() {}
