use eskit::prelude::*;
use eskit::processor::Effect;

struct Shipping<T>(T);

#[processor(name = "Shipping", form = "now", version = 2, memory, by = "order id", on_error = "retry")]
impl<T> Shipping<T> {
    #[tables]
    const SQL: &str = "";

    #[on(refused = "stop")]
    fn paid(&mut self, event: OrderPaid) -> impl Sized {}

    #[on(refuse = "skip")]
    fn shipped(&self, event: &OrderShipped, cx: &mut Effect<'_>) {}

    #[on]
    async fn closed(&self, cx: &Effect<'_>, event: &OrderClosed) {}

    #[on]
    fn nothing(&self) {}

    #[caught_up]
    fn ready(&self) {}
}

struct OrderPaid;
struct OrderShipped;
struct OrderClosed;

fn main() {}
