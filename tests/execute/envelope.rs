//! Evolve methods that take beside the event its time, the recorded event, or both.

use eskit::Timestamp;
use eskit::log::Position;
use eskit::prelude::*;

use crate::scripted;

#[derive(Event, Serialize, Deserialize)]
struct DoorOpened {
    #[tag]
    door: String,
}

#[derive(Command)]
struct OpenDoor {
    #[tag]
    door: String,
}

/// Who opened a door last, when, and where that is recorded.
#[aggregate(tag = "door")]
#[derive(Default)]
struct Door {
    last: Option<(Option<String>, Timestamp, Position, u32)>,
}

#[decider]
impl Door {
    #[evolve]
    fn opened(&mut self, event: &DoorOpened, at: &Timestamp, recorded: &RecordedEvent) {
        assert_eq!(*at, recorded.recorded_at);
        assert_eq!(recorded.tags.values("door").next(), Some(event.door.as_str()));
        let by = recorded.metadata.get("by").map(str::to_owned);
        self.last = Some((by, *at, recorded.position, recorded.schema_version.get()));
    }

    #[decide]
    fn open(&self, command: &OpenDoor) -> DoorOpened {
        DoorOpened { door: command.door.clone() }
    }
}

/// When each door was opened last; in the other order.
#[aggregate(all)]
#[derive(Default)]
struct Doors(Vec<(Position, Timestamp)>);

#[decider]
impl Doors {
    #[evolve]
    fn opened(&mut self, _: &DoorOpened, recorded: &RecordedEvent, at: &Timestamp) {
        self.0.push((recorded.position, *at));
    }
}

#[tokio::test]
async fn the_envelope_is_that_of_the_log() {
    let app = scripted();
    let open = |door: &str| OpenDoor { door: door.into() };
    app.execute(open("east")).await.unwrap();
    let time = Timestamp::from_micros(951_782_400_000_001);
    let metadata = Metadata::new().with("by", "ada");

    let executed = app.execute(open("west")).metadata(metadata).recorded_at(time).await.unwrap();

    // The state after the command is folded from the new events as they are recorded.
    let expected = Some((Some("ada".to_owned()), time, Position::new(2), 1));
    assert_eq!(executed.state.last, expected);
    assert_eq!(app.load::<Door>("west").await.unwrap().state.last, expected);
    assert_eq!(app.load::<Doors>(()).await.unwrap().state.0[1], (Position::new(2), time));
}
