use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
struct Address {
    id: u64,
    #[personal(subject = "id", kind = "student")]
    street: Option<String>,
}

mod as_text {
    use super::*;
    pub fn serialize<S: serde::Serializer>(home: &Address, to: S) -> Result<S::Ok, S::Error> {
        home.serialize(to)
    }
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
        Address::deserialize(from)
    }
}

#[derive(Event, Serialize, Deserialize)]
struct Enrolled {
    student: u64,
    #[personal]
    #[serde(with = "as_text")]
    home: Address,
}

fn main() {}
