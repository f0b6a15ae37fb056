//! What else may stand in a `#[decider]` impl block and in signatures.

use eskit::prelude::*;
use eskit::testing::given;

#[derive(Event, Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
struct Counted {
    #[tag]
    counter: u32,
    by: u32,
}

#[derive(Command, Clone, Copy)]
struct Count {
    #[tag]
    counter: u32,
    by: u32,
}

#[derive(Debug, PartialEq)]
struct TooMany<const MOST: u32>;

#[aggregate(tag = "counter")]
#[derive(Default, Debug, PartialEq)]
struct Counter {
    count: u32,
}

macro_rules! helper {
    ($name:ident) => {
        fn $name(&self) -> u32 {
            self.count
        }
    };
}

/// Comments and attributes stand on the block too.
#[decider]
#[allow(clippy::use_self, clippy::mixed_attributes_style, reason = "an attribute")]
impl Counter {
    #![allow(clippy::missing_const_for_fn, reason = "an inner attribute")]

    /// A constant whose value has braces.
    const MOST: u32 = { 2 + 1 };
    const HELPER: fn(&Self) -> u32 = Self::helper;

    helper!(braces);
    helper! { brackets }

    fn helper(&self) -> u32 {
        self.braces().max(self.brackets())
    }

    /// The event is taken apart in the parameter.
    #[evolve]
    #[expect(clippy::assign_op_pattern, reason = "an attribute between mark and method")]
    pub(crate) fn counted(&mut self, &Counted { counter: _, by }: &Counted, #[allow(unused)] at: &RecordedEvent) {
        self.count = self.count + by;
    }

    /// The return type has braces of its own.
    #[must_use = "a decision is data"]
    #[decide]
    fn count(&self, &Count { counter, by }: &Count) -> Result<Counted, TooMany<{ Self::MOST }>> {
        if (Self::HELPER)(self) + by > Self::MOST {
            return Err(TooMany);
        }
        Ok(Counted { counter, by })
    }
}

#[derive(Command)]
struct Reset<'a> {
    #[tag]
    counter: &'a str,
}

#[decider]
fn reset(Reset { counter }: &Reset<'_>, Counter { count }: &Counter) -> Option<Counted> {
    let counter = counter.parse().ok()?;
    (*count > 0).then_some(Counted { counter, by: 0 })
}

#[test]
fn other_items_are_left_alone() {
    let count = Count { counter: 1, by: 2 };
    let counted = Counted { counter: 1, by: 2 };
    given(()).when(count).then(counted).then_state(|state| assert_eq!(*state, Counter { count: 2 }));
    given(counted).when(count).then_error(TooMany);
    given(counted).when(Reset { counter: "1" }).then(Counted { counter: 1, by: 0 });
}
