#[derive(Event)]
#[event(context = "campus")]
struct TermEnded;
