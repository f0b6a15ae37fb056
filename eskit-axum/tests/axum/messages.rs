use axum::Router;
use axum::extract::State;
use axum::http::Request;
use axum::response::Response;
use axum::routing::get;
use eskit::MemoryViews;
use eskit::rows::Rows;
use eskit::subscription::TellChanges;
use eskit_axum::datastar::{Mode, patch_elements, patch_signals, remove_elements};
use eskit_axum::sse::{self, Message};

use super::client::{Messages, send};
use super::orders::Order;

/// What a client gets of one message.
async fn sent(message: Message) -> String {
    let views = MemoryViews::new();
    let router: Router = Router::new().route("/", get(answer)).with_state((views, message));
    Messages::of(send(&router, Request::get("/")).await).next().await.unwrap()
}

async fn answer(State((views, message)): State<(MemoryViews, Message)>) -> Response {
    let changes = views.changes::<Rows<Order>>().await.unwrap();
    sse::live(changes, move |_| {
        let message = message.clone();
        async { Some(message) }
    })
}

#[tokio::test]
async fn a_name_and_each_line_stand_on_lines_of_their_own() {
    assert_eq!(sent(Message::new("a\nb").event("no\nid: 1")).await, "data: a\ndata: b\nevent: no id: 1");
    assert_eq!(sent(Message::json(&[1, 2]).unwrap()).await, "data: [1,2]");
}

#[tokio::test]
async fn elements_are_patched_as_datastar_reads_it() {
    let html = "<ul id=\"orders\">\r\n  <li>17</li>\n</ul>";
    let lines = "data: elements <ul id=\"orders\">\ndata: elements   <li>17</li>\ndata: elements </ul>";
    assert_eq!(sent(patch_elements(html).into()).await, format!("{lines}\nevent: datastar-patch-elements"));
    let patch = patch_elements("<li>18</li>").selector("#orders\nmode remove").mode(Mode::Append).view_transition();
    assert_eq!(
        sent(patch.into()).await,
        "data: selector #orders mode remove\ndata: mode append\ndata: useViewTransition true\n\
         data: elements <li>18</li>\nevent: datastar-patch-elements"
    );
    assert_eq!(
        sent(remove_elements("#order-17").into()).await,
        "data: selector #order-17\ndata: mode remove\nevent: datastar-patch-elements"
    );
}

#[tokio::test]
async fn signals_are_patched_as_datastar_reads_it() {
    let signals = patch_signals("{\n\"count\": 2\n}").only_if_missing();
    assert_eq!(
        sent(signals.into()).await,
        "data: onlyIfMissing true\ndata: signals {\ndata: signals \"count\": 2\ndata: signals }\n\
         event: datastar-patch-signals"
    );
}

#[test]
fn each_mode_has_the_name_of_the_protocol() {
    let modes =
        [Mode::Outer, Mode::Inner, Mode::Replace, Mode::Prepend, Mode::Append, Mode::Before, Mode::After, Mode::Remove];
    let names = ["outer", "inner", "replace", "prepend", "append", "before", "after", "remove"];
    assert_eq!(modes.map(|mode| mode.to_string()), names);
}
