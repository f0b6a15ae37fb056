//! Snapshots of aggregates.

use eskit_runtime::Timestamp;
use eskit_runtime::log::{EventId, LogId, Place, Position};
use eskit_runtime::snapshots::{Fingerprint, RemoveSnapshots, Snapshots, SnapshotsOf, StoredSnapshot};

use super::cases;
use crate::failure::{Failure, Outcome, same};
use crate::views::context::ViewsContext;
use crate::views::target::TestViews;

cases![
    "snapshots" where Snapshots: what_was_written_is_found,
    logs_aggregates_and_programs_are_told_apart,
    an_older_one_does_not_replace_a_newer_one,
    of_several_writers_the_newest_one_wins,
    what_is_removed_is_gone,
    all_of_an_aggregate_are_removed,
    old_ones_are_removed,
    those_of_other_programs_are_removed_when_they_are_old,
    snapshots_are_there_after_a_restart_of_the_process(Durable),
];

/// Keys that are hard to keep apart.
const KEYS: [&str; 10] = ["a", "A", "a ", "", "a\tb", "a\\tb", "%", "\"'\\", "é", "漢字🦀"];

fn of() -> SnapshotsOf {
    SnapshotsOf { log: LogId::new(), name: "account", fingerprint: Fingerprint::new(7) }
}

fn snapshot(key: &str, position: u64) -> StoredSnapshot {
    StoredSnapshot {
        key: key.to_owned(),
        last: Place::new(Position::new(position), EventId::new()),
        version: position,
        state: format!("{{\"position\":{position}}}"),
        written_at: Timestamp::from_micros(1_700_000_000_000_000),
    }
}

/// What is found, by key.
async fn find<V: Snapshots>(views: &V, of: SnapshotsOf, keys: &[&str]) -> Result<Vec<StoredSnapshot>, Failure> {
    let keys = keys.iter().map(|key| (*key).to_owned()).collect();
    let mut found = views.find_snapshots(of, keys).await?;
    found.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(found)
}

async fn write<V: Snapshots>(views: &V, of: SnapshotsOf, snapshots: Vec<StoredSnapshot>, written: u64) -> Outcome {
    let what = format!("how many of {snapshots:?} were written");
    same(&what, &views.write_snapshots(of, snapshots).await?, &written)
}

async fn what_was_written_is_found<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: Snapshots,
{
    let (views, mut of) = (context.open_at(&context.log()).await?, of());
    // As far as the numbers go.
    of.fingerprint = Fingerprint::new(u64::MAX);
    let mut written: Vec<StoredSnapshot> = (1..).zip(KEYS).map(|(at, key)| snapshot(key, at)).collect();
    written[0].version = i64::MAX.unsigned_abs();
    written[1].last.position = Position::new(i64::MAX.unsigned_abs());
    written[2].written_at = Timestamp::from_micros(-1);
    written[3].state = format!("{{\"text\":\"{} \\u0000 \\\" 🦀\",\"none\":null}}", "x".repeat(100_000));
    write(&views, of, written.clone(), written.len() as u64).await?;
    written.sort_by(|one, other| one.key.cmp(&other.key));
    same("the snapshots that were written", &find(&views, of, &KEYS).await?, &written)?;
    let keys = ["a", "elsewhere", "é"];
    written.retain(|snapshot| keys.contains(&snapshot.key.as_str()));
    same("the snapshots with two keys of three", &find(&views, of, &keys).await?, &written)?;
    same("the snapshots with no keys", &find(&views, of, &[]).await?, &Vec::new())
}

async fn logs_aggregates_and_programs_are_told_apart<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: Snapshots,
{
    let (views, own) = (context.open_at(&context.log()).await?, of());
    write(&views, own, vec![snapshot("a", 9)], 1).await?;
    let program = SnapshotsOf { fingerprint: Fingerprint::new(8), ..own };
    let others = [SnapshotsOf { log: LogId::new(), ..own }, SnapshotsOf { name: "accounts", ..own }, program];
    for (at, other) in (1..).zip(others) {
        same(&format!("what {other:?} finds of {own:?}"), &find(&views, other, &["a"]).await?, &Vec::new())?;
        write(&views, other, vec![snapshot("a", at)], 1).await?;
        let found = find(&views, other, &["a"]).await?;
        same(&format!("the position of what {other:?} has written"), &found[0].version, &at)?;
    }
    let found = find(&views, own, &["a"]).await?;
    same("a snapshot beside those of others", &(found.len(), found[0].version), &(1, 9))
}

async fn an_older_one_does_not_replace_a_newer_one<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: Snapshots,
{
    let (views, of) = (context.open_at(&context.log()).await?, of());
    let newer = snapshot("a", 9);
    write(&views, of, vec![snapshot("a", 8), snapshot("b", 3)], 2).await?;
    write(&views, of, vec![newer.clone()], 1).await?;
    write(&views, of, vec![snapshot("a", 8), snapshot("b", 4)], 1).await?;
    let found = find(&views, of, &["a"]).await?;
    same("a snapshot after an older one was offered", &found, &vec![newer.clone()])?;
    // One that could not be read is replaced by one at the same event.
    let again = StoredSnapshot { state: "{}".to_owned(), ..newer };
    write(&views, of, vec![again.clone()], 1).await?;
    same("a snapshot after another one of the same event", &find(&views, of, &["a"]).await?, &vec![again])
}

