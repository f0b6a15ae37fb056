#[decider]
impl Seats {
    /// Documentation stays.
    #[evolve]
    fn defined(&mut self, event: &CourseDefined) {
        self.capacity = event.capacity;
    }

    #[cfg(feature = "waiting")]
    #[evolve]
    fn waits(&mut self, _: &StudentWaits, recorded: &RecordedEvent) {
        self.waiting.push(recorded.position);
    }

    #[decide]
    fn define(&self, command: &DefineCourse) -> Result<CourseDefined, CampusError> {
        Err(CampusError::Exists)
    }

    fn helper(&self) {}
}
