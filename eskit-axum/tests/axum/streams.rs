use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use axum::routing::get;
use eskit::MemoryViews;
use eskit::prelude::*;
use eskit::rows::Rows;
use eskit::subscription::{Start, TellChanges};
use eskit_axum::sse::{self, LastEventId, Message};

use super::client::{Messages, get as ask, send};
use super::orders::{Order, Place, Placed};

/// Shows the orders with even numbers.
async fn placed(State(app): State<App<MemoryStore>>, last: LastEventId) -> Response {
    sse::events::<Placed, _>(&app, last.or(Start::Beginning), |event| {
        let placed: Placed = event.decode().ok()?;
        placed.order.is_multiple_of(2).then(|| Message::new(placed.order.to_string()).event("placed"))
    })
}

fn router(app: &App<MemoryStore>) -> Router {
    Router::new().route("/placed", get(placed)).with_state(app.clone())
}

/// The id and the data of a message.
fn parts(message: &str) -> (&str, &str) {
    let field = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    (field("id: "), field("data: "))
}

#[tokio::test]
async fn a_client_that_connects_again_misses_nothing_and_gets_nothing_twice() {
    let app = App::new(MemoryStore::new());
    for order in 0..10 {
        app.execute(Place { order }).await.unwrap();
    }
    let router = router(&app);
    let (mut last, mut got) = (None, Vec::new());
    // Each connection breaks after one message more than the one before.
    for connection in 1..=4 {
        let mut request = Request::get("/placed");
        if let Some(last) = &last {
            request = request.header("last-event-id", last);
        }
        let response = send(&router, request).await;
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        let mut messages = Messages::of(response);
        for _ in 0..connection {
            let message = messages.next().await.unwrap();
            let (id, data) = parts(&message);
            last = Some(id.to_owned());
            got.push(data.parse::<u32>().unwrap());
        }
        for order in 10 * connection..10 * connection + 10 {
            app.execute(Place { order }).await.unwrap();
        }
    }
    assert_eq!(got, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
}

#[tokio::test]
async fn an_event_that_is_appended_while_a_client_waits_is_sent() {
    let app = App::new(MemoryStore::new());
    let mut messages = Messages::of(send(&router(&app), Request::get("/placed")).await);
    let (message, _) = tokio::join!(messages.next(), async { app.execute(Place { order: 4 }).await.unwrap() });
    assert_eq!(parts(&message.unwrap()).1, "4");
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_tells_how_far_the_client_has_come() {
    let app = App::new(MemoryStore::new());
    let done = app.execute(Place { order: 1 }).await.unwrap();
    let mut messages = Messages::of(send(&router(&app), Request::get("/placed")).await);
    let began = tokio::time::Instant::now();
    let heartbeat = messages.next().await.unwrap();
    assert_eq!(parts(&heartbeat), (done.events[0].place().to_string().as_str(), ""));
    assert!((15..17).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_place_that_the_log_does_not_hold_is_told_and_forgotten() {
    let app = App::new(MemoryStore::new());
    app.execute(Place { order: 2 }).await.unwrap();
    let elsewhere = App::new(MemoryStore::new());
    let other = elsewhere.execute(Place { order: 2 }).await.unwrap();
    let request = Request::get("/placed").header("last-event-id", other.events[0].place().to_string());
    let mut messages = Messages::of(send(&router(&app), request).await);
    // An empty id takes back the one that the browser remembers.
    assert_eq!(messages.next().await.unwrap(), "data: the log was replaced\nevent: replaced\nid: ");
    assert_eq!(messages.next().await, None);
}

#[tokio::test]
async fn an_id_that_is_no_place_is_refused() {
    let router = router(&App::new(MemoryStore::new()));
    let response = send(&router, Request::get("/placed").header("last-event-id", "yesterday")).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    // A browser sends none or an empty one at first.
    let response = send(&router, Request::get("/placed").header("last-event-id", "")).await;
    assert_eq!(response.status(), StatusCode::OK);
}

async fn changed(State(views): State<MemoryViews>) -> Result<Response, StatusCode> {
    let changes = views.changes::<Rows<Order>>().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(sse::changes(changes.debounce(Duration::from_millis(1))))
}

#[tokio::test]
async fn a_slow_client_gets_all_changes_as_one() {
    let views = MemoryViews::new();
    let app = App::new(MemoryStore::new()).with_rows::<Order>(views.clone()).start().await.unwrap();
    let router = Router::new().route("/changes", get(changed)).with_state(views);
    let mut messages = Messages::of(send(&router, Request::get("/changes")).await);
    assert_eq!(messages.next().await.unwrap(), "data: {\"all\":true}\nevent: changed");
    for order in [7, 8, 7] {
        let done = app.execute(Place { order }).await.unwrap();
        app.caught_up::<Rows<Order>>(&done).await.unwrap();
    }
    assert_eq!(messages.next().await.unwrap(), "data: {\"keys\":[\"7\",\"8\"]}\nevent: changed");
    app.stop().await.unwrap();
    assert_eq!(ask(&router, "/nowhere").await.0, StatusCode::NOT_FOUND);
}
