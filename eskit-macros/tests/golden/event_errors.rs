#[derive(Event)]
#[event(verison = 2, crate = facade::eskit)]
struct CourseDefined {
    #[tag("Course")]
    course: CourseId,
}
