use eskit::prelude::*;

#[derive(Command)]
struct TakeSeat {
    #[tag]
    course: String,
}

async fn run<S: eskit::EventStore>(app: &eskit::App<S>) {
    let _ = app.execute(TakeSeat { course: "c1".to_owned() }).await;
}

fn main() {}
