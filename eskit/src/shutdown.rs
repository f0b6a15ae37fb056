/// Completes when the program is told to end: by Ctrl-C, or on Unix by the signal `SIGTERM` too. Needs a tokio runtime with I/O enabled.
///
/// ```no_run
/// # use eskit::prelude::*;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let app = App::new(MemoryStore::new()).start().await?;
/// eskit::shutdown_signal().await;
/// app.stop().await?;
/// # Ok(()) }
/// ```
pub async fn shutdown_signal() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    if let Ok(mut terminated) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        eskit_runtime::__private::first(interrupted, terminated.recv()).await;
        return;
    }
    // Where signals cannot be heard, the program runs until it is killed.
    if interrupted.await.is_err() {
        std::future::pending::<()>().await;
    }
}
