#[derive(Event)]
#[event(context = "campus", version = 3, upcast(1 = add_student, 2 = upcasters::split_name))]
struct SeatTaken {
    course: CourseId,
}
