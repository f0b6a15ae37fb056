//! Keywords as names: they are stored without `r#`.

#![allow(non_camel_case_types, reason = "the names are the test")]

use eskit::prelude::*;
use eskit::testing::given;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct r#match {
    #[tag]
    r#type: String,
    r#fn: u32,
}

#[derive(Event, Clone, Debug, PartialEq)]
enum r#enum {
    r#match(r#match),
    r#loop {
        #[tag]
        r#type: String,
    },
}

#[derive(Command)]
struct r#do {
    #[tag("type")]
    r#where: String,
}

#[aggregate(tag = "type")]
#[derive(Default, Debug, PartialEq)]
struct r#struct {
    r#in: u32,
}

#[decider]
impl r#struct {
    #[evolve]
    fn r#use(&mut self, r#ref: &r#enum) {
        self.r#in += if let r#enum::r#match(event) = r#ref { event.r#fn } else { 1 };
    }
}

#[decider]
fn r#try(r#mod: &r#do, #[key(r#where)] r#struct: &r#struct) -> r#match {
    r#match { r#type: r#mod.r#where.clone(), r#fn: r#struct.r#in }
}

#[test]
fn keywords_are_names_like_others() {
    let events = r#enum::r#loop { r#type: "a".to_owned() };
    given(events).when(r#do { r#where: "a".to_owned() }).then(r#match { r#type: "a".to_owned(), r#fn: 1 });
    let names = <r#enum as Event>::TYPES.names();
    assert_eq!(names, ["ui-tests.match", "ui-tests.loop"]);
}
