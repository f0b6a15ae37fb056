//! Commands that are executed in another process: their outcomes, deadlines, routes, and how a service stops.

use std::collections::BTreeSet;
use std::fmt;
use std::future::IntoFuture as _;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use eskit::RetryPolicy;
use eskit::execute::{Denied, OutcomeKind};
use eskit::layer::Hooked;
use eskit::log::{Condition, Position, Principal, PrincipalKind, SchemaVersion};
use eskit::middleware::{Authorized, Call, Middleware, Next, Outcome};
use eskit::model::StoredCommand;
use eskit::nats::async_nats::{self, Client, HeaderMap, Request};
use eskit::nats::commands::{CommandClient, CommandError, CommandService, Sending, ServiceError};
use eskit::prelude::*;
use eskit_nats::testing;
use shop::{Cancel, Line, OrderId, Pay, Place, Receive, ShopCommand, ShopError, Sku};

const SECOND: Duration = Duration::from_secs(1);

/// A connection to the server of this process; `None` where there is no server.
async fn connect() -> Option<Client> {
    let server = testing::server().unwrap()?;
    Some(async_nats::connect(server.address()).await.unwrap())
}

fn sku(name: &str) -> Sku {
    Sku(name.to_owned())
}

fn place(order: &str, count: u32) -> Place {
    Place { order: OrderId(order.to_owned()), lines: vec![Line { sku: sku("tea"), count }] }
}

fn receive(count: u32) -> Receive {
    Receive { sku: sku("tea"), count }
}

async fn events(app: &App<impl EventStore>) -> Vec<eskit::RecordedEvent> {
    app.store().read(&Query::all(), ReadOptions::default()).await.unwrap().events
}

/// Lets each command take as long as its metadata says.
struct Slow;

impl Middleware for Slow {
    async fn around(&self, call: &mut Call<'_>, next: Next<'_>) -> Result<Outcome, Denied> {
        let millis = call.metadata().get("millis").and_then(|millis| millis.parse().ok());
        tokio::time::sleep(Duration::from_millis(millis.unwrap_or_default())).await;
        next.run(call).await
    }
}

fn slow() -> App<MemoryStore> {
    App::new(MemoryStore::new()).with_middleware(Slow)
}

/// Panics if it is told to.
#[derive(Command, Serialize, Deserialize, Clone)]
#[command(stored)]
struct Ponder {
    #[tag]
    thought: String,
    panics: bool,
}

#[derive(Event, Serialize, Deserialize)]
struct Pondered {
    #[tag]
    thought: String,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct TooHard;

impl fmt::Display for TooHard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it is too hard")
    }
}

#[decider(no_models)]
fn ponder(command: &Ponder) -> Result<Pondered, TooHard> {
    assert!(!command.panics, "no thought of this");
    Ok(Pondered { thought: command.thought.clone() })
}

fn think(thought: impl ToString) -> Ponder {
    Ponder { thought: thought.to_string(), panics: false }
}

/// Sends a thought that takes so long.
fn ponder_for(client: &CommandClient, thought: impl ToString, millis: u64) -> Sending<TooHard> {
    client.execute(think(thought)).metadata(Metadata::new().with("millis", millis.to_string()))
}

/// How many messages have come to this connection. What it asks itself for comes twice: to the service, and back as the answer.
fn come(nats: &Client) -> u64 {
    nats.statistics().in_messages.load(Ordering::SeqCst)
}

