#[processor(name = "shipping", version = 2, from = "start")]
impl<T> Shipping<T> {
    #[on]
    fn paid(&mut self, event: OrderPaid, tx: &mut Tx) {}

    #[on(refused = "retry")]
    fn shipped(&self, event: &OrderShipped, cx: &mut Effect<'_>) -> ShipOrder {}
}
