use eskit::Query;

struct Incident;

fn main() {
    drop(Query::of::<Incident>());
}
