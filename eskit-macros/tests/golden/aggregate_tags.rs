#[aggregate(tag("course", "student"), key = (CourseId, String), crate = facade::eskit)]
#[derive(Default)]
struct Enrolment;
