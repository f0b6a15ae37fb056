use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize, Clone)]
struct Address {
    id: u64,
    #[personal(subject = "id", kind = "student")]
    street: Option<String>,
}

#[derive(Event, Serialize, Deserialize, Clone)]
#[serde(from = "Address", into = "Address")]
struct Moved {
    id: u64,
}

impl From<Address> for Moved {
    fn from(home: Address) -> Moved {
        Moved { id: home.id }
    }
}

impl From<Moved> for Address {
    fn from(moved: Moved) -> Address {
        Address { id: moved.id, street: None }
    }
}

fn main() {}
