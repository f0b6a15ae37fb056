//! Lifetimes that deciders and evolve methods declare.

use std::convert::Infallible;

use eskit::prelude::*;
use eskit::testing::given;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Borrowed {
    #[tag]
    shelf: String,
}

#[derive(Command)]
struct Borrow<'a> {
    #[tag]
    shelf: &'a str,
}

#[derive(Command)]
struct BorrowTwo {
    #[tag]
    shelf: String,
}

#[aggregate(tag = "shelf")]
#[derive(Default, Debug, PartialEq)]
struct Shelf {
    borrowed: u32,
}

#[decider]
#[allow(clippy::needless_lifetimes, clippy::elidable_lifetime_names, reason = "the lifetimes are the test")]
impl Shelf {
    #[evolve]
    fn borrowed<'a, 'b: 'a>(&'a mut self, _: &'b Borrowed, _: &'b RecordedEvent) {
        self.borrowed += 1;
    }

    #[decide]
    fn borrow<'own, 'command>(&'own self, command: &'command Borrow<'command>) -> Borrowed {
        Borrowed { shelf: command.shelf.to_owned() }
    }
}

#[decider]
#[allow(clippy::needless_lifetimes, reason = "the lifetimes are the test")]
fn borrow_two<'command, 'shelf>(command: &'command BorrowTwo, shelf: &'shelf Shelf) -> Result<[Borrowed; 2], Infallible>
where
    'shelf: 'command,
{
    let event = || Borrowed { shelf: format!("{}{}", command.shelf, shelf.borrowed) };
    Ok([event(), event()])
}

#[test]
fn lifetimes_may_have_names() {
    given([] as [Borrowed; 0]).when(Borrow { shelf: "a" }).then(Borrowed { shelf: "a".to_owned() });

    let two = ["a0", "a0"].map(|shelf| Borrowed { shelf: shelf.to_owned() });
    given([] as [Borrowed; 0]).when(BorrowTwo { shelf: "a".to_owned() }).then(two);
}
