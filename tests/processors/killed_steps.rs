//! Two processes that charge orders and send text messages, which are killed again and again in the middle of a step: no order is charged
//! twice, no message is sent twice, and none is left out.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eskit::prelude::*;
use eskit::processor::{Acted, Effect};
use eskit::subscription::{Apply, HandleError};
use eskit::work::{ListWork, Todo, Work, WorkState};
use eskit::{AnyStore, Running};
use eskit_postgres::testing;

use crate::killed::{FOLDER, Killed, LOG, folder, note, noted, on_postgres, on_sqlite, wait_for_more};
use crate::shop::{Paid, Pay};

const TEST: &str = "killed_steps::a_process_that_is_killed";
const ORDERS: u64 = 120;

struct Charging {
    folder: PathBuf,
}

#[processor(name = "charging", from = "beginning")]
impl Charging {
    /// In the middle of the log, beside the to-dos.
    #[on]
    async fn paid(&self, _: &Paid, cx: &mut Effect<'_>) -> Result<(), HandleError> {
        cx.once("announce")
            .ask_if_unknown(|key| self.find("announced", key))
            .run(|key| self.happen("announced", key))
            .await
    }

    #[todo]
    fn to_charge(&self, event: &Paid) -> Todo<u64, u64> {
        Todo::new(event.order, event.order)
    }

    #[work(workers = 4)]
    async fn charge(&self, _: &u64, cx: &mut Effect<'_>) -> Result<(), HandleError> {
        cx.once("charge")
            .ask_if_unknown(|key| self.find("charged", key))
            .run(|key| self.happen("charged", key))
            .await?;
        cx.once("text").park_if_unknown().run(|key| self.happen("texted", key)).await
    }
}

impl Charging {
    /// The effect is in the middle of a time in which the process may be killed.
    async fn happen(&self, name: &str, key: String) -> io::Result<()> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        note(&self.folder, name, &key)?;
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(())
    }

    async fn find(&self, name: &str, key: String) -> io::Result<Option<()>> {
        Ok(noted(&self.folder, name).contains_key(&key).then_some(()))
    }
}

async fn start((store, views): (AnyStore, impl Apply<Acted<Charging>> + Work), folder: &Path) -> Running<AnyStore> {
    App::new(store).with_processor(Charging { folder: folder.to_owned() }, views).start().await.unwrap()
}

/// What a process does that is to be killed; nothing where no test has started it.
#[tokio::test]
async fn a_process_that_is_killed() {
    let (Ok(log), Ok(folder)) = (std::env::var(LOG), std::env::var(FOLDER)) else { return };
    let folder = Path::new(&folder);
    let _app = match log.as_str() {
        "sqlite" => start(on_sqlite(folder).await, folder).await,
        dsn => start(on_postgres(dsn).await, folder).await,
    };
    std::future::pending::<()>().await;
}

async fn kill(app: &App<AnyStore>, log: &str, folder: &Path) {
    for order in 1..=ORDERS {
        app.execute(Pay { order }).await.unwrap();
    }
    let mut running = Killed::spawn(TEST, log, folder);
    for (name, more) in [("announced", 10), ("announced", 20), ("announced", 30), ("charged", 1), ("texted", 20)] {
        wait_for_more(folder, name, more);
        let next = Killed::spawn(TEST, log, folder);
        running = next;
    }
    wait_for_more(folder, "texted", 20);
    drop(running);
}

/// Lets a new process do the rest. Whether the messages of unknown outcome were sent is told by hand, as the file says.
async fn finish(running: Running<AnyStore>, folder: &Path) {
    let (todos, steps) = (running.todos::<Charging>().unwrap(), running.steps::<Charging>().unwrap());
    let begun = Instant::now();
    let head = running.store().head().await.unwrap();
    running.caught_up::<Charging>(head).within(Duration::from_secs(60)).await.unwrap();
    loop {
        let left = todos.list(ListWork::default()).await.unwrap();
        if left.is_empty() {
            break;
        }
        let open = steps.open().await.unwrap();
        for item in left.iter().filter(|item| item.state == WorkState::Parked) {
            assert!(item.text.contains("it is unknown whether the step `text` happened"), "{}", item.text);
            let step = open.iter().find(|step| step.id.owner == item.id).unwrap();
            let key = format!("charging/{}/text", item.id);
            match noted(folder, "texted").contains_key(&key) {
                true => assert!(steps.happened(&step.id, &()).await.unwrap()),
                false => assert!(steps.did_not_happen(&step.id).await.unwrap()),
            }
            assert!(todos.retry(&item.id).await.unwrap());
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", running.work_health());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(steps.open().await.unwrap(), []);
    running.stop().await.unwrap();
    for name in ["announced", "charged", "texted"] {
        let noted = noted(folder, name);
        assert_eq!(noted.len() as u64, ORDERS, "{name}");
        let twice: Vec<_> = noted.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "{name} twice: {twice:?}");
    }
}

#[tokio::test]
async fn kills_repeat_no_step_on_sqlite() {
    let folder = folder("steps-sqlite");
    let app = App::new(on_sqlite(&folder).await.0);
    kill(&app, "sqlite", &folder).await;
    finish(start(on_sqlite(&folder).await, &folder).await, &folder).await;
}

#[tokio::test]
async fn kills_repeat_no_step_on_postgres() {
    let Some(database) = testing::database().await.unwrap() else { return };
    let folder = folder("steps-postgres");
    let app = App::new(on_postgres(database.dsn()).await.0);
    kill(&app, database.dsn(), &folder).await;
    finish(start(on_postgres(database.dsn()).await, &folder).await, &folder).await;
}
