//! Dynamic product price: a cart of any number of products, each at the price that the customer saw, or that was in force until
//! a few minutes ago.

use std::time::Duration;

use eskit::Timestamp;
use eskit::prelude::*;
use eskit::testing::{Given, given};

const GRACE: Duration = Duration::from_secs(10 * 60);

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.price")]
struct ProductDefined {
    #[tag]
    product: String,
    price: u32,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.price")]
struct ProductPriceChanged {
    #[tag]
    product: String,
    new_price: u32,
}

#[derive(TagValue, Shape, Serialize, Deserialize, Clone)]
struct Item {
    #[tag]
    product: String,
    price: u32,
}

/// One event for the whole cart, with a tag for each product.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.price")]
struct ProductsOrdered {
    #[tag("product")]
    items: Vec<Item>,
}

/// The prices of a product, and since when each is out of force.
#[aggregate(tag = "product")]
#[derive(Default)]
struct Prices {
    current: Option<u32>,
    former: Vec<(u32, Timestamp)>,
}

#[decider]
impl Prices {
    #[evolve]
    fn defined(&mut self, event: &ProductDefined) {
        self.current = Some(event.price);
    }

    #[evolve]
    fn changed(&mut self, event: &ProductPriceChanged, at: &Timestamp) {
        self.former.extend(self.current.replace(event.new_price).map(|price| (price, *at)));
    }
}

impl Prices {
    fn is_valid(&self, price: u32, now: Timestamp) -> bool {
        let is_fresh = |(former, until): &(u32, Timestamp)| *former == price && now <= *until + GRACE;
        self.current == Some(price) || self.former.iter().any(is_fresh)
    }
}

#[derive(Command)]
struct OrderProducts {
    #[tag("product")]
    items: Vec<Item>,
    now: Timestamp,
}

#[derive(Debug, PartialEq)]
struct InvalidPrice(String);

#[decider(unevolved(ProductsOrdered))]
fn order(command: &OrderProducts, prices: &Each<Prices>) -> Result<ProductsOrdered, InvalidPrice> {
    for item in &command.items {
        if !prices[&item.product].is_valid(item.price, command.now) {
            return Err(InvalidPrice(item.product.clone()));
        }
    }
    Ok(ProductsOrdered { items: command.items.clone() })
}

fn items(items: &[(&str, u32)]) -> Vec<Item> {
    items.iter().map(|(product, price)| Item { product: (*product).into(), price: *price }).collect()
}

fn defined(product: &str, price: u32) -> ProductDefined {
    ProductDefined { product: product.into(), price }
}

fn changed(product: &str, new_price: u32) -> ProductPriceChanged {
    ProductPriceChanged { product: product.into(), new_price }
}

/// Places an order `minutes` after the price of `p1` changed from 123 to 134.
fn when_ordered(
    minutes: u64,
    given: Given,
    cart: &[(&str, u32)],
) -> eskit::testing::Outcome<Each<Prices>, InvalidPrice> {
    let start = Timestamp::now();
    let given = given.and((defined("p1", 123), defined("p2", 321))).at(start - Duration::from_secs(7200));
    let given = given.and(changed("p1", 134)).at(start - Duration::from_secs(60 * minutes));
    given.when(OrderProducts { items: items(cart), now: start })
}

#[test]
fn every_product_of_a_cart_has_a_price_of_its_own() {
    let ordered = |cart: &[(&str, u32)]| ProductsOrdered { items: items(cart) };
    let cart = [("p1", 134), ("p2", 321)];
    when_ordered(30, given(()), &cart).then(ordered(&cart));
    // The former price is honoured for ten minutes.
    let cart = [("p2", 321), ("p1", 123)];
    when_ordered(9, given(()), &cart).then(ordered(&cart));
    when_ordered(11, given(()), &cart).then_error(InvalidPrice("p1".into()));
    when_ordered(30, given(()), &[("p1", 134), ("p2", 320)]).then_error(InvalidPrice("p2".into()));
    when_ordered(30, given(()), &[("p1", 134), ("p3", 1)]).then_error(InvalidPrice("p3".into()));
}

#[test]
fn one_event_carries_the_tags_of_all_products() {
    let outcome = when_ordered(30, given(()), &[("p1", 134), ("p2", 321)]);
    let tags: Vec<String> = outcome.events()[0].tags.iter().map(|tag| tag.to_string()).collect();
    assert_eq!(tags, ["product:p1", "product:p2"]);
}
