//! The routes.
//!
//! | request | answer |
//! |---|---|
//! | `POST /stock` `{"sku": "tea", "count": 5}` | the stock of the product |
//! | `GET /stock?min=1&after=..` | a page of products with at least so many in stock, the fewest first |
//! | `POST /orders` `{"order": "17", "lines": [{"sku": "tea", "count": 2}]}` | 201 and the order |
//! | `GET /orders?status=placed&after=..` | a page of orders, the newest first |
//! | `GET /orders/{order}` | the order |
//! | `DELETE /orders/{order}` | the cancelled order |
//! | `POST /orders/{order}/payment` `{"receipt_to": "ada@example.org"}` | the paid order |
//! | `POST /deliveries?due=2026-12-01T08:00:00Z` `{"sku": "tea", "count": 5}` | 202: the goods are taken in when they are due |
//! | `POST /commands/{name}` `{"order": "17"}` | the command of this wire name, such as `shop.Cancel`, with its fields as the body |
//! | `GET /orders/changes` | server-sent events: the orders that have changed |
//! | `GET /sales` | server-sent events: each order as it is placed or paid, from the beginning or after the last one that was seen |
//! | `GET /board`, `GET /board/list` | a page with the newest orders, and what keeps it up to date, for Datastar |
//! | `GET /live`, `GET /ready`, `GET /health` | how the shop is doing: see [`HealthRoutes`] |
//! | `GET /metrics` | for Prometheus; `grafana.json` is a dashboard for it |
//!
//! A `POST` may have a header `idempotency-key`: a second request with the same key gets the answer of the first. What a request
//! appends carries its headers `x-request-id` and `x-user`.
//!
//! Errors are 404 for what is not there, 409 for what does not fit the state, 422 for what never fits, and 503 for what may be tried
//! again, with a body `{"error": ".."}`. Those of commands by name also have a `kind`: `unknown_command`, `bad_payload`, `refused`,
//! `conflict`, `invalid`, `unavailable`, or `failed`.

use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use eskit::prelude::*;
use eskit::rows::{RowCursor, RowPage, Rows, RowsError};
use eskit::{EnqueueError, LoadError, NotCaughtUp};
use eskit_axum::HealthRoutes;
use serde_json::json;

use crate::by_name;
use crate::caller::Caller;
use crate::live;
use crate::shop::{Shop, ShopViews};
use crate::{Cancel, Order, OrderId, Pay, Place, Receive, ShopError, Status, Stock};

/// How long a request waits until the lists show what it wrote.
const CAUGHT_UP_WITHIN: Duration = Duration::from_secs(2);
/// The most rows of a page.
const PAGE: usize = 50;

/// The routes of a shop.
pub fn router<V: ShopViews>(shop: Shop<V>) -> Router {
    let health = HealthRoutes::new(shop.app.clone()).router();
    Router::new()
        .route("/stock", post(receive::<V>).get(list_stock::<V>))
        .route("/orders", post(place::<V>).get(list_orders::<V>))
        .route("/orders/{order}", get(show::<V>))
        .route("/orders/{order}", delete(cancel::<V>))
        .route("/orders/{order}/payment", post(pay::<V>))
        .route("/deliveries", post(announce))
        .route("/commands/{name}", post(by_name::execute))
        .route("/orders/changes", get(live::changes::<V>))
        .route("/sales", get(live::sales::<V>))
        .route("/board", get(live::board))
        .route("/board/list", get(live::list::<V>))
        .merge(health)
        .with_state(shop)
}

async fn receive<V: ShopViews>(
    State(shop): State<Shop<V>>,
    Caller(app): Caller,
    headers: HeaderMap,
    Json(command): Json<Receive>,
) -> Result<Response, Problem> {
    let done = with_key(app.execute(command), &headers)?.await?;
    shop.app.caught_up::<Rows<Stock>>(&done).within(CAUGHT_UP_WITHIN).await?;
    Ok(Json(done.state).into_response())
}

async fn place<V: ShopViews>(
    State(shop): State<Shop<V>>,
    Caller(app): Caller,
    headers: HeaderMap,
    Json(command): Json<Place>,
) -> Result<Response, Problem> {
    let done = with_key(app.execute(command), &headers)?.await?;
    shop.app.caught_up::<Rows<Order>>(&done).within(CAUGHT_UP_WITHIN).await?;
    shop.app.caught_up::<Rows<Stock>>(&done).within(CAUGHT_UP_WITHIN).await?;
    let (order, _) = done.state;
    Ok((StatusCode::CREATED, Json(order)).into_response())
}

async fn cancel<V: ShopViews>(
    State(shop): State<Shop<V>>,
    Caller(app): Caller,
    Path(order): Path<OrderId>,
) -> Result<Response, Problem> {
    let done = app.execute(Cancel { order }).await?;
    shop.app.caught_up::<Rows<Order>>(&done).within(CAUGHT_UP_WITHIN).await?;
    shop.app.caught_up::<Rows<Stock>>(&done).within(CAUGHT_UP_WITHIN).await?;
    Ok(Json(done.state).into_response())
}

#[derive(Deserialize)]
struct Payment {
    receipt_to: Option<String>,
}

async fn pay<V: ShopViews>(
    State(shop): State<Shop<V>>,
    Caller(app): Caller,
    Path(order): Path<OrderId>,
    headers: HeaderMap,
    Json(Payment { receipt_to }): Json<Payment>,
) -> Result<Response, Problem> {
    let done = with_key(app.execute(Pay { order, receipt_to }), &headers)?.await?;
    shop.app.caught_up::<Rows<Order>>(&done).within(CAUGHT_UP_WITHIN).await?;
    Ok(Json(done.state).into_response())
}

