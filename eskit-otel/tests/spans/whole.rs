//! How a trace goes on from a command to what handles its events.

use eskit::prelude::*;
use eskit::{InMemory, MemoryViews, QueueOptions, processor::OnRefused};
use tracing::{Instrument, info_span};

use super::orders::{Invoicing, Order, Ordered, Ship, Shipping};
use super::trees::check;
use super::{Alone, Exported};

#[derive(Default)]
struct Count(u32);

#[projection(name = "count", memory)]
impl Count {
    #[on]
    fn ordered(&mut self, _: &Ordered) {
        self.0 += 1;
    }
}

fn order(order: u32) -> Order {
    Order { order, note: "no milk".to_owned() }
}

#[tokio::test]
async fn a_processor_goes_on_with_the_trace_of_its_event() {
    let exported = Exported::start();
    let app = App::new(MemoryStore::new()).with_processor(Shipping, MemoryViews::new()).start().await.unwrap();
    let request = info_span!("POST /orders");
    let done = app.execute(order(17)).into_future().instrument(request).await.unwrap();
    app.settle().await.unwrap();
    app.stop().await.unwrap();
    check(&exported, "processor");

    let spans = exported.collector.spans();
    let append = spans.iter().find(|span| span.name == "append").unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let parent = format!("00-{}-{}-01", hex(&append.trace_id), hex(&append.span_id));
    assert_eq!(done.events[0].metadata.get("traceparent"), Some(parent.as_str()));
    let handled = spans.iter().find(|span| span.name == "handle shipping").unwrap();
    assert_eq!((&handled.links[0].trace_id, &handled.links[0].span_id), (&append.trace_id, &append.span_id));
}

#[tokio::test]
async fn a_to_do_and_a_queue_go_on_with_the_trace_that_led_to_them() {
    let exported = Exported::start();
    let app = App::new(MemoryStore::new())
        .with_processor(Invoicing, MemoryViews::new())
        .with_queue::<Ship>("ships", MemoryViews::new(), QueueOptions::on_refused(OnRefused::Fail))
        .start()
        .await
        .unwrap();
    let request = info_span!("POST /ships");
    app.enqueue(Ship { order: 17 }).into_future().instrument(request).await.unwrap();
    app.settle().await.unwrap();
    app.stop().await.unwrap();
    check(&exported, "work");
}

#[tokio::test]
async fn a_batch_is_linked_to_32_appends_at_most() {
    let exported = Exported::start();
    let app = App::new(MemoryStore::new());
    for number in 0..40 {
        app.execute(order(number)).await.unwrap();
    }
    let count = InMemory::<Count>::default();
    let app = app.with_memory(&count).start().await.unwrap();
    app.settle().await.unwrap();
    app.stop().await.unwrap();
    assert_eq!(count.read().0, 40);
    let spans = exported.flushed().spans();
    let handled: Vec<_> = spans.iter().filter(|span| span.name == "handle count").collect();
    assert_eq!((handled.len(), handled[0].links.len(), handled[0].parent_span_id.len()), (1, 32, 0));
}

#[tokio::test]
async fn a_trace_that_metadata_names_goes_on_where_there_is_no_other() {
    let exported = Exported::start();
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let metadata = Metadata::new().with("traceparent", parent);
    let app = App::new(MemoryStore::new()).with_metadata(metadata);
    app.execute(order(1)).await.unwrap();
    app.execute(order(2)).into_future().instrument(info_span!("request")).await.unwrap();
    let spans = exported.flushed().spans();
    let of = |name: &str| spans.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    let (commands, request) = (of("execute Order"), of("request"));
    assert_eq!(commands[0].parent_span_id, 0x00f0_67aa_0ba9_02b7_u64.to_be_bytes());
    assert_eq!(commands[1].parent_span_id, request[0].span_id);
}

#[tokio::test]
async fn without_an_active_span_nothing_is_written_into_the_metadata() {
    let _alone = Alone::start();
    let app = App::new(MemoryStore::new());
    let done = app.execute(order(1)).await.unwrap();
    assert!(done.events[0].metadata.is_empty());
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let done = app.execute(order(2)).metadata(Metadata::new().with("traceparent", parent)).await.unwrap();
    assert_eq!(done.events[0].metadata.get("traceparent"), Some(parent));
}

#[tokio::test]
async fn metadata_without_room_is_left_as_it_is() {
    let exported = Exported::start();
    let full = (0..100).fold(Metadata::new(), |metadata, n| metadata.with(n.to_string(), ""));
    let done = App::new(MemoryStore::new()).execute(order(1)).metadata(full.clone()).await.unwrap();
    assert_eq!(done.events[0].metadata, full);
    drop(exported);
}
