//! A set is executed like the command that it holds.

use eskit::execute::Refused;
use eskit::prelude::*;
use eskit::{Execute, MemoryViews};

use super::shop::{CancelOrder, EndOrder, Order, OrderPlaced, OrderShipped, ShipOrder, ShopCommand, place};

#[tokio::test]
async fn a_set_is_executed_as_the_command_that_it_holds() {
    let app = App::new(MemoryStore::new());
    let placed: Executed<()> = app.execute(ShopCommand::Place(place(17))).await.unwrap();
    assert_eq!(placed.events[0].decode::<OrderPlaced>().unwrap(), OrderPlaced { order: 17, sku: "tea".to_owned() });
    assert_eq!((placed.positions().count(), placed.attempts), (1, 1));
    assert!(app.load::<Order>(17_u64).await.unwrap().is_placed);

    // A decision without events is a success here too.
    let again = app.execute(ShopCommand::Place(place(17))).await.unwrap();
    assert!(again.events.is_empty());
}

#[tokio::test]
async fn a_set_within_a_set_is_executed() {
    let app = App::new(MemoryStore::new());
    app.execute(ShopCommand::Place(place(1))).await.unwrap();
    let ended = app.execute(ShopCommand::End(EndOrder::Ship(ShipOrder { order: 1 }))).await.unwrap();
    assert_eq!(ended.events[0].decode::<OrderShipped>().unwrap(), OrderShipped { order: 1 });
}

#[tokio::test]
async fn a_refusal_keeps_its_text_and_names_the_command() {
    let app = App::new(MemoryStore::new());
    let ship = ShopCommand::End(EndOrder::Ship(ShipOrder { order: 1 }));
    let error = app.execute(ship).await.unwrap_err();
    let refused: &Refused = error.domain().unwrap();
    assert_eq!((refused.command(), refused.to_string().as_str()), ("ShipOrder", "there is no such order"));
    assert_eq!(error.to_string(), "there is no such order");

    app.execute(EndOrder::Cancel(CancelOrder { order: 1 })).await.unwrap();
    let error = app.execute(EndOrder::Cancel(CancelOrder { order: 1 })).await.unwrap_err();
    assert_eq!(error.domain().map(Refused::command), Some("CancelOrder"));
    assert_eq!(error.to_string(), "what has ended cannot be cancelled");
}

#[tokio::test]
async fn errors_that_are_no_refusal_stay_what_they_are() {
    let app = App::new(MemoryStore::new());
    let keyed = |command: ShopCommand| app.execute(command).idempotency_key("one");
    keyed(ShopCommand::Place(place(1))).await.unwrap();
    assert!(keyed(ShopCommand::Place(place(1))).await.unwrap().repeated);
    let other = keyed(ShopCommand::Place(place(2))).await;
    assert!(matches!(other, Err(ExecuteError::KeyReused(_))), "{other:?}");
    let versioned = app.execute(ShopCommand::Place(place(3))).expected_version(ExpectedVersion::NoStream).await;
    assert!(matches!(versioned, Err(ExecuteError::Options(_))), "{versioned:?}");
}

#[tokio::test]
async fn the_metadata_of_a_set_is_that_of_its_events() {
    let app = App::new(MemoryStore::new()).with_single_writer();
    let execute: Execute<'_, (), Refused> = app.execute(ShopCommand::Place(place(1)));
    let done = execute.metadata(Metadata::new().with_correlation_id("request-1")).await.unwrap();
    assert_eq!(done.events[0].metadata.correlation_id(), Some("request-1"));
}

struct Dispatch;

#[processor(name = "dispatch", from = "beginning")]
impl Dispatch {
    /// The first order is shipped, the second cancelled, and the third has ended already.
    #[on(refused = "skip")]
    fn placed(&self, event: &OrderPlaced) -> Vec<ShopCommand> {
        let order = event.order;
        let ship = ShopCommand::End(EndOrder::Ship(ShipOrder { order }));
        let cancel = ShopCommand::End(EndOrder::Cancel(CancelOrder { order }));
        if order == 1 { vec![ship, cancel] } else { vec![cancel] }
    }
}

#[tokio::test]
async fn a_processor_returns_sets() {
    let app = App::new(MemoryStore::new()).with_processor(Dispatch, MemoryViews::new()).start().await.unwrap();
    app.execute(place(1)).await.unwrap();
    app.execute(place(2)).await.unwrap();
    let head = app.store().head().await.unwrap();
    app.caught_up::<Dispatch>(head).await.unwrap();
    for order in [1_u64, 2] {
        assert!(app.load::<Order>(order).await.unwrap().has_ended, "order {order}");
    }
    app.stop().await.unwrap();
}
