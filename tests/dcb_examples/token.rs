//! Prevent record duplication: an order is placed once, by a token that the client made up.

use eskit::prelude::*;
use eskit::testing::given;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "dcb.token")]
struct OrderPlaced {
    #[tag]
    order: String,
    #[tag("idempotency")]
    token: String,
}

#[aggregate(tag = "idempotency")]
#[derive(Default)]
struct Submission {
    used: bool,
}

#[derive(Command)]
struct PlaceOrder {
    order: String,
    #[tag("idempotency")]
    token: String,
}

#[derive(Debug, PartialEq)]
struct Resubmitted;

#[decider]
impl Submission {
    #[evolve]
    fn placed(&mut self, _: &OrderPlaced) {
        self.used = true;
    }

    #[decide]
    fn place(&self, command: &PlaceOrder) -> Result<OrderPlaced, Resubmitted> {
        if self.used {
            return Err(Resubmitted);
        }
        Ok(OrderPlaced { order: command.order.clone(), token: command.token.clone() })
    }
}

#[test]
fn an_order_is_placed_once() {
    let placed = |order: &str, token: &str| OrderPlaced { order: order.into(), token: token.into() };
    let place = |order: &str, token: &str| PlaceOrder { order: order.into(), token: token.into() };
    given(placed("o1", "11")).when(place("o2", "11")).then_error(Resubmitted);
    given(placed("o1", "11")).when(place("o2", "22")).then(placed("o2", "22"));
}
