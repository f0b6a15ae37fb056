//! Models of any number of instances.

use std::time::Duration;

use eskit::RetryPolicy;
use eskit::log::{Condition, ExpectedVersion, StreamChange, StreamId};
use eskit::prelude::*;
use eskit::testing::given;
use eskit_tests::scripted::{Scripted, encode, log, rival};
use eskit_tests::shop::{ItemSold, Line, Order, PlaceOrder, ShopError, Sku, Stock, line, order, stocked};

use crate::scripted;

fn sold(order: u64, sku: &str, quantity: u32) -> ItemSold {
    ItemSold { order, sku: sku.into(), quantity, cents: 100 }
}

#[test]
fn an_order_is_decided_from_all_of_its_products() {
    let shop = || given((stocked("a", 2), stocked("b", 1), stocked("c", 5)));
    shop().when(order(1, &[("c", 3), ("a", 2)])).then([sold(1, "c", 3), sold(1, "a", 2)]).then_state(
        |(placed, stock)| {
            assert_eq!((placed.items, stock.len()), (2, 2));
            assert_eq!((stock["a"].available, stock[&Sku::from("c")].available), (0, 2));
            // In the order of the command.
            assert_eq!(stock.iter().map(|stock| stock.available).collect::<Vec<_>>(), [2, 0]);
            assert!(stock.get("b").is_none());
        },
    );
    shop().when(order(1, &[("a", 1), ("b", 2)])).then_error(ShopError::SoldOut("b".into()));
    shop().when(order(1, &[("x", 1)])).then_error(ShopError::SoldOut("x".into()));
    shop().and(sold(7, "b", 1)).when(order(1, &[("b", 1)])).then_error(ShopError::SoldOut("b".into()));
    let seen = Line { cents: 99, ..line("a", 1) };
    shop()
        .when(PlaceOrder { order: 1, lines: vec![line("b", 1), seen] })
        .then_error(ShopError::PriceChanged("a".into()));
}

#[test]
fn a_key_that_occurs_twice_is_one_instance() {
    let shop = || given(stocked("a", 3));
    let twice = |quantity| order(1, &[("a", 1), ("a", quantity)]);
    shop().when(twice(2)).then([sold(1, "a", 1), sold(1, "a", 2)]).then_state(|(_, stock)| {
        assert_eq!((stock.len(), stock["a"].available), (1, 0));
    });
    shop().when(twice(3)).then_error(ShopError::SoldOut("a".into()));
}

#[tokio::test]
async fn no_key_reads_no_instance() {
    given(stocked("a", 3)).when(order(1, &[])).then(()).then_state(|(_, stock)| assert!(stock.is_empty()));
    // Of a decision from nothing else, nothing is read at all.
    let app = scripted();
    let executed = app.execute(Count { lines: Vec::new() }).await.unwrap();
    assert!(executed.state.is_empty());
    assert!(app.store().take_reads().is_empty() && app.store().take_appends()[0].conditions.is_empty());
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "each")]
struct Counted {
    total: u32,
}

#[derive(Command)]
struct Count {
    #[tag("sku")]
    lines: Vec<Line>,
}

#[decider(unevolved(Counted))]
fn count(_: &Count, stock: &Each<Stock>) -> Counted {
    Counted { total: stock.into_iter().map(|stock| stock.available).sum() }
}

async fn filled(app: &App<Scripted>, products: usize) -> Vec<(String, u32)> {
    let mut lines = Vec::new();
    for number in 0..products {
        let sku = format!("p{number}");
        app.store().append(eskit::log::Append::new(encode(stocked(&sku, 9)))).await.unwrap();
        lines.push((sku, 1));
    }
    app.store().take_appends();
    lines
}

fn order_of(number: u64, lines: &[(String, u32)]) -> PlaceOrder {
    order(number, &lines.iter().map(|(sku, quantity)| (sku.as_str(), *quantity)).collect::<Vec<_>>())
}

#[tokio::test]
async fn one_query_reads_them_and_one_condition_guards_them() {
    for products in [3, 100] {
        let app = scripted();
        let lines = filled(&app, products).await;
        let executed = app.execute(order_of(1, &lines)).await.unwrap();
        assert_eq!(executed.events.len(), products);
        assert_eq!(app.store().take_reads().len(), 1);
        let appends = app.store().take_appends();
        let guards: Vec<usize> = appends[0]
            .conditions
            .iter()
            .filter_map(|condition| match condition {
                Condition::NoEvents { query, .. } => Some(query.items().len()),
                _ => None,
            })
            .collect();
        assert_eq!((appends.len(), guards), (1, vec![1 + products]));
    }
}

