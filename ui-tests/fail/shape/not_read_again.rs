use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
#[serde(rename_all(serialize = "camelCase"))]
struct Point {
    #[serde(alias = "nickName")]
    nick_name: Option<String>,
    first_name: Option<String>,
    #[serde(skip_serializing)]
    last_name: Option<String>,
}

#[derive(Shape, Serialize, Deserialize)]
enum Size {
    #[serde(rename(deserialize = "small"))]
    Small,
    Large,
}

fn main() {}
