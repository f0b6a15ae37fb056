#[aggregate(tag = "course")]
#[derive(Default)]
pub struct Seats {
    taken: u32,
}
