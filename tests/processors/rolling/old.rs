//! The program before the deploy.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::work::Todo;

use super::{Sent, Weighed};
use crate::killed::note;

#[derive(Event, Serialize, Deserialize)]
#[event(name = "rolling.Ordered")]
pub(crate) struct Ordered {
    #[tag]
    pub(crate) parcel: u64,
}

#[derive(Command, Serialize, Deserialize)]
#[command(stored, name = "rolling.Order")]
pub(crate) struct Order {
    #[tag]
    pub(crate) parcel: u64,
}

#[derive(Command)]
pub(crate) struct Send {
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

    #[decide]
    fn order(&self, c: &Order) -> (Ordered, Weighed) {
        (Ordered { parcel: c.parcel }, Weighed { parcel: c.parcel })
    }

    #[decide]
    fn send(&self, c: &Send) -> Sent {
        Sent { parcel: c.parcel }
    }
}

pub(crate) struct Parcels {
    pub(crate) folder: PathBuf,
}

#[processor(name = "parcels-old", from = "beginning", on_error = "skip")]
impl Parcels {
    #[todo]
    fn to_send(&self, event: &Ordered) -> Todo<u64, u64> {
        Todo::new(event.parcel, event.parcel)
    }

    #[work]
    async fn send(&self, parcel: &u64, cx: &mut Effect<'_>) -> io::Result<Send> {
        note(&self.folder, "sent", cx.key())?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(Send { parcel: *parcel })
    }
}
