//! Several logs, of which a tag chooses one.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use eskit::log::{AppendError, StoreErrorKind};
use eskit::partition::{Partition, PartitionError, Partitioned};
use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::tenant::{TenantId, Tenants};
use eskit::{MemoryViews, Running};

#[derive(Event, Serialize, Deserialize)]
#[event(context = "partitions")]
struct Deposited {
    #[tag]
    region: String,
    #[tag]
    account: String,
    cents: u64,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "partitions")]
struct Sent {
    #[tag]
    region: String,
    #[tag]
    account: String,
    to_region: String,
    to: String,
    cents: u64,
}

#[derive(Command)]
struct Deposit {
    #[tag]
    region: String,
    #[tag]
    account: String,
    cents: u64,
}

#[derive(Command)]
struct Send {
    #[tag]
    region: String,
    #[tag]
    account: String,
    to_region: String,
    to: String,
    cents: u64,
}

/// The account of a region.
#[aggregate(tag("region", "account"))]
#[derive(Default, Debug)]
struct Balance {
    cents: u64,
}

#[decider]
impl Balance {
    #[evolve]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }

    #[evolve]
    fn sent(&mut self, event: &Sent) {
        self.cents -= event.cents;
    }

    #[decide]
    fn deposit(&self, c: &Deposit) -> Deposited {
        Deposited { region: c.region.clone(), account: c.account.clone(), cents: c.cents }
    }

    #[decide]
    fn send(&self, c: &Send) -> Result<Sent, &'static str> {
        if c.cents > self.cents {
            return Err("short");
        }
        let (to_region, to) = (c.to_region.clone(), c.to.clone());
        Ok(Sent { region: c.region.clone(), account: c.account.clone(), to_region, to, cents: c.cents })
    }
}

/// A course is in one zone, and a student in several.
#[derive(Event, Serialize, Deserialize)]
#[event(context = "partitions")]
struct Joined {
    #[tag]
    zone: String,
    #[tag]
    student: String,
}

#[derive(Event, Serialize, Deserialize)]
#[event(context = "partitions")]
struct Noted {
    #[tag]
    student: String,
}

#[derive(Command)]
struct Join {
    #[tag]
    zone: String,
    #[tag]
    student: String,
}

#[derive(Command)]
struct JoinSome {
    #[tag]
    zone: Vec<String>,
    #[tag]
    student: String,
}

#[derive(Command)]
struct Move {
    #[tag]
    zone: String,
    #[tag("zone")]
    to: String,
}

#[aggregate(tag = "zone")]
#[derive(Default)]
struct Zone {
    joined: u32,
}

#[aggregate(tag = "student")]
#[derive(Default)]
struct Pupil {
    zones: u32,
}

#[aggregate(all)]
#[derive(Default)]
struct Everything {
    joined: u32,
}

#[decider]
impl Zone {
    #[evolve]
    fn joined(&mut self, _: &Joined) {
        self.joined += 1;
    }
}

#[decider]
impl Pupil {
    #[evolve]
    fn joined(&mut self, _: &Joined) {
        self.zones += 1;
    }

    #[evolve]
    fn noted(&mut self, _: &Noted) {}
}

#[decider]
impl Everything {
    #[evolve]
    fn joined(&mut self, _: &Joined) {
        self.joined += 1;
    }
}

#[decider]
fn join(c: &Join, zone: &Zone, pupil: &Pupil, all: &Everything) -> Result<(Joined, Noted), &'static str> {
    if zone.joined + pupil.zones + all.joined > 9 {
        return Err("full");
    }
    Ok((Joined { zone: c.zone.clone(), student: c.student.clone() }, Noted { student: c.student.clone() }))
}

#[decider]
fn join_some(c: &JoinSome, pupil: &Pupil) -> Option<Noted> {
    (pupil.zones < 9 && !c.zone.is_empty()).then(|| Noted { student: c.student.clone() })
}

#[decider]
fn move_zone(c: &Move, #[key(to)] zone: &Zone) -> Option<Joined> {
    (zone.joined == 0).then(|| Joined { zone: c.zone.clone(), student: c.to.clone() })
}

type RegionApp = App<Partition<MemoryStore>>;
type Regions = Partitioned<RegionApp, Infallible>;

fn apps(tag: &'static str) -> Tenants<RegionApp, Infallible> {
    Tenants::new(10, move |value: TenantId| async move { Ok(App::new(Partition::new(MemoryStore::new(), tag, value))) })
}

fn regions() -> Arc<Regions> {
    Arc::new(Partitioned::new("region", &[], apps("region")).unwrap())
}

fn deposit(region: &str, cents: u64) -> Deposit {
    Deposit { region: region.to_owned(), account: "a".to_owned(), cents }
}

fn id(region: &str) -> TenantId {
    TenantId::new(region).unwrap()
}

async fn cents(regions: &Regions, region: &str) -> u64 {
    regions.logs().get(&id(region)).await.unwrap().load::<Balance>((region, "a")).await.unwrap().cents
}

#[tokio::test]
async fn a_command_is_executed_in_the_log_of_its_tag() {
    let regions = regions();
    for (region, amount) in [("eu", 5), ("us", 7), ("eu", 1)] {
        let command = deposit(region, amount);
        let app = regions.of(&command).await.unwrap();
        assert_eq!(app.store().value().as_str(), region);
        app.execute(command).await.unwrap();
    }
    assert_eq!((cents(&regions, "eu").await, cents(&regions, "us").await), (6, 7));
    let error = regions.of(&deposit("the moon", 1)).await.unwrap_err();
    assert!(matches!(error, PartitionError::Value { command: "Deposit", tag: "region", .. }), "{error:?}");
    assert!(
        error.to_string().starts_with("the tag `region` of the command `Deposit` names no log: `the moon` "),
        "{error}"
    );
}

