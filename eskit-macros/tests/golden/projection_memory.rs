#[projection(name = "occupancy", memory, crate = other::path)]
impl Occupancy {
    #[on]
    fn enrolled(&mut self, event: &StudentEnrolled) {}

    #[cfg(feature = "all")]
    #[on]
    fn anything(&mut self, event: &RecordedEvent) {}
}
