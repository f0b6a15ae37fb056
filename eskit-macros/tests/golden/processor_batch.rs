#[processor(name = "dunning", from = "now")]
impl Dunning {
    #[todo]
    fn sent(&self, event: &InvoiceSent) -> Todo<u64, Remind> {
        Todo::new(event.invoice, Remind)
    }

    #[work(batch = 50, workers = 2, refused = "skip")]
    async fn remind(&self, items: &[Remind], each: &mut [Effect<'_>]) -> Result<Vec<RecordReminder>, MailError> {
        self.mail.send_all(items, each).await
    }
}
