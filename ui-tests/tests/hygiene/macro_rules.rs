//! Items that the user's own macros write: names that come from inside and from outside of them.

use eskit::prelude::*;
use eskit::testing::given;

macro_rules! counter {
    ($event:ident { $field:ident: $id:ident }, $command:ident, $model:ident, $count:ident, $key:literal, $again:literal) => {
        #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
        struct $event {
            #[tag($key)]
            $field: $id,
            number: u32,
        }

        #[derive(Command, Debug)]
        struct $command {
            #[tag($key)]
            $field: $id,
        }

        #[aggregate(tag = $key)]
        #[derive(Default, Debug, PartialEq)]
        struct $model {
            number: u32,
        }

        #[decider]
        impl $model {
            #[evolve]
            fn counted(&mut self, event: &$event, _: &RecordedEvent) {
                self.number = event.number;
            }
        }

        #[decider]
        fn $count(command: &$command, #[key($field)] model: &$model) -> Result<$event, std::convert::Infallible> {
            Ok($event { $field: command.$field, number: model.number + 1 })
        }

        #[projection(name = $key, by = $key)]
        impl $command {
            #[on]
            fn counted(&self, event: &$event, recorded: &RecordedEvent, tx: &mut eskit::MemoryTx) {
                tx.put($key, event.$field.to_string(), recorded.position.get().into());
            }
        }

        #[processor(name = $again, from = "now", by = $key)]
        impl $model {
            #[on]
            async fn again(
                &self,
                event: &$event,
                _: &Timestamp,
                cx: &mut eskit::processor::Effect<'_>,
            ) -> Option<$command> {
                cx.is_live().then_some($command { $field: event.$field })
            }

            #[todo]
            fn counted_once(&self, event: &$event, at: &Timestamp) -> Todo<$id, (Timestamp, u32)> {
                Todo::new(event.$field, (*at, event.number))
            }

            #[done]
            fn reset(&self, event: &Change) -> Option<$id> {
                match event {
                    Change::Counted(_) => None,
                    Change::Reset { $field } => Some(*$field),
                }
            }

            #[work(workers = 2)]
            async fn count(&self, (_, number): &(Timestamp, u32), cx: &mut eskit::processor::Effect<'_>) -> $command {
                cx.is_live();
                $command { $field: $id::from(*number) }
            }

            #[every("0 0 * * *")]
            fn daily(&self, at: &Timestamp) -> Option<$command> {
                (at.as_micros() == 0).then_some($command { $field: 1 })
            }
        }

        #[derive(Event, Clone, Debug, PartialEq)]
        #[event(context = $key)]
        enum Change {
            Counted($event),
            Reset {
                #[tag($key)]
                $field: $id,
            },
        }
    };
}

counter!(Visited { page: u64 }, Visit, Visits, visit, "page", "page-again");

#[test]
fn items_may_come_from_macros() {
    let visited = |number| Visited { page: 7, number };
    given(visited(1)).then_commands(&Visits::default(), Visit { page: 7 }).then_work(
        &Visits::default(),
        7_u64,
        Visit { page: 1 },
    );
    given((visited(1), Change::Reset { page: 7 })).then_todos(&Visits::default(), ());
    given(Change::Counted(visited(1)))
        .when(Visit { page: 7 })
        .then(visited(2))
        .then_state(|state| assert_eq!(*state, Visits { number: 2 }));
    assert_eq!(Change::TYPES.names(), ["ui-tests.Visited", "page.Reset"]);
    assert_eq!(Change::Reset { page: 1 }, Change::Reset { page: 1 });
}
