use eskit::prelude::*;

struct TakeSeat;

async fn run<S: eskit::EventStore>(app: &App<S>) {
    let _ = app.execute(TakeSeat).await;
}

fn main() {}
