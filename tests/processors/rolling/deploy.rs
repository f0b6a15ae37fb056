//! A deploy in which processes of both versions run, are killed and are replaced, while parcels are ordered with both.

use std::path::Path;
use std::time::{Duration, Instant};

use eskit::prelude::*;
use eskit::processor::Acted;
use eskit::subscription::Apply;
use eskit::work::{ListWork, Work};

use super::{Labelled, New, Old, Sent, new, old, parcels};
use crate::killed::{self, FOLDER, Killed, LOG, noted, on_postgres, on_sqlite};
use crate::soak::Random;

const OLD: &str = "rolling::deploy::a_process_of_the_old_program";
const NEW: &str = "rolling::deploy::a_process_of_the_new_program";

const ROUNDS: u64 = 12;
/// In the first rounds there is only the old program.
const OLD_ROUNDS: u64 = 2;
const PARCELS_EACH: u64 = 20;
/// How many parcels a deploy has.
pub(crate) const PARCELS: u64 = ROUNDS * PARCELS_EACH;

/// The workers of a queue, or of a to-do list, in a process.
const WORKERS: u32 = 4;

/// What a process does that is to be killed; nothing where no test has started it.
#[tokio::test]
async fn a_process_of_the_old_program() {
    let (Ok(log), Ok(folder)) = (std::env::var(LOG), std::env::var(FOLDER)) else { return };
    let folder = Path::new(&folder);
    match log.as_str() {
        "sqlite" => run(old, on_sqlite(folder).await, folder).await,
        dsn => run(old, on_postgres(dsn).await, folder).await,
    }
}

#[tokio::test]
async fn a_process_of_the_new_program() {
    let (Ok(log), Ok(folder)) = (std::env::var(LOG), std::env::var(FOLDER)) else { return };
    let folder = Path::new(&folder);
    match log.as_str() {
        "sqlite" => run(new, on_sqlite(folder).await, folder).await,
        dsn => run(new, on_postgres(dsn).await, folder).await,
    }
}

async fn run<V>(program: fn(AnyStore, V, &Path) -> App<AnyStore>, (store, views): (AnyStore, V), folder: &Path) {
    let _running = program(store, views, folder).start().await.unwrap();
    std::future::pending::<()>().await;
}

/// Deploys the new program, and checks that each parcel was sent once, and labelled where the new program ordered it. Returns how many
/// processes were killed.
pub(crate) async fn live<V>(log: &str, folder: &Path, (store, views): (AnyStore, V), random: &mut Random) -> u32
where
    V: Apply<Acted<Old>> + Apply<Acted<New>> + Work,
{
    // These only put commands into their queue.
    let old_app = old(store.clone(), views.clone(), folder);
    let new_app = new(store.clone(), views, folder);
    let (mut of_old, mut of_new) = (Killed::spawn(OLD, log, folder), None);
    let mut kills = 0;
    for round in 0..ROUNDS {
        for parcel in round * PARCELS_EACH + 1..=(round + 1) * PARCELS_EACH {
            let key = format!("order:{parcel}");
            if of_new.is_some() && random.below(2) == 0 {
                let order = super::new::Order { parcel, is_express: true };
                new_app.enqueue(order).idempotency_key(key).await.unwrap();
            } else {
                old_app.enqueue(super::old::Order { parcel }).idempotency_key(key).await.unwrap();
            }
        }
        killed::wait_for(folder, "sent", (round * PARCELS_EACH + random.below(PARCELS_EACH)) as usize);
        if round + 1 < OLD_ROUNDS {
            continue;
        }
        let which = random.below(3);
        if which != 0 {
            of_old = Killed::spawn(OLD, log, folder);
            kills += 1;
        }
        if which != 1 || of_new.is_none() {
            kills += u32::from(of_new.is_some());
            of_new = Some(Killed::spawn(NEW, log, folder));
        }
    }
    drop((of_old, of_new));
    kills += 2;
    finish(new_app, &store).await;
    check(&store, folder, kills).await;
    kills
}

/// Waits until the new program has done everything.
async fn finish(app: App<AnyStore>, store: &AnyStore) {
    let (running, begun) = (app.start().await.unwrap(), Instant::now());
    let (queue, todos) = (running.queue("orders").unwrap(), running.todos::<New>().unwrap());
    loop {
        // A command leaves the queue after its events were appended, and an event is handled after its to-dos were opened.
        let mut left = queue.list(ListWork::default()).await.unwrap();
        let head = store.head().await.unwrap();
        running.caught_up::<New>(head).within(Duration::from_secs(60)).await.unwrap();
        left.extend(todos.list(ListWork::default()).await.unwrap());
        if left.is_empty() {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{left:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.stop().await.unwrap();
}

async fn check(store: &AnyStore, folder: &Path, kills: u32) {
    let all: Vec<u64> = (1..=PARCELS).collect();
    let ordered = Query::of::<super::new::Ordered>();
    assert_eq!(parcels(store, &ordered).await, all, "ordered");
    assert_eq!(parcels(store, &Query::of::<Sent>()).await, all, "sent");
    let noted = noted(folder, "sent");
    assert_eq!(noted.len() as u64, PARCELS);
    let again: u32 = noted.values().map(|times| times - 1).sum();
    assert!(again <= WORKERS * kills, "{again} were sent again, after {kills} kills");

    // No old program can pass by what the new one has ordered, so none of that may be missing.
    let labelled = parcels(store, &Query::of::<Labelled>()).await;
    assert!(labelled.is_sorted_by(|one, next| one < next), "labelled twice: {labelled:?}");
    let page = store.read(&ordered, ReadOptions::default()).await.unwrap();
    let of_new = page.events.iter().filter(|event| event.schema_version.get() == 2).map(crate::shop::order_of);
    let missing: Vec<u64> = of_new.filter(|parcel| labelled.binary_search(parcel).is_err()).collect();
    assert!(missing.is_empty(), "not labelled: {missing:?}");
}
