use eskit::prelude::*;

struct Seats;

async fn run<S: eskit::EventStore>(app: &App<S>) {
    let _ = app.load::<Seats>("c1").await;
}

fn main() {}
