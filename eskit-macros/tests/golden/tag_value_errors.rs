#[derive(TagValue)]
struct Id {
    faculty: String,
    number: u32,
}
