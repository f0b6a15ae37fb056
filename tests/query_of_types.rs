//! Queries that are made of types: an event, an enum of events, and what an aggregate evolves.
#![allow(clippy::unwrap_used, reason = "helpers of tests fail their test")]

use eskit::log::{Query, QueryItem, Tag};
use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "queries", alias = "queries.IncidentOpened")]
struct Reported {
    #[tag]
    incident: u32,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "queries")]
enum IncidentEvent {
    Reported(Reported),
    #[event(alias = "queries.IncidentClosed")]
    Resolved {
        #[tag]
        incident: u32,
    },
}

#[aggregate(tag = "incident")]
#[derive(Default)]
struct Incident(u32);

#[decider]
impl Incident {
    #[evolve]
    fn changed(&mut self, _: &IncidentEvent) {
        self.0 += 1;
    }
}

fn names(query: &Query) -> Vec<&str> {
    query.items().iter().flat_map(|item| item.types.iter().map(|name| name.as_str())).collect()
}

#[test]
fn a_query_of_a_type_asks_for_all_its_names() {
    let one = ["queries.Reported", "queries.IncidentOpened"];
    let all = ["queries.Reported", "queries.IncidentOpened", "queries.Resolved", "queries.IncidentClosed"];
    assert_eq!(names(&Query::of::<Reported>()), one);
    assert_eq!(names(&Query::of::<IncidentEvent>()), all);
    assert_eq!(names(&Query::evolved_by::<Incident>()), all);

    let item = QueryItem::of::<Reported>().with_tag(Tag::new("incident", 7));
    assert_eq!((item.types.len(), item.tags.len()), (2, 1));
}
