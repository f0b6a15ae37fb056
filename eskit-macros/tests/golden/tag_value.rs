#[derive(TagValue)]
struct Id<T: TagValue>(T);
