#[projection(name = "course-report", by = "stream", on_error = "skip")]
impl CourseReport {
    #[on]
    async fn defined(&self, event: &CourseDefined, tx: &mut postgres::Tx) -> sqlx::Result<()> {
        Ok(())
    }
}
