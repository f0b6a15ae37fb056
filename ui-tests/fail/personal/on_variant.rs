use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
struct Home(u8);

#[derive(Shape, Serialize, Deserialize)]
enum Place {
    #[personal]
    Home(Home),
}

fn main() {}
