use eskit::prelude::*;

#[derive(Shape, Serialize, Deserialize)]
struct Folder {
    files: Vec<File>,
}

#[derive(Shape, Serialize, Deserialize)]
struct File {
    linked_in: Vec<Folder>,
}

#[derive(Event, Serialize, Deserialize)]
struct Saved {
    #[tag]
    disk: u32,
    root: Folder,
}

fn main() {}