#[tokio::test]
async fn an_event_of_any_instance_is_a_conflict() {
    for products in [3, 100] {
        for (sku, attempts) in [("p0", 2), ("p2", 2), ("other", 1)] {
            let app = scripted();
            let lines = filled(&app, products).await;
            app.store().script([rival(sold(9, sku, 9))]);
            let result = app.execute(order_of(1, &lines)).await;
            if attempts == 1 {
                assert_eq!(result.unwrap().attempts, 1);
            } else {
                assert_eq!(result.unwrap_err().domain(), Some(&ShopError::SoldOut(sku.into())));
            }
        }
    }
}

#[tokio::test]
async fn more_instances_than_one_query_can_read_are_refused() {
    let lines = |count: usize| (0..count).map(|sku| line(&sku.to_string(), 1)).collect();
    let error = scripted().execute(PlaceOrder { order: 1, lines: lines(10_000) }).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Limit(_)), "{error:?}");
    assert!(error.to_string().contains("10001 instances of models in one decision"), "{error}");
}

#[derive(Command)]
struct Peek {
    #[tag("sku")]
    skus: Vec<Sku>,
    other: Sku,
    softly: bool,
}

#[decider(unevolved(Counted))]
fn peek(command: &Peek, stock: &Each<Stock>) -> Result<Counted, ShopError> {
    if command.softly {
        let total = stock.get(&command.other).map_or(0, |stock| stock.available);
        return Ok(Counted { total });
    }
    if stock[&command.other].available == 0 {
        return Err(ShopError::SoldOut(command.other.clone()));
    }
    Ok(Counted { total: 1 })
}

#[tokio::test]
async fn a_key_that_the_command_does_not_name_decides_nothing() {
    let peek = |other: &str, softly| Peek { skus: vec!["a".into()], other: other.into(), softly };
    let app = scripted();
    let error = app.execute(peek("b", false)).await.unwrap_err();
    let text = "`peek` asked for the `Stock` with the key \"b\", which command `Peek` does not name\nhelp: ";
    assert!(matches!(&error, ExecuteError::Key(found) if found.starts_with(text)), "{error}");
    assert!(app.store().take_appends().is_empty());
    assert_eq!(app.execute(peek("a", false)).await.unwrap_err().domain(), Some(&ShopError::SoldOut("a".into())));
    assert_eq!(app.execute(peek("b", true)).await.unwrap().events.len(), 1);
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "each")]
struct Paid {
    #[tag]
    wallet: String,
    cents: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "each")]
struct Filled {
    #[tag]
    wallet: String,
    cents: u64,
}

#[aggregate(stream = "wallet")]
#[derive(Default, Clone, Debug, PartialEq)]
struct Wallet {
    cents: u64,
}

#[decider]
impl Wallet {
    #[evolve]
    fn filled(&mut self, event: &Filled) {
        self.cents += event.cents;
    }

    #[evolve]
    fn paid(&mut self, event: &Paid) {
        self.cents -= event.cents;
    }
}

#[derive(Command)]
struct SplitBill {
    #[tag("wallet")]
    host: String,
    #[tag("wallet")]
    guests: Vec<String>,
    cents_each: u64,
}

/// The host and each guest pay the same, the host for the room too.
#[decider]
fn split(command: &SplitBill, everybody: &Each<Wallet>, #[key(host)] host: &Wallet) -> Result<Vec<Paid>, &'static str> {
    if host.cents < 2 * command.cents_each || everybody.iter().any(|wallet| wallet.cents < command.cents_each) {
        return Err("too little money");
    }
    let paid = |wallet: &String| Paid { wallet: wallet.clone(), cents: command.cents_each };
    Ok([&command.host, &command.host].into_iter().chain(&command.guests).map(paid).collect())
}

fn bill(guests: &[&str], cents_each: u64) -> SplitBill {
    SplitBill { host: "ada".into(), guests: guests.iter().map(|guest| (*guest).to_owned()).collect(), cents_each }
}

#[tokio::test]
async fn streams_are_read_and_guarded_each_at_its_version() {
    let filled = |wallet: &str, cents| Filled { wallet: wallet.into(), cents };
    let given = || given([filled("ada", 10), filled("bob", 5), filled("eve", 5), filled("eve", 1)]);
    given().when(bill(&["bob", "eve"], 5)).then_state(|(everybody, host)| {
        assert_eq!((host.cents, everybody["ada"].cents, everybody["eve"].cents, everybody.len()), (0, 0, 1, 3));
    });
    given().when(bill(&["bob"], 6)).then_error("too little money");

    let app = scripted();
    for (wallet, cents) in [("ada", 10), ("bob", 5), ("eve", 5), ("eve", 1)] {
        let mut events = encode(filled(wallet, cents));
        events[0].stream = Some(StreamId::new("wallet", wallet));
        app.store().append(eskit::log::Append::new(events)).await.unwrap();
    }
    app.store().take_appends();
    app.execute(bill(&["bob", "eve"], 5)).await.unwrap();
    let appends = app.store().take_appends();
    let mut versions: Vec<(&str, u64)> = appends[0]
        .conditions
        .iter()
        .filter_map(|condition| match condition {
            Condition::Stream { stream, expected: ExpectedVersion::Exact(version) } => Some((stream.id(), *version)),
            _ => None,
        })
        .collect();
    versions.dedup();
    assert_eq!(versions, [("ada", 1), ("bob", 1), ("eve", 2), ("ada", 1)]);
    assert_eq!(log(app.store()).await.unwrap().last().unwrap().stream.as_ref().unwrap().stream.id(), "eve");
}

