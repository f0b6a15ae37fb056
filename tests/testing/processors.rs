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

#[derive(Debug)]
enum Chore {
    Wrap(String),
    Unpack,
}

struct Chores;

#[processor(name = "chores", from = "now")]
impl Chores {
    #[todo]
    fn paid(&self, event: &Paid, at: &Timestamp) -> Vec<Todo<u64, Chore>> {
        let wrap = |(index, item): (usize, &String)| Todo::new(index as u64, Chore::Wrap(item.clone())).due(*at);
        event.items.iter().enumerate().map(wrap).collect()
    }

    #[todo]
    fn refused(&self, event: &Refused) -> Todo<u64, Chore> {
        Todo::new(event.order, Chore::Unpack)
    }

    #[done]
    fn packed(&self, event: &Packed) -> u64 {
        event.order
    }

    #[work(refused = "fail")]
    fn work(&self, chore: &Chore) -> Result<Option<Pack>, String> {
        match chore {
            Chore::Wrap(item) if item.is_empty() => Err("nothing to wrap".to_owned()),
            Chore::Wrap(item) => Ok(Some(pack(1, item))),
            Chore::Unpack => Ok(None),
        }
    }
}

/// The to-do of an item, at this time.
fn wrap(key: u64, item: &str, at: Timestamp) -> Todo<u64, Chore> {
    Todo::new(key, Chore::Wrap(item.to_owned())).due(at)
}

#[test]
fn to_dos_that_are_open_are_expected_in_order() {
    let at = Timestamp::now();
    given(paid(1, &["pen", "ink"])).at(at).then_todos(&Chores, [wrap(0, "pen", at), wrap(1, "ink", at)]).then_work(
        &Chores,
        1_u64,
        pack(1, "ink"),
    );
    // An event closes all that is open under its key, and the next one opens it again.
    given((paid(1, &["pen", "ink"]), Refused { order: 1 }, packed(1, "ink"), Refused { order: 1 }))
        .at(at)
        .then_todos(&Chores, [wrap(0, "pen", at), Todo::new(1, Chore::Unpack)]);
    given(()).then_todos(&Chores, ());
    given(packed(1, "ink")).then_todos(&Chores, None::<Todo<u64, Chore>>);
}

#[test]
fn the_difference_of_to_dos_is_shown() {
    let text = failure(|| {
        given(Refused { order: 7 }).then_todos(&Chores, Todo::new(7_u64, Chore::Wrap("pen".to_owned())));
    });
    let start = "other to-dos of `chores` are open than expected (- expected, + found):\n\n";
    assert!(text.starts_with(start) && text.contains("+ 7: Unpack"), "{text}");
    let text = failure(|| {
        given(Refused { order: 7 }).then_todos(&Chores, ());
    });
    assert!(text.ends_with("+ 7: ..\n"), "{text}");
    let text = failure(|| {
        given(Refused { order: 7 }).then_todos(&Chores, Todo::new(7_u64, "unpack"));
    });
    assert!(text.contains("+ 7: no `&str`"), "{text}");
}

#[test]
fn work_that_is_not_open_or_fails_is_told() {
    let text = failure(|| {
        given(Refused { order: 7 }).then_work(&Chores, 8_u64, ());
    });
    assert_eq!(text, "`chores` has no to-do with the key `8`; open are: `7`");
    let text = failure(|| {
        given(paid(1, &[""])).then_work(&Chores, 0_u64, ());
    });
    assert!(text.contains("`chores` failed on `eskit-tests.Paid`: nothing to wrap"), "{text}");
}
