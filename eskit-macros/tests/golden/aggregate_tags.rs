#[aggregate(tag("course", "student"), crate = facade::eskit)]
#[derive(Default)]
struct Enrolment;
