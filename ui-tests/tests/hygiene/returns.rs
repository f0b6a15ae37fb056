//! Everything that a decider may return.

use eskit::prelude::*;
use eskit::testing::given;

#[derive(Event, Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
struct Incremented {
    #[tag]
    counter: u32,
}

#[derive(Event, Clone, Copy, Debug, PartialEq)]
enum Counting {
    Incremented(Incremented),
    Reset {
        #[tag]
        counter: u32,
    },
}

#[derive(Debug, PartialEq)]
struct Refused;

#[aggregate(tag = "counter")]
#[derive(Default, Debug, PartialEq)]
struct Counter {
    count: u32,
}

#[decider]
impl Counter {
    #[evolve]
    fn counting(&mut self, event: &Counting) {
        match event {
            Counting::Incremented(_) => self.count += 1,
            Counting::Reset { .. } => self.count = 0,
        }
    }
}

const COUNT: usize = 1;
const ONE: Incremented = Incremented { counter: 1 };

mod free {
    use super::*;

    macro_rules! decider_only {
        ($($name:ident $Command:ident: $output:ty = $value:expr;)*) => {$(
            #[derive(Command)]
            pub(super) struct $Command {
                #[tag]
                pub(super) counter: u32,
            }

            #[decider]
            fn $name(_: &$Command, _: &Counter) -> $output {
                $value
            }
        )*};
    }

    decider_only! {
        event One: Incremented = ONE;
        some Some_: Option<Incremented> = Some(ONE);
        none None_: Option<Incremented> = None;
        list List: Vec<Incremented> = vec![ONE, ONE];
        array Array: [Incremented; 2] = [ONE, ONE];
        sum Sum: [Incremented; COUNT + 1] = [ONE; COUNT + 1];
        tuple Tuple: (Incremented, Option<Counting>, [Incremented; 1]) =
            (ONE, Some(Counting::Reset { counter: 1 }), [ONE]);
        one_tuple OneTuple: (Incremented,) = (ONE,);
        unit Unit: () = ();
        choice Choice: Counting = Counting::Reset { counter: 1 };
        nested Nested: Vec<(Incremented, Vec<Counting>)> = vec![(ONE, vec![Counting::Incremented(ONE)])];
        ok Ok_: Result<Vec<Incremented>, Refused> = Ok(vec![ONE]);
        err Err_: Result<Incremented, Refused> = Err(Refused);
        text Text: Result<Incremented, &'static str> = Err("no");
        boxed Boxed: Result<Incremented, Box<dyn std::error::Error + Send + Sync>> = Err("no".into());
    }
}

#[test]
fn every_collection_of_events_is_emitted_in_order() {
    given(()).when(free::One { counter: 1 }).then(ONE);
    given(()).when(free::Some_ { counter: 1 }).then(ONE);
    given(()).when(free::None_ { counter: 1 }).then_nothing();
    given(()).when(free::List { counter: 1 }).then([ONE, ONE]);
    given(()).when(free::Array { counter: 1 }).then([ONE, ONE]);
    given(()).when(free::Sum { counter: 1 }).then([ONE, ONE]);
    let reset = Counting::Reset { counter: 1 };
    given(())
        .when(free::Tuple { counter: 1 })
        .then((ONE, reset, ONE))
        .then_state(|state| assert_eq!(*state, Counter { count: 1 }));
    given(()).when(free::OneTuple { counter: 1 }).then(ONE);
    given(()).when(free::Unit { counter: 1 }).then_nothing();
    given(ONE)
        .when(free::Choice { counter: 1 })
        .then(reset)
        .then_state(|state| assert_eq!(*state, Counter { count: 0 }));
    given(()).when(free::Nested { counter: 1 }).then([ONE, ONE]);
    given(()).when(free::Ok_ { counter: 1 }).then(ONE);
}

#[test]
fn refusals_of_every_type_come_back() {
    given(()).when(free::Err_ { counter: 1 }).then_error(Refused);
    given(()).when(free::Text { counter: 1 }).then_error("no");
    let _ = free::Boxed { counter: 1 }.counter;
}

/// An event that replaces the whole state may be the state.
mod state {
    use super::*;

    #[aggregate(tag = "profile")]
    #[derive(Event, Serialize, Deserialize, Clone, Default, Debug, PartialEq)]
    pub(super) struct Profile {
        #[tag]
        pub(super) profile: u32,
        pub(super) name: String,
    }

    #[derive(Command)]
    pub(super) struct Rename {
        #[tag]
        pub(super) profile: u32,
        pub(super) name: String,
    }

    #[decider]
    impl Profile {
        #[evolve]
        fn replaced(&mut self, by: &Self) {
            self.clone_from(by);
        }

        #[decide]
        fn rename(&self, command: &Rename) -> Result<Self, Refused> {
            if self.name == command.name {
                return Err(Refused);
            }
            Ok(Profile { profile: command.profile, name: command.name.clone() })
        }
    }
}

#[test]
fn a_state_that_is_an_event_is_returned() {
    let ada = || state::Profile { profile: 1, name: "Ada".to_owned() };
    let rename = || state::Rename { profile: 1, name: "Ada".to_owned() };
    given(()).when(rename()).then(ada()).then_state(|state| assert_eq!(*state, ada()));
    given(ada()).when(rename()).then_error(Refused);
}
