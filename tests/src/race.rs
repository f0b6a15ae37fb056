//! Many orders at once over products that they share.

use std::collections::BTreeMap;
use std::sync::Arc;

use eskit::prelude::*;
use tokio::sync::Barrier;

use crate::scripted::log;
use crate::shop::{ItemSold, PlaceOrder, ReceiveStock, SetPrice, ShopError, Stock, line};

const PRODUCTS: usize = 12;
const PIECES: u32 = 15;
const ORDERS: usize = 50;
const LINES: usize = 5;

fn sku(number: usize) -> String {
    format!("p{}", number % PRODUCTS)
}

/// The lines of an order: five of the products, in an order of its own, one of them in two lines.
fn order_of(number: usize) -> PlaceOrder {
    let stride = [1, 5, 7, 11][number % 4];
    let mut lines: Vec<_> =
        (0..LINES).map(|index| line(&sku(number + index * stride), 1 + (number as u32) % 2)).collect();
    lines.push(lines[0].clone());
    PlaceOrder { order: number as u64, lines }
}

/// Places fifty orders at once over a dozen products, of which there are too few, and checks that nothing was sold twice and that
/// no order was placed in part. The apps are of one log.
pub async fn race_orders<S: EventStore + 'static>(apps: &[App<S>]) {
    let app = &apps[0];
    for number in 0..PRODUCTS {
        let sku = || sku(number).as_str().into();
        app.execute(ReceiveStock { sku: sku(), quantity: PIECES }).await.unwrap_or_else(|error| panic!("{error}"));
        app.execute(SetPrice { sku: sku(), cents: 100 }).await.unwrap_or_else(|error| panic!("{error}"));
    }
    let barrier = Arc::new(Barrier::new(ORDERS));
    let tasks: Vec<_> = (0..ORDERS)
        .map(|number| {
            let (app, barrier) = (apps[number % apps.len()].clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                match app.execute(order_of(number)).await {
                    Ok(_) => true,
                    Err(ExecuteError::Domain(ShopError::SoldOut(_))) => false,
                    Err(error) => panic!("order {number}: {error}"),
                }
            })
        })
        .collect();
    let mut placed = BTreeMap::new();
    for (number, task) in tasks.into_iter().enumerate() {
        placed.insert(number as u64, task.await.unwrap_or_else(|error| panic!("{error}")));
    }
    assert!(placed.values().any(|placed| *placed) && placed.values().any(|placed| !placed), "{placed:?}");
    check(app, &placed).await;
}

async fn check<S: EventStore>(app: &App<S>, placed: &BTreeMap<u64, bool>) {
    let (mut sold, mut lines) = (BTreeMap::<String, u32>::new(), BTreeMap::<u64, usize>::new());
    for event in log(app.store()).await.unwrap_or_else(|error| panic!("{error}")) {
        if let Ok(item) = event.decode::<ItemSold>() {
            *sold.entry(item.sku.0).or_default() += item.quantity;
            *lines.entry(item.order).or_default() += 1;
        }
    }
    for (order, placed) in placed {
        assert_eq!(lines.get(order).copied().unwrap_or_default(), if *placed { LINES + 1 } else { 0 }, "order {order}");
    }
    for (sku, sold) in sold {
        assert!(sold <= PIECES, "{sold} of {sku} were sold, but there were {PIECES}");
        let stock = app.load::<Stock>(&sku).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(stock.available, PIECES - sold, "{sku}");
    }
}
