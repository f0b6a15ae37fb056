#[decider]
impl Seats {
    #[evolv]
    fn defined(&self, event: CourseDefined) {}

    #[decide]
    fn define(&self, command: &DefineCourse) {}
}
