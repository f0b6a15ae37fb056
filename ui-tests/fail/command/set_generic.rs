use eskit::prelude::*;

#[derive(Command)]
enum Order<C> {
    Any(C),
}

async fn run(app: &App<MemoryStore>, order: Order<u64>) {
    let _ = app.execute(order).await;
}

fn main() {}
