//! What changes, as it changes: for programs that follow the shop, and for a page in a browser.

use std::fmt::Write as _;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{Html, Response};
use eskit::prelude::*;
use eskit::rows::Rows;
use eskit::subscription::{Changes, Start};
use eskit_axum::datastar::patch_elements;
use eskit_axum::sse::{self, LastEventId, Message};
use serde_json::json;

use crate::shop::{Shop, ShopViews};
use crate::{ItemOrdered, Order, OrderPaid};

/// The orders that have changed, by their keys.
pub(crate) async fn changes<V: ShopViews>(State(shop): State<Shop<V>>) -> Result<Response, StatusCode> {
    Ok(sse::changes(of_orders(&shop).await?))
}

/// What is told of sales.
#[derive(Event)]
enum Sale {
    Ordered(ItemOrdered),
    Paid(OrderPaid),
}

/// Sales from the first one on, or after the last one that a client has seen.
pub(crate) async fn sales<V: ShopViews>(State(shop): State<Shop<V>>, last: LastEventId) -> Response {
    sse::events::<Sale, _>(shop.app(), last.or(Start::Beginning), |event| {
        let order = event.stream.as_ref().map(|at| at.stream.id());
        match event.decode().ok()? {
            Sale::Ordered(item) => Message::json(&json!({ "order": order, "sku": item.sku, "count": item.count }))
                .ok()
                .map(|m| m.event("ordered")),
            Sale::Paid(_) => Message::json(&json!({ "order": order })).ok().map(|message| message.event("paid")),
        }
    })
}

/// A page that Datastar keeps up to date.
pub(crate) async fn board() -> Html<&'static str> {
    Html(include_str!("board.html"))
}

/// The list of the newest orders, whenever an order has changed.
pub(crate) async fn list<V: ShopViews>(State(shop): State<Shop<V>>) -> Result<Response, StatusCode> {
    let changes = of_orders(&shop).await?;
    Ok(sse::live(changes, move |_| {
        let views = shop.views.clone();
        async move {
            // Without an answer, the page stays as it is until the next change.
            let newest = views.rows::<Order>().order_by("placed_at").descending().limit(20);
            let page = newest.list().await.ok()?;
            let mut html = "<ul id=\"orders\">".to_owned();
            for row in page.rows {
                let _ = write!(html, "<li>{}: {:?}</li>", escaped(&row.key), row.status);
            }
            Some(patch_elements(html + "</ul>").into())
        }
    }))
}

/// The changes of the list of orders, ten times a second at most.
async fn of_orders<V: ShopViews>(shop: &Shop<V>) -> Result<Changes, StatusCode> {
    let changes = shop.views.changes::<Rows<Order>>().await.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(changes.debounce(Duration::from_millis(100)))
}

/// A text that a customer wrote, as a page may hold it.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
