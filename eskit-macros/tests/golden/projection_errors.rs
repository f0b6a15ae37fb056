#[projection(version = 0, on_error = "retry", on_eror = "park")]
impl<T> CourseList<T> {
    #[on]
    fn defined(&self, event: CourseDefined, tx: &mut Tx) {}

    #[on]
    fn nothing(&self) {}
}
