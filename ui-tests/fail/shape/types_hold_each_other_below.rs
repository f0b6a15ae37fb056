use eskit::prelude::*;

#[derive(Event, Serialize, Deserialize)]
struct Saved {
    #[tag]
    disk: u32,
    root: Folder,
}

#[derive(Shape, Serialize, Deserialize)]
struct Folder {
    files: Vec<File>,
}

#[derive(Shape, Serialize, Deserialize)]
struct File {
    linked_in: Vec<Folder>,
}

fn main() {}