#[derive(Deserialize)]
struct Delivery {
    due: Option<Timestamp>,
}

/// The goods are taken in later, so the command is put into a queue.
async fn announce(
    Caller(app): Caller,
    Query(Delivery { due }): Query<Delivery>,
    headers: HeaderMap,
    Json(command): Json<Receive>,
) -> Result<Response, Problem> {
    let mut enqueue = app.enqueue(command);
    if let Some(due) = due {
        enqueue = enqueue.due(due);
    }
    if let Some(key) = key(&headers).map_err(bad_key)? {
        enqueue = enqueue.idempotency_key(key);
    }
    let enqueued = enqueue.await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "delivery": enqueued.id }))).into_response())
}

/// One order, read from the log: it cannot be out of date.
async fn show<V: ShopViews>(State(shop): State<Shop<V>>, Path(order): Path<OrderId>) -> Result<Json<Order>, Problem> {
    let loaded = shop.app.load::<Order>(&order).await?;
    if loaded.is_new() { Err(ShopError::OrderUnknown(order).into()) } else { Ok(Json(loaded.state)) }
}

#[derive(Deserialize)]
struct Orders {
    status: Option<Status>,
    after: Option<String>,
}

async fn list_orders<V: ShopViews>(
    State(shop): State<Shop<V>>,
    Query(wanted): Query<Orders>,
) -> Result<Json<RowPage<Order>>, Problem> {
    let mut rows = shop.views.rows::<Order>().order_by("placed_at").descending().limit(PAGE);
    if let Some(status) = wanted.status {
        rows = rows.equal("status", status);
    }
    Ok(Json(rows.after(cursor(wanted.after)?).list().await?))
}

#[derive(Deserialize)]
struct Stocks {
    min: Option<u32>,
    after: Option<String>,
}

async fn list_stock<V: ShopViews>(
    State(shop): State<Shop<V>>,
    Query(wanted): Query<Stocks>,
) -> Result<Json<RowPage<Stock>>, Problem> {
    let rows = shop.views.rows::<Stock>().at_least("available", wanted.min.unwrap_or_default());
    Ok(Json(rows.order_by("available").limit(PAGE).after(cursor(wanted.after)?).list().await?))
}

fn cursor(text: Option<String>) -> Result<Option<RowCursor>, RowsError> {
    text.map(|text| text.parse()).transpose()
}

/// Makes a command idempotent if the request says so.
fn with_key<'a, M, E>(
    command: eskit::Execute<'a, M, E>,
    headers: &HeaderMap,
) -> Result<eskit::Execute<'a, M, E>, Problem> {
    Ok(match key(headers).map_err(bad_key)? {
        Some(key) => command.idempotency_key(key),
        None => command,
    })
}

/// The idempotency key of a request.
///
/// # Errors
/// It is no text.
pub(crate) fn key(headers: &HeaderMap) -> Result<Option<&str>, String> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    key.to_str().map(Some).map_err(|_| "the header `idempotency-key` is no text".to_owned())
}

fn bad_key(text: String) -> Problem {
    Problem(StatusCode::UNPROCESSABLE_ENTITY, text)
}

/// What a command that was not executed is in HTTP, whatever its decider.
pub(crate) fn status_of<E>(error: &ExecuteError<E>) -> StatusCode {
    match error {
        ExecuteError::Domain(_) | ExecuteError::Conflict { .. } | ExecuteError::StreamClosed(_) => StatusCode::CONFLICT,
        ExecuteError::Denied(_) => StatusCode::FORBIDDEN,
        ExecuteError::KeyReused(_) | ExecuteError::Limit(_) | ExecuteError::Options(_) => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        ExecuteError::UnknownOutcome(_) | ExecuteError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// An error as HTTP says it.
struct Problem(StatusCode, String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<ShopError> for Problem {
    fn from(error: ShopError) -> Problem {
        let status = match error {
            ShopError::OrderUnknown(_) => StatusCode::NOT_FOUND,
            ShopError::OrderExists(_)
            | ShopError::OrderCancelled(_)
            | ShopError::OrderPaid(_)
            | ShopError::SoldOut { .. } => StatusCode::CONFLICT,
            ShopError::OrderEmpty | ShopError::CountZero | ShopError::TooMany(_) => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Problem(status, error.to_string())
    }
}

impl From<ExecuteError<ShopError>> for Problem {
    fn from(error: ExecuteError<ShopError>) -> Problem {
        let status = status_of(&error);
        match error {
            ExecuteError::Domain(error) => error.into(),
            _ => Problem(status, error.to_string()),
        }
    }
}

impl From<EnqueueError> for Problem {
    fn from(error: EnqueueError) -> Problem {
        let status = match error {
            EnqueueError::Views(_) => StatusCode::SERVICE_UNAVAILABLE,
            EnqueueError::Encode(_) | EnqueueError::Content(_) => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Problem(status, error.to_string())
    }
}

impl From<LoadError> for Problem {
    fn from(error: LoadError) -> Problem {
        Problem(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}

impl From<RowsError> for Problem {
    fn from(error: RowsError) -> Problem {
        let status = match error {
            RowsError::Cursor(_) | RowsError::OtherOrder { .. } | RowsError::Value { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            RowsError::Views(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Problem(status, error.to_string())
    }
}

/// The command has succeeded, but the lists may not show it yet: the client may read the order by its id.
impl From<NotCaughtUp> for Problem {
    fn from(error: NotCaughtUp) -> Problem {
        Problem(StatusCode::ACCEPTED, error.to_string())
    }
}