fn caching(app: App<Scripted>) -> App<Scripted> {
    app.with_state_cache::<Stock>(1_000).with_state_cache::<Order>(1_000)
}

#[tokio::test]
async fn what_is_not_cached_is_read_together() {
    for products in [4, 100] {
        let app = caching(scripted());
        let lines = filled(&app, products).await;
        app.execute(order_of(1, &lines[..products / 2])).await.unwrap();
        app.store().take_reads();
        // The other half, and whether the order is new.
        app.execute(order_of(2, &lines)).await.unwrap();
        assert_eq!(app.store().take_reads().len(), 1, "{products}");
        assert_eq!(app.execute(order_of(2, &lines)).await.unwrap_err().domain(), Some(&ShopError::Placed));
    }
}

#[tokio::test]
async fn many_cached_instances_are_caught_up_with_together() {
    let retry = RetryPolicy::attempts(4).with_delays(Duration::ZERO, Duration::ZERO);
    let app = caching(App::new(Scripted::new()).with_retry(retry));
    let lines = filled(&app, 100).await;
    app.execute(order_of(1, &lines)).await.unwrap();
    app.execute(order_of(2, &lines[..30])).await.unwrap();
    // Another program sells all that is left of one, which this one learns when its append is refused.
    app.store().script([rival(sold(9, "p50", 8))]);
    app.store().take_reads();
    let error = app.execute(order_of(3, &lines)).await.unwrap_err();
    assert_eq!(error.domain(), Some(&ShopError::SoldOut("p50".into())));
    // One read of the new order, and one from the lowest place.
    assert_eq!(app.store().take_reads().len(), 2);
    let executed = app.execute(order_of(4, &lines[..50])).await.unwrap();
    let stock = &executed.state.1;
    assert_eq!((stock["p0"].available, stock["p49"].available, executed.attempts), (6, 7, 1));
}

#[tokio::test]
async fn cached_instances_of_deleted_streams_are_read_anew() {
    for guests in [2, 40] {
        let app = App::new(Scripted::new()).with_state_cache::<Wallet>(100);
        let guests: Vec<String> = (0..guests).map(|guest| format!("g{guest}")).collect();
        let names: Vec<&str> = guests.iter().map(String::as_str).collect();
        for wallet in names.iter().chain(&["ada"]) {
            let mut events = encode(Filled { wallet: (*wallet).into(), cents: 100 });
            events[0].stream = Some(StreamId::new("wallet", *wallet));
            app.store().append(eskit::log::Append::new(events)).await.unwrap();
        }
        app.execute(bill(&names, 10)).await.unwrap();
        let reason = "asked for".to_owned();
        let stream = StreamId::new("wallet", "g1");
        app.store().change_stream(&stream, StreamChange::Delete { reason }).await.unwrap();
        let error = app.execute(bill(&names, 10)).await.unwrap_err();
        assert!(matches!(error, ExecuteError::StreamClosed(_)), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_single_writer_locks_all_instances_in_one_order() {
    let app = App::new(Scripted::new()).with_single_writer().with_retry(RetryPolicy::never());
    let lines = filled(&app, 9).await;
    let tasks: Vec<_> = (0..18_u64)
        .map(|number| {
            let (app, mut lines) = (app.clone(), lines.clone());
            if number % 2 == 0 {
                lines.reverse();
            }
            lines.truncate(6);
            tokio::spawn(async move { app.execute(order_of(number, &lines)).await.map(|executed| executed.attempts) })
        })
        .collect();
    for task in tasks {
        match tokio::time::timeout(Duration::from_secs(30), task).await.unwrap().unwrap() {
            Ok(attempts) => assert_eq!(attempts, 1),
            Err(error) => assert!(matches!(error, ExecuteError::Domain(ShopError::SoldOut(_))), "{error}"),
        }
    }
}

#[test]
#[should_panic(expected = "`PlaceOrder` was decided from `Each<Stock>`, which has no instance with the key \"b\"")]
fn a_test_must_not_look_at_an_instance_that_is_not_there() {
    given(stocked("a", 3)).when(order(1, &[("a", 1)])).then_state(|(_, stock)| assert_eq!(stock["b"].available, 0));
}
