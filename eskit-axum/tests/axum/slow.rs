use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use eskit::subscription::{ChangeHub, Changed};
use eskit_axum::DropSlow;
use eskit_axum::sse::{self, Message};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// Tells when it is dropped: when the connection has ended.
#[derive(Clone)]
struct Told(mpsc::UnboundedSender<()>);

struct Ended(mpsc::UnboundedSender<()>);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

/// Sends without an end.
async fn flood(State(told): State<Told>) -> Response {
    let hub = Arc::new(ChangeHub::new(|time| Box::pin(tokio::time::sleep(time))));
    let (changes, ended) = (hub.listen(), Ended(told.0));
    sse::live(changes, move |_| {
        let _ = &ended;
        hub.tell(Changed::All);
        async { Some(Message::new("x".repeat(64 * 1024))) }
    })
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_one_that_reads_is_not() {
    let (told, mut ended) = mpsc::unbounded_channel();
    let router = Router::new().route("/", get(flood)).with_state(Told(told));
    let listener = DropSlow::new(TcpListener::bind("127.0.0.1:0").await.unwrap()).within(Duration::from_millis(300));
    let address = axum::serve::Listener::local_addr(&listener).unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let connect = || async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: test\r\n\r\n").await.unwrap();
        stream
    };
    let mut reader = connect().await;
    let reading = tokio::spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        while reader.read(&mut buffer).await.unwrap() > 0 {}
    });
    let _asleep = connect().await;
    ended.recv().await.unwrap();
    assert!(!reading.is_finished() && ended.try_recv().is_err(), "the client that reads was dropped too");
    reading.abort();
    server.abort();
}
