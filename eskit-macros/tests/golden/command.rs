#[derive(Command)]
pub struct TakeSeat<'a> {
    #[tag]
    pub course: CourseId,
    #[tag("student")]
    pub who: &'a str,
    pub note: Option<String>,
}
