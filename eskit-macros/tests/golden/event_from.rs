#[derive(Event)]
#[event(context = "campus", version = 3, from = old::SeatTakenV2)]
struct SeatTaken {
    #[tag]
    course: CourseId,
}
