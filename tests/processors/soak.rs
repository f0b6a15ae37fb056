//! Work under what a long time brings: processes that are killed, clocks that jump, a server that is restarted, and a new version of the
//! program. Runs for `cargo xtask soak`, with the seed in `ESKIT_CONFORMANCE_SEED`.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use eskit::prelude::*;
use eskit_postgres::testing::{self, Cluster, StopMode};

use crate::killed::{self, Killed, Trouble, check, finish, folder, on_postgres, on_sqlite, start};
use crate::rolling::deploy;
use crate::shop::Pay;

const SEED: &str = "ESKIT_CONFORMANCE_SEED";
const ROUNDS: u64 = 20;
const ORDERS_EACH: u64 = 20;

/// Numbers that follow from a seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// By how many seconds the clock of a process is off.
const SHIFTS: [i64; 5] = [0, 1, 3_600, -3_600, 86_400];

/// Pays orders, a few a round, while two processes at most work on them. Each round kills one, restarts the server, or neither.
async fn live(app: &App<AnyStore>, log: &str, folder: &Path, server: Option<&Cluster>, random: &mut Random) -> Trouble {
    let (mut running, mut trouble) = (VecDeque::new(), Trouble::default());
    for round in 0..ROUNDS {
        let shift = SHIFTS[random.below(5) as usize];
        running.push_back(Killed::spawn_at(killed::TEST, log, folder, shift));
        for order in round * ORDERS_EACH + 1..=(round + 1) * ORDERS_EACH {
            pay(app, order).await;
        }
        killed::wait_for(folder, "sent", (round * ORDERS_EACH + random.below(ORDERS_EACH)) as usize);
        if running.len() > 1 {
            running.pop_front();
            trouble.kills += 1;
        }
        if let Some(server) = server.filter(|_| random.below(4) == 0) {
            let mode = if random.below(2) == 0 { StopMode::Fast } else { StopMode::Immediate };
            server.stop(mode).unwrap();
            server.resume().unwrap();
            trouble.restarts += 1;
        }
    }
    trouble.kills += u32::try_from(running.len()).unwrap();
    trouble
}

/// Until it is paid, whatever the server does meanwhile.
async fn pay(app: &App<AnyStore>, order: u64) {
    let begun = Instant::now();
    while let Err(error) = app.execute(Pay { order }).idempotency_key(format!("pay:{order}")).await {
        assert!(begun.elapsed() < Duration::from_secs(60), "{error}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn kills_restarts_deploys_and_clocks_that_jump_lose_and_repeat_nothing() {
    let Ok(seed) = std::env::var(SEED) else { return };
    let (mut random, orders, begun) = (Random(seed.parse().unwrap()), ROUNDS * ORDERS_EACH, Instant::now());
    let mut all = Trouble::default();
    let files = folder("soak-sqlite");
    let app = App::new(on_sqlite(&files).await.0);
    let trouble = live(&app, "sqlite", &files, None, &mut random).await;
    finish(&app, start(on_sqlite(&files).await, &files, 0).await).await;
    check(&app, &files, orders, trouble).await;
    all.kills += trouble.kills;
    let files = folder("deploy-sqlite");
    all.kills += deploy::live("sqlite", &files, on_sqlite(&files).await, &mut random).await;

    let options = Cluster::options().durable(true).setting("synchronous_commit", "on");
    if let Some(server) = options.start().unwrap() {
        let (files, dsn) = (folder("soak-postgres"), server.dsn());
        let app = App::new(on_postgres(&dsn).await.0);
        let trouble = live(&app, &dsn, &files, Some(&server), &mut random).await;
        finish(&app, start(on_postgres(&dsn).await, &files, 0).await).await;
        check(&app, &files, orders, trouble).await;
        all.kills += trouble.kills;
        all.restarts += trouble.restarts;
    }
    if let Some(database) = testing::database().await.unwrap() {
        let (files, dsn) = (folder("deploy-postgres"), database.dsn());
        all.kills += deploy::live(dsn, &files, on_postgres(dsn).await, &mut random).await;
    }
    let (Trouble { kills, restarts }, seconds) = (all, begun.elapsed().as_secs_f64());
    println!(
        "conformance of work: 4 cases, 1 seeds, {} commits, {kills} kills (0 failed, 0 skipped, {restarts} restarts, seed {seed}, {seconds:.1} s)",
        2 * (orders + deploy::PARCELS)
    );
}
