//! The commands of processors as expectations.

use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::testing::given;

use super::failure;

#[derive(Event, Serialize, Deserialize)]
struct Paid {
    #[tag]
    order: u64,
    items: Vec<String>,
}

#[derive(Event, Serialize, Deserialize)]
struct Packed {
    #[tag]
    order: u64,
    item: String,
}

#[derive(Event, Serialize, Deserialize)]
struct Refused {
    #[tag]
    order: u64,
}

#[derive(Command, Debug)]
struct Pack {
    #[tag]
    order: u64,
    item: String,
}

/// It has no `Debug`.
#[derive(Command)]
struct Refuse {
    #[tag]
    order: u64,
}

#[aggregate(tag = "order")]
#[derive(Default)]
struct Order {
    packed: u32,
}

#[decider]
impl Order {
    #[evolve]
    fn packed(&mut self, _: &Packed) {
        self.packed += 1;
    }

    #[evolve]
    fn refused(&mut self, _: &Refused) {}

    #[decide]
    fn pack(&self, command: &Pack) -> Result<Packed, &'static str> {
        if self.packed == 2 {
            return Err("the box is full");
        }
        Ok(Packed { order: command.order, item: command.item.clone() })
    }

    #[decide]
    fn refuse(&self, command: &Refuse) -> Refused {
        Refused { order: command.order }
    }
}

struct Packing;

#[processor(name = "packing", from = "now")]
impl Packing {
    #[on(refused = "skip")]
    fn paid(&self, event: &Paid) -> Vec<Pack> {
        event.items.iter().map(|item| pack(event.order, item)).collect()
    }

    /// The second item of a box is followed by a card, and so is the third, which does not fit.
    #[on]
    async fn packed(&self, event: &Packed, cx: &mut Effect<'_>) -> Result<Option<Refuse>, String> {
        let order = cx.load::<Order>(event.order).await.map_err(|error| error.to_string())?;
        if order.state.packed < 2 {
            return Ok(None);
        }
        if event.item == "nothing" {
            return Err("an empty box".to_owned());
        }
        let card = cx.execute(pack(event.order, "card")).await;
        Ok(card.is_err().then_some(Refuse { order: event.order }))
    }
}

fn pack(order: u64, item: &str) -> Pack {
    Pack { order, item: item.to_owned() }
}

fn packed(order: u64, item: &str) -> Packed {
    Packed { order, item: item.to_owned() }
}

fn paid(order: u64, items: &[&str]) -> Paid {
    Paid { order, items: items.iter().map(|item| (*item).to_owned()).collect() }
}

#[test]
fn commands_that_are_returned_are_expected_in_order() {
    given((paid(1, &["pen", "ink"]), paid(2, &[])))
        .and(paid(3, &["paper"]))
        .then_commands(&Packing, [pack(1, "pen"), pack(1, "ink"), pack(3, "paper")])
        .then_commands(&Packing, (vec![pack(1, "pen"), pack(1, "ink")], Some(pack(3, "paper")), None::<Pack>));
    given(paid(2, &[])).then_commands(&Packing, ());
    given(Refused { order: 1 }).then_commands(&Packing, ());
}

#[test]
fn the_difference_is_shown() {
    let text = failure(|| {
        given(paid(1, &["pen", "ink"])).then_commands(&Packing, [pack(1, "pen"), pack(1, "paper")]);
    });
    assert!(text.starts_with("`packing` executes other commands than expected (- expected, + found):\n\n"), "{text}");
    assert!(text.contains("-     item: \"paper\",\n+     item: \"ink\","), "{text}");
    let text = failure(|| {
        given(paid(1, &["pen"])).then_commands(&Packing, ());
    });
    // Nothing is known of its type.
    assert!(text.ends_with("+ Pack [order:1]\n"), "{text}");
}

#[test]
fn a_command_of_an_effect_is_executed_and_its_events_are_not_acted_on() {
    let full = [packed(1, "pen"), packed(1, "ink")];
    let text = failure(|| {
        given(full).then_commands(&Packing, pack(1, "card"));
    });
    // Each event finds two items, so its card is refused.
    assert_eq!(text.matches("\n+ Pack [order:1]").count(), 1, "{text}");
    assert_eq!(text.matches("\n+ Refuse [order:1]").count(), 2, "{text}");
    given([packed(1, "pen"), packed(2, "ink")]).then_commands(&Packing, ());
}

#[test]
fn a_method_that_fails_is_told() {
    let text = failure(|| {
        given([packed(1, "pen"), packed(1, "nothing")]).and(paid(1, &[])).then_commands(&Packing, ());
    });
    assert!(text.starts_with("`packing` failed on `eskit-tests.Packed`: an empty box"), "{text}");
}
