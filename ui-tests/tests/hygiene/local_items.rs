//! Everything inside of a function, or each thing in a module of its own.

use eskit::prelude::*;
use eskit::testing::given;

#[test]
fn items_may_stand_in_a_function() {
    #[derive(TagValue, Shape, Serialize, Deserialize, Clone, Debug, PartialEq)]
    struct Id(u32);

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    #[event(context = "local")]
    struct Counted {
        #[tag]
        counter: Id,
    }

    #[derive(Command)]
    struct Count {
        #[tag]
        counter: Id,
    }

    #[aggregate(tag = "counter")]
    #[derive(Default, Debug, PartialEq)]
    struct Counter {
        count: u32,
    }

    #[decider]
    impl Counter {
        #[evolve]
        fn counted(&mut self, _: &Counted) {
            self.count += 1;
        }
    }

    #[decider]
    fn count(command: &Count, _: &Counter) -> Counted {
        Counted { counter: command.counter.clone() }
    }

    given(Counted { counter: Id(1) }).when(Count { counter: Id(1) }).then(Counted { counter: Id(1) });
}

mod events {
    use super::*;

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    #[event(context = "apart")]
    pub(super) struct Counted {
        #[tag]
        pub(super) counter: u32,
    }
}

mod commands {
    use super::*;

    #[derive(Command)]
    pub(super) struct Count {
        #[tag]
        pub(super) counter: u32,
    }
}

mod models {
    use super::*;

    #[aggregate(tag = "counter")]
    #[derive(Default)]
    pub(super) struct Counter;

    #[decider]
    impl Counter {
        #[evolve]
        fn counted(&mut self, _: &super::events::Counted) {}
    }
}

mod deciders {
    use super::*;

    #[decider]
    pub(super) fn count(command: &super::commands::Count, _: &super::models::Counter) -> super::events::Counted {
        super::events::Counted { counter: command.counter }
    }
}

#[test]
fn deciders_may_stand_in_modules_apart_from_their_types() {
    given(()).when(commands::Count { counter: 1 }).then(events::Counted { counter: 1 });
    assert_eq!(deciders::count(&commands::Count { counter: 2 }, &models::Counter).counter, 2);
}
