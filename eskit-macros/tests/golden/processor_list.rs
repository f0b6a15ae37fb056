#[processor(name = "dunning", from = "now", by = "invoice")]
impl Dunning {
    #[on]
    fn paid_late(&self, event: &InvoicePaid) {}

    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<u64, Remind> {
        Todo::new(event.invoice, Remind).due(event.due)
    }

    #[cfg(feature = "audit")]
    #[todo]
    fn resent(&self, event: &InvoiceResent, at: &Timestamp) -> Vec<Todo<u64, Remind>> {
        Vec::new()
    }

    #[done]
    fn paid(&self, event: &InvoicePaid) -> u64 {
        event.invoice
    }

    #[work(workers = 4, attempts = 8, within = "30s", refused = "skip")]
    async fn remind(&self, item: &Remind, cx: &mut Effect<'_>) -> Result<RecordReminder, MailError> {
        self.mail.send(cx.key()).await
    }

    #[every("0 9 * * mon", refused = "fail")]
    fn weekly(&self, at: &Timestamp) -> CloseWeek {
        CloseWeek
    }

    #[cfg(feature = "audit")]
    #[every("*/15 * * * *")]
    async fn check(&self, cx: &mut Effect<'_>) {}
}
