#[projection(name = "course-list", version = 2, by = "course", on_error = "park")]
impl CourseList {
    #[tables]
    const SQL: &str = "CREATE TABLE courses (id TEXT PRIMARY KEY)";

    /// Documentation stays.
    #[on]
    fn defined(&self, event: &CourseDefined, tx: &mut sqlite::Tx) -> rusqlite::Result<()> {
        Ok(())
    }

    #[cfg(feature = "waiting")]
    #[on]
    fn waits(&self, event: &StudentWaits, at: &Timestamp, tx: &mut sqlite::Tx) {}

    #[on]
    fn anything(&self, event: &RecordedEvent, tx: &mut sqlite::Tx) {}

    #[caught_up]
    fn ready(&self) {}

    fn helper(&self) {}
}