/// Waits until so many messages have come.
async fn comes(nats: &Client, number: u64) {
    while come(nats) < number {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test]
async fn each_outcome_keeps_its_kind_and_refusals_their_type() {
    let Some(nats) = connect().await else { return };
    let app = App::new(MemoryStore::new()).with_metadata(Metadata::new().with("process", "1"));
    let service = CommandService::new("kinds", app.clone()).serve::<Receive>().serve::<Place>();
    let serving = service.start(&nats).await.unwrap();
    let client = CommandClient::new("kinds", nats.clone());

    let user = Principal::new(PrincipalKind::User, "ada\nlovelace");
    let metadata = Metadata::new().with_correlation_id("request-17").with_initiator(user).with("k", "ü");
    let done = client.execute(receive(3)).idempotency_key("delivery:1").metadata(metadata.clone()).await.unwrap();
    assert_eq!((done.outcome, done.events, done.attempts), (OutcomeKind::Appended, 1, 1));
    let again = client.execute(receive(3)).idempotency_key("delivery:1").await.unwrap();
    assert_eq!((again.outcome, again.first, again.last), (OutcomeKind::Repeated, done.first, done.last));
    client.execute(receive(1)).await.unwrap();
    let in_log = events(&app).await;
    assert_eq!((in_log.len(), done.last), (2, Some(in_log[0].place())));
    let sent = in_log[0].metadata.clone();
    assert_eq!(
        (sent.correlation_id(), sent.initiator(), sent.get("k")),
        (Some("request-17"), metadata.initiator(), Some("ü"))
    );
    assert_eq!(in_log[1].metadata.get("process"), Some("1"), "what a request leaves out is that of the app");

    let sold_out = client.execute(place("1", 9)).await.unwrap_err();
    let error = ShopError::SoldOut { sku: sku("tea"), available: 4 };
    assert_eq!(sold_out, CommandError::Refused { text: error.to_string(), error: Some(error) });

    // Another error than this program knows is still a refusal.
    let stored = place("1", 9).encode().unwrap();
    let unread = client.send::<u32>(stored.clone()).await.unwrap_err();
    assert_eq!(unread, CommandError::Refused { error: None, text: "only 4 of `tea` are in stock".to_owned() });

    let reused = client.execute(receive(3)).idempotency_key("delivery:1").await;
    assert_eq!(reused.unwrap().outcome, OutcomeKind::Repeated);
    let other = client.execute(Receive { sku: sku("milk"), count: 3 }).idempotency_key("delivery:1").await.unwrap_err();
    assert!(matches!(&other, CommandError::Invalid(text) if text.contains("delivery:1")), "{other:?}");
    let unfit = client.send::<String>(StoredCommand::new("shop.Place", SchemaVersion::FIRST, "{}")).await.unwrap_err();
    assert!(matches!(&unfit, CommandError::Invalid(text) if text.contains("does not fit its type")), "{unfit:?}");
    let newer = StoredCommand::new(stored.name, SchemaVersion::new(9).unwrap(), stored.payload);
    let newer = client.send::<String>(newer).await.unwrap_err();
    assert!(matches!(&newer, CommandError::Unavailable(text) if text.contains("newer than version 1")), "{newer:?}");
    let nobody = client.execute(Pay { order: OrderId("1".to_owned()), receipt_to: None }).await.unwrap_err();
    assert!(matches!(&nobody, CommandError::NotFound(text) if text.contains("`shop.Pay`")), "{nobody:?}");
    let key = client.execute(receive(1)).idempotency_key("a\nb").await.unwrap_err();
    assert!(matches!(&key, CommandError::Invalid(text) if text.contains("control characters")), "{key:?}");
    assert_eq!(events(&app).await.len(), 2);
    serving.stop(SECOND).await.unwrap();
}

#[tokio::test]
async fn sets_refuse_with_texts_and_what_is_denied_or_conflicts_is_told_apart() {
    fn known(call: &Call<'_>) -> Result<(), Denied> {
        call.metadata().initiator().map(drop).ok_or_else(|| Denied::new("log in"))
    }
    let Some(nats) = connect().await else { return };
    // As if others were faster at every try.
    let store = Hooked::new(MemoryStore::new()).before_append(|append| {
        append.conditions.push(Condition::NoEvents { query: Query::all(), after: Position::START });
        Ok(())
    });
    let app = App::new(store).with_retry(RetryPolicy::never()).with_middleware(Authorized::by(known));
    let serving = CommandService::new("set", app.clone()).serve_as_text::<ShopCommand>().start(&nats).await.unwrap();
    let client = CommandClient::new("set", nats);
    let ada = Metadata::new().with_initiator(Principal::new(PrincipalKind::User, "ada"));

    assert_eq!(client.execute(receive(1)).await, Err(CommandError::Denied("log in".to_owned())));
    client.execute(receive(1)).metadata(ada.clone()).await.unwrap();
    let conflict = client.execute(receive(1)).metadata(ada.clone()).await.unwrap_err();
    assert!(matches!(&conflict, CommandError::Conflict(text) if text.starts_with("conflict: ")), "{conflict:?}");
    let cancel = ShopCommand::Cancel(Cancel { order: OrderId("9".to_owned()) }).encode().unwrap();
    let refused = client.send::<ShopError>(cancel).metadata(ada).await.unwrap_err();
    assert_eq!(refused, CommandError::Refused { error: None, text: "there is no order `9`".to_owned() });
    serving.stop(SECOND).await.unwrap();
}

#[tokio::test]
async fn what_is_late_is_not_executed_and_an_answer_that_does_not_come_leaves_the_outcome_open() {
    let Some(nats) = connect().await else { return };
    let app = slow();
    let service = CommandService::new("late", app.clone()).serve::<Ponder>().concurrency(1);
    let serving = service.start(&nats).await.unwrap();
    let client = CommandClient::new("late", nats.clone());

    // Its time is over before it gets its turn.
    let before = come(&nats);
    let slow = tokio::spawn(ponder_for(&client, "slow", 500).into_future());
    comes(&nats, before + 1).await;
    let late = ponder_for(&client, "late", 0).timeout(Duration::from_millis(60)).await.unwrap_err();
    assert!(matches!(&late, CommandError::UnknownOutcome(text) if text.contains("within 0.06 s")), "{late:?}");
    // This one has begun when its time is over, and goes on.
    assert_eq!(slow.await.unwrap().unwrap().events, 1);
    let begun = ponder_for(&client, "begun", 300).timeout(Duration::from_millis(100)).idempotency_key("begun").await;
    assert!(matches!(begun, Err(CommandError::UnknownOutcome(_))), "{begun:?}");
    let found = ponder_for(&client, "begun", 200).idempotency_key("begun").await.unwrap();
    assert_eq!(found.outcome, OutcomeKind::Repeated);

    // The clock of the caller is behind.
    let mut headers = HeaderMap::new();
    headers.insert("Eskit-Deadline", "2026-11-30T12:00:00Z");
    let payload = serde_json::to_vec(&think("past")).unwrap();
    let request = Request::new().headers(headers).payload(payload.into());
    let answer = nats.send_request("late.command.shop.Ponder", request).await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
    assert_eq!(answer["outcome"], "unavailable", "{answer}");
    assert!(answer["text"].as_str().unwrap().contains("its deadline was 2026-11-30T12:00:00.000000Z"), "{answer}");
    assert_eq!(thoughts(&app).await, ["begun", "slow"]);
    serving.stop(SECOND).await.unwrap();
}

/// What was pondered, sorted.
async fn thoughts(app: &App<impl EventStore>) -> Vec<String> {
    let mut thoughts: Vec<String> =
        events(app).await.iter().map(|event| event.decode::<Pondered>().unwrap().thought).collect();
    thoughts.sort();
    thoughts
}

#[tokio::test]
async fn a_panic_and_too_much_at_once_are_reported_and_answered() {
    let Some(nats) = connect().await else { return };
    let told: Arc<Mutex<Vec<ServiceError>>> = Arc::default();
    let tell = Arc::clone(&told);
    let app = slow();
    let service = CommandService::new("panics", app.clone()).serve::<Ponder>().concurrency(1).waiting(1);
    // What is told must not end the service either.
    let service = service.on_error(move |error| {
        tell.lock().unwrap().push(error.clone());
        panic!("told");
    });
    let serving = service.start(&nats).await.unwrap();
    let client = CommandClient::new("panics", nats.clone());

    let panicked = client.execute(Ponder { panics: true, ..think("death") }).await.unwrap_err();
    assert!(
        matches!(&panicked, CommandError::UnknownOutcome(text) if text.contains("no thought of this")),
        "{panicked:?}"
    );
    let before = come(&nats);
    let [first, second] = [1, 2].map(|thought| tokio::spawn(ponder_for(&client, thought, 400).into_future()));
    comes(&nats, before + 2).await;
    let busy = ponder_for(&client, 3, 0).await.unwrap_err();
    assert!(matches!(&busy, CommandError::Unavailable(text) if text.contains("too much to do")), "{busy:?}");
    nats.publish("panics.command.shop.Ponder", "{}".into()).await.unwrap();
    assert!(first.await.unwrap().is_ok() && second.await.unwrap().is_ok());
    ponder_for(&client, 4, 0).await.unwrap();
    assert_eq!(thoughts(&app).await, ["1", "2", "4"]);

    let command = || "shop.Ponder".to_owned();
    let panicked = ServiceError::Panicked { command: command(), text: "no thought of this".to_owned() };
    let expected = [panicked, ServiceError::Busy { command: command() }, ServiceError::NoReply { command: command() }];
    assert_eq!(*told.lock().unwrap(), expected);
    serving.stop(SECOND).await.unwrap();
}

#[tokio::test]
async fn a_service_that_stops_answers_what_it_has_taken() {
    let Some(nats) = connect().await else { return };
    let app = slow();
    let service = || CommandService::new("stops", app.clone()).serve::<Ponder>().concurrency(2);
    let serving = service().start(&nats).await.unwrap();
    let client = CommandClient::new("stops", nats.clone());
    let before = come(&nats);
    let all: Vec<_> = (0..8).map(|n| tokio::spawn(ponder_for(&client, n, 50).into_future())).collect();
    comes(&nats, before + 8).await;
    serving.stop(SECOND).await.unwrap();
    for answer in all {
        assert!(answer.await.unwrap().is_ok());
    }
    assert_eq!(thoughts(&app).await.len(), 8);
    assert!(matches!(ponder_for(&client, 9, 0).await, Err(CommandError::NotFound(_))));

    // What is on its way while the service stops is executed or not; whoever gets no answer is told that it is not known.
    let serving = service().start(&nats).await.unwrap();
    let sent: Vec<_> =
        (100..300).map(|n| tokio::spawn(ponder_for(&client, n, 0).timeout(5 * SECOND).into_future())).collect();
    tokio::time::sleep(Duration::from_millis(2)).await;
    serving.stop(2 * SECOND).await.unwrap();
    let mut executed = 0;
    for answer in sent {
        match answer.await.unwrap() {
            Ok(_) => executed += 1,
            Err(CommandError::NotFound(_) | CommandError::UnknownOutcome(_)) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(thoughts(&app).await.len(), 8 + executed);

    let serving = service().start(&nats).await.unwrap();
    let before = come(&nats);
    let slow = tokio::spawn(ponder_for(&client, 9, 600).into_future());
    comes(&nats, before + 1).await;
    assert_eq!(serving.stop(Duration::from_millis(50)).await.unwrap_err().executing, 1);
    assert!(slow.await.unwrap().is_ok(), "it is executed all the same");
}

#[tokio::test]
async fn processes_share_commands_and_a_key_leads_to_the_process_that_owns_it() {
    let Some(nats) = connect().await else { return };
    let log = MemoryStore::new();
    let mut serving = Vec::new();
    for (process, own) in [("a", vec![0, 1]), ("b", vec![2])] {
        let app = App::new(log.clone()).with_metadata(Metadata::new().with("process", process));
        // Nobody owns the last partition.
        let service = CommandService::new("routes", app).serve::<Receive>().partitions(4, own);
        serving.push(service.start(&nats).await.unwrap());
    }
    let client = CommandClient::new("routes", nats).partitions(4);
    let started = Instant::now();
    let mut expected = Vec::new();
    for n in 0..40 {
        let key = format!("sku-{n}");
        let receive = Receive { sku: sku(&key), count: 1 };
        client.execute(receive.clone()).routed_by(&key).await.unwrap();
        client.execute(receive).await.unwrap();
        expected.push(crc32(&key) % 4);
    }
    assert!(started.elapsed() < 5 * SECOND, "a partition that nobody owns is found out at once");
    let app = App::new(log);
    let by: Vec<String> =
        events(&app).await.iter().map(|event| event.metadata.get("process").unwrap().to_owned()).collect();
    let (routed, any): (Vec<_>, Vec<_>) = by.chunks(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).unzip();
    assert_eq!(routed.len(), 40);
    for (partition, process) in expected.iter().zip(&routed) {
        match partition {
            0 | 1 => assert_eq!(*process, "a"),
            2 => assert_eq!(*process, "b"),
            _ => {}
        }
    }
    assert_eq!(any.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["a", "b"]), "both take what has no key");
    for serving in serving {
        serving.stop(SECOND).await.unwrap();
    }
}

/// CRC-32 as of zlib, bit by bit.
fn crc32(key: &str) -> u32 {
    !key.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[tokio::test]
async fn what_cannot_be_a_subject_is_refused_by_name() {
    let Some(nats) = connect().await else { return };
    let app = App::new(MemoryStore::new());
    for (service, why) in [
        (CommandService::new("a b", app.clone()), "the prefix `a b` cannot begin a subject"),
        (CommandService::new("", app.clone()), "the prefix `` cannot begin a subject"),
        (CommandService::new("x", app.clone()).serve::<Odd>(), "the wire name `odd..name` cannot be in a subject"),
        (CommandService::new("x", app).partitions(2, [2]), "there is no partition 2 of 2"),
    ] {
        let error = service.start(&nats).await.unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("help: "), "{error}");
    }
    let sent = CommandClient::new("x", nats).execute(Odd {}).await.unwrap_err();
    assert!(matches!(&sent, CommandError::Invalid(text) if text.contains("no subject of NATS")), "{sent:?}");
}

/// Its name cannot be in a subject.
#[derive(Command, Serialize, Deserialize, Clone)]
#[command(stored, name = "odd..name")]
struct Odd {}

#[decider(no_models)]
fn odd(_: &Odd) -> Result<Pondered, TooHard> {
    Err(TooHard)
}
