#[decider]
impl Seats {
    #[evolve]
    fn course(&mut self, _: &Course) {}
}
