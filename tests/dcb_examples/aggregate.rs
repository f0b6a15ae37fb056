//! Event-sourced aggregate: a course as one stream with its version, and a customer by stream that an order only reads.

use eskit::log::{ExpectedVersion, StreamId};
use eskit::prelude::*;
use eskit::testing::given;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.aggregate")]
struct CustomerRegistered {
    #[tag]
    customer: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.aggregate")]
struct CustomerBlocked {
    #[tag]
    customer: String,
}

/// Carries the customer too, but belongs to the order.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.aggregate")]
struct OrderPlaced {
    #[tag]
    order: String,
    #[tag]
    customer: String,
}

/// For whoever writes mails.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.aggregate")]
struct MailRequested {
    #[tag]
    customer: String,
}

#[aggregate(stream = "customer")]
#[derive(Default, Debug)]
struct Customer {
    registered: bool,
    blocked: bool,
}

#[decider]
impl Customer {
    #[evolve]
    fn registered(&mut self, _: &CustomerRegistered) {
        self.registered = true;
    }

    #[evolve]
    fn blocked(&mut self, _: &CustomerBlocked) {
        self.blocked = true;
    }

    #[decide(unevolved(MailRequested))]
    fn block(&self, command: &BlockCustomer) -> Option<(CustomerBlocked, MailRequested)> {
        let customer = || command.customer.clone();
        let is_new = self.registered && !self.blocked;
        is_new.then(|| (CustomerBlocked { customer: customer() }, MailRequested { customer: customer() }))
    }
}

#[derive(Command)]
struct BlockCustomer {
    #[tag]
    customer: String,
}

#[aggregate(stream = "order")]
#[derive(Default, Debug)]
struct Order {
    placed: bool,
}

#[decider]
impl Order {
    #[evolve]
    fn placed(&mut self, _: &OrderPlaced) {
        self.placed = true;
    }
}

#[derive(Command)]
struct PlaceOrder {
    #[tag]
    order: String,
    #[tag]
    customer: String,
}

#[derive(Debug, PartialEq)]
enum OrderError {
    Placed,
    NoCustomer,
}

#[decider(unevolved(MailRequested))]
fn place(command: &PlaceOrder, order: &Order, customer: &Customer) -> Result<(OrderPlaced, MailRequested), OrderError> {
    if order.placed {
        return Err(OrderError::Placed);
    }
    if !customer.registered || customer.blocked {
        return Err(OrderError::NoCustomer);
    }
    let placed = OrderPlaced { order: command.order.clone(), customer: command.customer.clone() };
    Ok((placed, MailRequested { customer: command.customer.clone() }))
}

fn registered() -> CustomerRegistered {
    CustomerRegistered { customer: "ada".into() }
}

fn placed() -> OrderPlaced {
    OrderPlaced { order: "o1".into(), customer: "ada".into() }
}

fn place_order() -> PlaceOrder {
    PlaceOrder { order: "o1".into(), customer: "ada".into() }
}

#[test]
fn an_event_goes_to_the_stream_of_the_model_that_evolves_it() {
    let mail = || MailRequested { customer: "ada".into() };
    let outcome = given(registered()).when(place_order());
    outcome.then((placed(), mail()));
    let streams: Vec<_> =
        outcome.events().iter().map(|event| event.stream.as_ref().map(|at| at.stream.clone())).collect();
    assert_eq!(streams, [Some(StreamId::of::<Order>("o1")), None]);
    given((registered(), placed())).when(place_order()).then_error(OrderError::Placed);
    given((registered(), CustomerBlocked { customer: "ada".into() }))
        .when(place_order())
        .then_error(OrderError::NoCustomer);
    given(registered())
        .when(BlockCustomer { customer: "ada".into() })
        .then((CustomerBlocked { customer: "ada".into() }, mail()));
}

#[tokio::test]
async fn a_model_that_is_only_read_still_guards_the_append() {
    let app = App::new(MemoryStore::new());
    let mut events = eskit::log::NewEvent::encode(&registered()).unwrap();
    events[0].stream = Some(StreamId::of::<Customer>("ada"));
    app.store().append(eskit::log::Append::new(events)).await.unwrap();
    let executed = app.execute(place_order()).await.unwrap();
    assert_eq!(executed.events[0].stream.as_ref().unwrap().version, 1);
    let blocked = app
        .execute(BlockCustomer { customer: "ada".into() })
        .expected_version(ExpectedVersion::Exact(1))
        .await
        .unwrap();
    assert_eq!(blocked.events.len(), 2);
    let error = app.execute(PlaceOrder { order: "o2".into(), customer: "ada".into() }).await.unwrap_err();
    assert_eq!(error.domain(), Some(&OrderError::NoCustomer));
}
