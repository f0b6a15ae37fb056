//! The user's own types, functions and constants bear names that generated code might use.

#![allow(dead_code, non_upper_case_globals, reason = "the names are the test")]

use eskit::testing::given;
use eskit::{aggregate, decider};
use serde::{Deserialize, Serialize};

struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct Vec;
struct Box;
struct Default;
struct Send;
struct Tags;
struct Emitter;
struct RecordedEvent;
struct Tag;
struct Command;
struct Decide;
struct Evolve;
struct Aggregate;
mod core {}
mod std {}

const event: u8 = 0;
const emitter: u8 = 0;
const tags: u8 = 0;
const each: u8 = 0;
const value: u8 = 0;
const payload: u8 = 0;
const decoded: u8 = 0;
const error: u8 = 0;
const previous: u8 = 0;
const field_0: u8 = 0;
const SETS: u8 = 0;
const TABLE: u8 = 0;

#[derive(eskit::TagValue, eskit::Shape, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct String(u8);

#[derive(eskit::Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Event {
    #[tag]
    string: String,
}

#[derive(eskit::Event, Clone, Debug, PartialEq)]
enum Error {
    Event(Event),
    /// Bears the name of its own field's type.
    Status {
        #[tag("string")]
        id: String,
        status: Status,
    },
    Self_ {
        #[tag]
        string: String,
    },
    Vec {
        #[tag]
        string: String,
    },
}

#[derive(eskit::Shape, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Status {
    open: bool,
}

#[derive(eskit::Command)]
struct State {
    #[tag]
    string: String,
}

#[aggregate(tag = "string")]
#[derive(::core::default::Default, Debug, PartialEq)]
struct Model {
    open: bool,
}

#[decider]
impl Model {
    #[evolve]
    fn evolve(&mut self, error_: &Error) {
        if let Error::Status { status, .. } = error_ {
            self.open = status.open;
        }
    }
}

/// Called as the parameter of the generated method is.
#[decider]
fn state(command: &State, model: &Model) -> ::core::option::Option<Error> {
    let status = Status { open: !model.open };
    ::core::option::Option::Some(Error::Status { id: command.string.clone(), status })
}

#[test]
fn names_of_the_prelude_and_of_generated_code_are_free() {
    given(Error::Event(Event { string: String(1) }))
        .when(State { string: String(1) })
        .then([Error::Status { id: String(1), status: Status { open: true } }])
        .then_state(|state| assert_eq!(*state, Model { open: true }));
}
