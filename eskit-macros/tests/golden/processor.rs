#[processor(name = "shipping", from = "beginning", by = "order", on_error = "park")]
impl Shipping {
    /// Documentation stays.
    #[on(refused = "skip")]
    fn paid(&self, event: &OrderPaid) -> ShipOrder {
        ShipOrder { order: event.order }
    }

    #[on]
    async fn shipped(&self, event: &OrderShipped, at: &Timestamp, cx: &mut Effect<'_>) -> Result<(), MailError> {
        self.mail.send(cx.key()).await
    }

    #[cfg(feature = "audit")]
    #[on(refused = "fail")]
    async fn cancelled(&self, event: &OrderCancelled) -> Vec<Refund> {
        Vec::new()
    }

    #[on]
    async fn any(&self, event: &RecordedEvent, cx: &mut Effect<'_>) {}

    fn helper(&self) {}
}
