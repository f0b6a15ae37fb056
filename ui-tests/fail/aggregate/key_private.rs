use eskit::prelude::*;

mod stock {
    use super::*;

    #[derive(TagValue, Serialize, Deserialize)]
    struct Sku(String);

    #[aggregate(tag = "sku", key = Sku)]
    #[derive(Default)]
    pub struct Stock;
}

fn main() {
    drop(stock::Stock::default());
}
