use eskit::{EventStore, MemoryStore, delegate_store};

struct Layer(MemoryStore);

impl EventStore for Layer {
    delegate_store!(|layer| &layer.0, except apend);
}

fn main() {}
