#[derive(Event)]
pub struct CourseDefined {
    #[tag]
    pub course: CourseId,
    #[tag("term")]
    pub terms: Vec<u16>,
    pub capacity: u32,
}
