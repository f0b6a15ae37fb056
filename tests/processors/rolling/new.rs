//! The program that is deployed: a new version of an event and of a stored command, and a new kind of to-do.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::work::Todo;

use super::{Labelled, Sent, Weighed, old};
use crate::killed::note;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "rolling.Ordered", version = 2, from = old::Ordered)]
pub(crate) struct Ordered {
    #[tag]
    pub(crate) parcel: u64,
    pub(crate) is_express: bool,
}

impl From<old::Ordered> for Ordered {
    fn from(old: old::Ordered) -> Ordered {
        Ordered { parcel: old.parcel, is_express: false }
    }
}

#[derive(Command, Serialize, Deserialize)]
#[command(stored, name = "rolling.Order", version = 2, from = old::Order)]
pub(crate) struct Order {
    #[tag]
    pub(crate) parcel: u64,
    pub(crate) is_express: bool,
}

impl From<old::Order> for Order {
    fn from(old: old::Order) -> Order {
        Order { parcel: old.parcel, is_express: false }
    }
}

#[derive(Command)]
pub(crate) struct Send {
    #[tag]
    pub(crate) parcel: u64,
}

#[derive(Command)]
pub(crate) struct Label {
    #[tag]
    pub(crate) parcel: u64,
}

#[aggregate(tag = "parcel")]
#[derive(Default)]
pub(crate) struct Parcel;

#[decider]
impl Parcel {
    #[evolve]
    fn ordered(&mut self, _: &Ordered) {}

    #[evolve]
    fn weighed(&mut self, _: &Weighed) {}

    #[evolve]
    fn sent(&mut self, _: &Sent) {}

    #[evolve]
    fn labelled(&mut self, _: &Labelled) {}

    #[decide]
    fn order(&self, c: &Order) -> (Ordered, Weighed) {
        (Ordered { parcel: c.parcel, is_express: c.is_express }, Weighed { parcel: c.parcel })
    }

    #[decide]
    fn send(&self, c: &Send) -> Sent {
        Sent { parcel: c.parcel }
    }

    #[decide]
    fn label(&self, c: &Label) -> Labelled {
        Labelled { parcel: c.parcel }
    }
}

pub(crate) struct Parcels {
    pub(crate) folder: PathBuf,
}

pub(crate) enum Job {
    Send(u64),
    Label(u64),
}

#[processor(name = "parcels-new", from = "beginning", on_error = "skip")]
impl Parcels {
    #[todo]
    fn to_send(&self, event: &Ordered) -> Todo<String, Job> {
        Todo::new(event.parcel.to_string(), Job::Send(event.parcel))
    }

    #[todo]
    fn to_label(&self, event: &Weighed) -> Todo<String, Job> {
        Todo::new(format!("label-{}", event.parcel), Job::Label(event.parcel))
    }

    #[work]
    async fn work(&self, job: &Job, cx: &mut Effect<'_>) -> io::Result<(Option<Send>, Option<Label>)> {
        let (name, commands) = match job {
            Job::Send(parcel) => ("sent", (Some(Send { parcel: *parcel }), None)),
            Job::Label(parcel) => ("labelled", (None, Some(Label { parcel: *parcel }))),
        };
        note(&self.folder, name, cx.key())?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(commands)
    }
}
