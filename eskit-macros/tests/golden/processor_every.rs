#[processor(name = "closing", from = "now")]
impl Closing {
    #[every("0 0 1 * *")]
    async fn monthly(&self, at: &Timestamp, cx: &mut Effect<'_>) -> Result<(), String> {
        Ok(())
    }
}
