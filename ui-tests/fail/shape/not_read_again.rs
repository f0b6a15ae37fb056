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

fn main() {}
