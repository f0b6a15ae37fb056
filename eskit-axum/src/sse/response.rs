use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;

/// How often something is sent while there is nothing to send.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);

/// Counts the clients of a kind of feed, while they are connected.
struct Client {
    feed: &'static str,
}

impl Client {
    fn connected(feed: &'static str) -> Client {
        #[cfg(feature = "prometheus")]
        {
            use metrics::{Unit, describe_counter, describe_gauge, gauge};
            describe_gauge!("eskit_sse_clients", Unit::Count, "Clients of server-sent events that are connected");
            describe_counter!("eskit_sse_messages_total", Unit::Count, "Messages that were given to clients");
            gauge!("eskit_sse_clients", "feed" => feed).increment(1.0);
        }
        Client { feed }
    }

    fn gets_a_message(&self) {
        #[cfg(feature = "prometheus")]
        metrics::counter!("eskit_sse_messages_total", "feed" => self.feed).increment(1);
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        #[cfg(feature = "prometheus")]
        metrics::gauge!("eskit_sse_clients", "feed" => self.feed).decrement(1.0);
        let _ = self.feed;
    }
}

/// What gives the messages of one client, one after another.
pub(super) trait Feed: Send + 'static {
    /// The name of this kind of feed, for metrics.
    const NAME: &'static str;

    /// The next message; `None` when there are no more. A call that is dropped loses nothing.
    fn next(&mut self) -> impl Future<Output = Option<Event>> + Send;

    /// What is sent while there is nothing to send.
    fn heartbeat(&self) -> Event {
        Event::default().comment("")
    }
}

/// Sends the messages of a feed to a client.
pub(super) fn respond<F: Feed>(feed: F) -> Response {
    let client = Client::connected(F::NAME);
    let stream = unfold((feed, client), async |(mut feed, client)| {
        let message = match tokio::time::timeout(HEARTBEAT, feed.next()).await {
            Ok(message) => {
                let message = message?;
                client.gets_a_message();
                message
            }
            Err(_) => feed.heartbeat(),
        };
        Some((Ok::<_, Infallible>(message), (feed, client)))
    });
    let mut response = Sse::new(stream).into_response();
    // Proxies of nginx would hold messages back until a buffer is full.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}
