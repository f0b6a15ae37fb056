use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(context = "shop")]
struct Registered {
    #[tag]
    email: String,
}

#[derive(Event)]
#[event(context = "shop")]
enum CustomerEvent {
    Registered(Registered),
    Blocked { reason: String },
}

#[aggregate(tag = "email")]
#[derive(Default)]
struct Address {
    taken: bool,
}

#[decider]
impl Address {
    #[evolve]
    fn happened(&mut self, event: &CustomerEvent) {
        self.taken |= matches!(event, CustomerEvent::Registered(_));
    }
}

fn main() {}
