use eskit::prelude::*;

mod sales {
    use super::*;

    #[derive(Event, Serialize, Deserialize)]
    pub struct OrderPlaced {
        total: u64,
    }
}

mod shop {
    use super::*;

    #[derive(Event, Serialize, Deserialize)]
    pub struct OrderPlaced {
        total: u64,
    }
}

fn main() {}
