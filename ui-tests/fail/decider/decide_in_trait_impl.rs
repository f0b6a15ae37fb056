use eskit::prelude::*;

struct Seats;

impl std::str::FromStr for Seats {
    type Err = ();

    #[decide]
    fn from_str(_: &str) -> Result<Self, ()> {
        Ok(Seats)
    }
}

fn main() {}
