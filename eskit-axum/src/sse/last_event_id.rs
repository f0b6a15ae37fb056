use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use eskit::log::Place;
use eskit::subscription::Start;

/// The place after which a client goes on: the id of the last message that it got, from the header `Last-Event-ID`, which browsers send
/// by themselves when they connect again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LastEventId(pub Option<Place>);

impl LastEventId {
    /// Where to go on; `first` for a client that connects for the first time.
    pub fn or(self, first: Start) -> Start {
        self.0.map_or(first, Start::After)
    }
}

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = LastEventIdError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<LastEventId, LastEventIdError> {
        let Some(header) = parts.headers.get("last-event-id") else { return Ok(LastEventId(None)) };
        match header.to_str() {
            Ok("") => Ok(LastEventId(None)),
            Ok(text) => text.parse().map(|place| LastEventId(Some(place))).map_err(|_| LastEventIdError),
            Err(_) => Err(LastEventIdError),
        }
    }
}

/// The header `Last-Event-ID` holds no place of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastEventIdError;

impl fmt::Display for LastEventIdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the header `Last-Event-ID` holds no place of the log\nhelp: send the id of the last message, such as \
             `17@01926f1c-8a3e-7cc0-a5a8-5b2a0d4e9f11`, or leave it out",
        )
    }
}

impl std::error::Error for LastEventIdError {}

impl IntoResponse for LastEventIdError {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, self.to_string()).into_response()
    }
}
