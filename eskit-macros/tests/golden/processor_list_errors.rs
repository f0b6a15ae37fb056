#[processor(name = "dunning", from = "now", workers = 4)]
impl Dunning {
    #[todo]
    async fn sent(&self, event: &InvoiceSent, cx: &mut Effect<'_>) {}

    #[done]
    fn paid(&self, event: &RecordedEvent) -> impl TodoKeys<u64> {}

    #[work(worker = 4, attempts = 0, within = "30")]
    fn remind(&self, item: Remind) {}

    #[work]
    fn remind_again(&self, item: &Remind, key: &u64) {}

    #[every("0 25 * * MON")]
    fn weekly(&self, event: &InvoiceSent) {}
}
