#[processor(name = "counting", from = "now", crate = other::path)]
impl Counting {
    #[on]
    fn seen(&self, event: &OrderPaid) {}
}
