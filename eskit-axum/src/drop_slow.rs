use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A listener that ends a connection whose client does not read: once nothing could be written to it for 10 s, or as long as
/// [`DropSlow::within`] says.
///
/// A client that is gone without a word, or has stopped reading, would otherwise keep its connection, and what waits to be written to
/// it, for as long as the operating system does.
///
/// ```no_run
/// # async fn serve(routes: axum::Router) -> std::io::Result<()> {
/// use eskit_axum::DropSlow;
///
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
/// axum::serve(DropSlow::new(listener), routes).await
/// # }
/// ```
#[derive(Debug)]
pub struct DropSlow<L> {
    listener: L,
    within: Duration,
}

impl<L> DropSlow<L> {
    /// The connections of this listener.
    pub fn new(listener: L) -> DropSlow<L> {
        DropSlow { listener, within: Duration::from_secs(10) }
    }

    /// Sets how long a client may take to read anything.
    #[must_use]
    pub fn within(mut self, within: Duration) -> DropSlow<L> {
        self.within = within;
        self
    }
}

impl<L: Listener> Listener for DropSlow<L> {
    type Io = Unread<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (io, address) = self.listener.accept().await;
        (Unread { io, within: self.within, waiting: None }, address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection of [`DropSlow`].
#[derive(Debug)]
pub struct Unread<I> {
    io: I,
    within: Duration,
    /// Runs while a write waits for the client.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<I> Unread<I> {
    /// Passes what came of a write on, unless it has waited for too long.
    fn watched<T>(&mut self, context: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.waiting = None;
            return written;
        }
        let within = self.within;
        match self.waiting.get_or_insert_with(|| Box::pin(sleep(within))).as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read"))),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Unread<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Unread<I> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(context, bytes);
        self.watched(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(context, slices);
        self.watched(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(context);
        self.watched(context, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.io).poll_shutdown(context);
        self.watched(context, shut)
    }
}
