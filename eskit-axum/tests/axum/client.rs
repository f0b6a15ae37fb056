//! Requests to a router, and the messages of a stream.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

pub(crate) async fn get(router: &Router, path: &str) -> (StatusCode, String) {
    let response = send(router, Request::get(path)).await;
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

pub(crate) async fn send(router: &Router, request: axum::http::request::Builder) -> Response {
    router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

/// The messages that come, one after another.
pub(crate) struct Messages {
    body: Body,
    text: String,
}

impl Messages {
    pub(crate) fn of(response: Response) -> Messages {
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Messages { body: response.into_body(), text: String::new() }
    }

    /// The next message, without the empty line after it; `None` when there are no more.
    pub(crate) async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((message, rest)) = self.text.split_once("\n\n") {
                let message = message.to_owned();
                self.text = rest.to_owned();
                return Some(message);
            }
            let frame = self.body.frame().await?.unwrap();
            self.text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        }
    }
}
