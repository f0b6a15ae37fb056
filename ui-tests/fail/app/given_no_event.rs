use eskit::prelude::*;

#[derive(Serialize, Deserialize)]
struct SeatTaken;

fn test() {
    let _ = eskit::testing::given(vec![SeatTaken]);
}

fn main() {}
