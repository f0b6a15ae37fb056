#[derive(Shape)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Payment {
    InCash,
    ByCard { number: String },
    #[serde(other)]
    Other,
}