async fn of_several_writers_the_newest_one_wins<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: Snapshots,
{
    let (views, of) = (context.open_at(&context.log()).await?, of());
    for round in 0..context.repeats(4) {
        context.count_seed();
        let key = round.to_string();
        let writers = (1..=8_u64).map(|position| {
            let (views, key) = (views.clone(), key.clone());
            async move {
                // In another order each time.
                let position = 1 + (position * 3 + u64::from(round)) % 8;
                Ok(views.write_snapshots(of, vec![snapshot(&key, position), snapshot("shared", position)]).await?)
            }
        });
        context.together("several writers of one snapshot", writers).await?;
        let found = find(&views, of, &[&key]).await?;
        same("the position that the newest of several writers wrote", &found[0].version, &8)?;
    }
    Ok(())
}

async fn what_is_removed_is_gone<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: Snapshots,
{
    let (views, of) = (context.open_at(&context.log()).await?, of());
    let old = SnapshotsOf { fingerprint: Fingerprint::new(6), ..of };
    let elsewhere = [SnapshotsOf { log: LogId::new(), ..of }, SnapshotsOf { name: "accounts", ..of }];
    for of in [of, old].into_iter().chain(elsewhere) {
        write(&views, of, vec![snapshot("a", 1), snapshot("b", 2)], 2).await?;
    }
    let keys = || RemoveSnapshots::Keys(vec!["a".to_owned(), "c".to_owned()]);
    same("how many of one key were removed", &views.remove_snapshots(of, keys()).await?, &2)?;
    same("how many of one key were removed again", &views.remove_snapshots(of, keys()).await?, &0)?;
    for of in [of, old] {
        let found = find(&views, of, &["a", "b"]).await?;
        let keys: Vec<&str> = found.iter().map(|found| found.key.as_str()).collect();
        same("the keys after one was removed", &keys, &vec!["b"])?;
    }
    for of in elsewhere {
        let left = find(&views, of, &["a", "b"]).await?.len();
        same("how many snapshots are left of another log or aggregate", &left, &2)?;
    }
    // It may be older than the one that is gone.
    write(&views, of, vec![snapshot("a", 1)], 1).await
}

async fn all_of_an_aggregate_are_removed<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: Snapshots,
{
    let (views, of) = (context.open_at(&context.log()).await?, of());
    let old = SnapshotsOf { fingerprint: Fingerprint::new(6), ..of };
    let elsewhere = [SnapshotsOf { log: LogId::new(), ..of }, SnapshotsOf { name: "accounts", ..of }];
    for of in [of, old].into_iter().chain(elsewhere) {
        write(&views, of, vec![snapshot("a", 1), snapshot("b", 2)], 2).await?;
    }
    let removed = views.remove_snapshots(of, RemoveSnapshots::All).await?;
    same("how many snapshots of an aggregate were removed", &removed, &4)?;
    for (of, left) in [(of, 0), (old, 0), (elsewhere[0], 2), (elsewhere[1], 2)] {
        let found = find(&views, of, &["a", "b"]).await?.len();
        same("how many snapshots are left after all of one aggregate were removed", &found, &left)?;
    }
    Ok(())
}

/// Snapshots that were written at these seconds.
fn written_at(seconds: &[i64]) -> Vec<StoredSnapshot> {
    let at = |second: &i64| StoredSnapshot {
        written_at: Timestamp::from_micros(second * 1_000_000),
        ..snapshot(&second.to_string(), 1)
    };
    seconds.iter().map(at).collect()
}

async fn old_ones_are_removed<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: Snapshots,
{
    let (views, of) = (context.open_at(&context.log()).await?, of());
    write(&views, of, written_at(&[1, 2, 3]), 3).await?;
    let before = RemoveSnapshots::WrittenBefore(Timestamp::from_micros(2_000_000));
    same("how many old snapshots were removed", &views.remove_snapshots(of, before).await?, &1)?;
    let found = find(&views, of, &["1", "2", "3"]).await?;
    same("the snapshots after the old ones were removed", &found.len(), &2)
}

async fn those_of_other_programs_are_removed_when_they_are_old<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: Snapshots,
{
    let (views, of) = (context.open_at(&context.log()).await?, of());
    let other = SnapshotsOf { fingerprint: Fingerprint::new(6), ..of };
    for of in [of, other] {
        write(&views, of, written_at(&[1, 2, 3]), 3).await?;
    }
    let before = RemoveSnapshots::OfOthersBefore(Timestamp::from_micros(3_000_000));
    let removed = views.remove_snapshots(of, before).await?;
    same("how many old snapshots of another program were removed", &removed, &2)?;
    let keys = ["1", "2", "3"];
    same("how many own snapshots are left", &find(&views, of, &keys).await?.len(), &3)?;
    same("how many snapshots of another program are left", &find(&views, other, &keys).await?.len(), &1)
}

async fn snapshots_are_there_after_a_restart_of_the_process<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: Snapshots,
{
    let (place, of) = (context.log(), of());
    let views = context.open_at(&place).await?;
    let written = snapshot("a", 3);
    write(&views, of, vec![written.clone()], 1).await?;
    let second = context.open_at(&place).await?;
    same("what another handle finds", &find(&second, of, &["a"]).await?, &vec![written.clone()])?;
    drop((views, second));
    let views = context.open_at(&place).await?;
    same("the snapshots of views that were opened again", &find(&views, of, &["a"]).await?, &vec![written])
}