#[tokio::test]
async fn what_would_be_in_another_log_is_refused() {
    let regions = regions();
    let eu = regions.logs().get(&id("eu")).await.unwrap();
    let help = "\nhelp: execute the command through `Partitioned::of`";
    let refused = |error: eskit::StoreError, text: &str| {
        assert_eq!(error.kind(), StoreErrorKind::Invalid);
        let told = error.to_string();
        assert!(told.starts_with(&format!("{text}, and this is the log of `region:eu`{help}")), "{told}");
    };
    let ExecuteError::Store(error) = eu.execute(deposit("us", 1)).await.unwrap_err() else { panic!() };
    refused(error, "a query names the tag `region:us`");
    let mut events = NewEvent::encode(&Deposited { region: "us".into(), account: "a".into(), cents: 1 }).unwrap();
    let AppendError::Store(error) = eu.store().append(Append::new(events.clone())).await.unwrap_err() else { panic!() };
    refused(error, "the event `partitions.Deposited` carries the tag `region:us`");
    events[0].tags.push("region", "eu");
    let AppendError::Store(error) = eu.store().append(Append::new(events)).await.unwrap_err() else { panic!() };
    refused(error, "the event `partitions.Deposited` carries several `region` tags");
    let AppendError::Store(error) = eu.store().append(Append::new(vec![NewEvent::json("e", "{}")])).await.unwrap_err()
    else {
        panic!()
    };
    refused(error, "the event `e` carries no `region` tag");
    let own = NewEvent::encode(&Deposited { region: "eu".into(), account: "a".into(), cents: 1 }).unwrap();
    let other = Query::from(QueryItem::tags([Tag::new("region", "us")]));
    let condition = Condition::NoEvents { query: other, after: Place::START.position };
    let AppendError::Store(error) = eu.store().append(Append::new(own).with(condition)).await.unwrap_err() else {
        panic!()
    };
    refused(error, "a condition names the tag `region:us`");
    assert_eq!(eu.store().head().await.unwrap(), Place::START);
}

#[tokio::test]
async fn deciders_that_cross_logs_are_refused_at_the_start() {
    let error = Partitioned::new("zone", &[], apps("zone")).unwrap_err();
    let told = "each value of the tag `zone` has a log of its own, and this needs several:
  the decider `join` of `Join` reads `Pupil` by `student`, whose events may be in several logs
  the decider `join` of `Join` reads `Everything`, which is folded from the events of all logs
  the decider `join` of `Join` emits `Noted`, which does not carry exactly one `zone` tag
  the command `JoinSome` does not carry exactly one `zone` tag, which would choose its log
  the command `Move` does not carry exactly one `zone` tag, which would choose its log
help: let the aggregate be of one `zone`, with `zone` among its keys; or, if all events of a key are in one log, name the key among the owned ones; or decide in two commands, of which a processor carries the second to the other log";
    assert_eq!(error.to_string(), told);
    // What is said to be owned does not cross.
    let error = Partitioned::new("zone", &["student"], apps("zone")).unwrap_err();
    assert_eq!(error.found().len(), 4, "{error}");
    // A command that has nothing to do with the tag is not known before it is asked for.
    let join = Join { zone: "z".into(), student: "ada".into() };
    let error = regions().of(&join).await.unwrap_err().to_string();
    assert!(
        error.contains("\n  the command `Join` does not carry a `region` tag, which would choose its log\n"),
        "{error}"
    );
}

/// Carries what was sent to the log where it is received.
struct Carrier(Arc<Regions>);

#[processor(name = "carrier", from = "beginning")]
impl Carrier {
    #[on]
    async fn sent(&self, event: &Sent, cx: &mut Effect<'_>) -> Result<(), String> {
        let command = Deposit { region: event.to_region.clone(), account: event.to.clone(), cents: event.cents };
        let app = self.0.of(&command).await.map_err(|error| error.to_string())?;
        let carried = app.execute(command).idempotency_key(cx.key()).await;
        carried.map_err(|error| error.to_string())?;
        // As if the process had ended before the checkpoint.
        if cx.attempt() < 3 { Err("again".to_owned()) } else { Ok(()) }
    }
}

#[tokio::test]
async fn a_processor_carries_work_to_another_log_once() {
    let regions = regions();
    let eu = regions.logs().get(&id("eu")).await.unwrap();
    eu.execute(deposit("eu", 10)).await.unwrap();
    let running: Running<_> =
        (*eu).clone().with_processor(Carrier(Arc::clone(&regions)), MemoryViews::new()).start().await.unwrap();
    for amount in [3, 4] {
        let (to_region, to) = ("us".to_owned(), "a".to_owned());
        let send = Send { region: "eu".into(), account: "a".into(), to_region, to, cents: amount };
        running.execute(send).await.unwrap();
    }
    let head = eu.store().head().await.unwrap();
    running.caught_up::<Carrier>(head).within(Duration::from_secs(20)).await.unwrap();
    assert_eq!((cents(&regions, "eu").await, cents(&regions, "us").await), (3, 7));
    running.stop().await.unwrap();
}
