use eskit::log::Query;

struct Incident;

fn main() {
    drop(Query::of::<Incident>());
}
