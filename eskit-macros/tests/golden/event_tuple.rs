#[derive(Event)]
#[event(name = "campus.CourseEnded", alias = "campus.CourseClosed", crate = facade::eskit)]
struct CourseEnded(#[tag("course")] CourseId, String);
