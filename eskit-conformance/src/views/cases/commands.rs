//! The log of commands.

use std::collections::BTreeSet;
use std::time::Duration;

use eskit_runtime::command_log::{CommandEntries, CommandEntry, CommandPage, CommandQuery, RemoveCommands};
use eskit_runtime::execute::{Decision, OutcomeKind};
use eskit_runtime::log::{EventId, Place, Position, Principal, PrincipalKind, SchemaVersion};
use eskit_runtime::model::StoredCommand;
use eskit_runtime::{Metadata, Timestamp};

use super::cases;
use crate::failure::{Failure, Outcome, ensure, same};
use crate::views::context::ViewsContext;
use crate::views::target::TestViews;

cases![
    "commands" where CommandEntries: entries_come_back_as_they_were_added,
    entries_are_found_by_what_they_are,
    the_command_that_led_to_an_event_is_found,
    pages_have_every_entry_once,
    several_writers_lose_nothing,
    old_entries_are_removed,
    surplus_entries_are_removed,
    no_id_is_used_again,
    entries_are_there_after_a_restart_of_the_process(Durable),
];

/// An entry about a command that began so many seconds after the start of the log.
fn entry(command: &str, second: i64) -> CommandEntry {
    let began_at = Timestamp::from_micros(1_700_000_000_000_000 + second * 1_000_000);
    CommandEntry::new(command, began_at, OutcomeKind::Nothing)
}

fn commands(page: &CommandPage) -> Vec<&str> {
    page.entries.iter().map(|kept| kept.entry.command.as_str()).collect()
}

/// Entries about the commands `0`, `1` and so on, each a second after the one before.
async fn add_numbered<V: CommandEntries>(views: &V, count: i64) -> Outcome {
    Ok(views.add_commands((0..count).map(|number| entry(&number.to_string(), number)).collect()).await?)
}

async fn find<V: CommandEntries>(views: &V, query: CommandQuery) -> Result<CommandPage, Failure> {
    Ok(views.find_commands(query).await?)
}

async fn entries_come_back_as_they_were_added<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: CommandEntries,
{
    let views = context.open_at(&context.log()).await?;
    same("a log of commands without entries", &find(&views, CommandQuery::new()).await?, &CommandPage::default())?;
    let kinds = [OutcomeKind::Appended, OutcomeKind::Refused, OutcomeKind::Denied, OutcomeKind::Unknown];
    let mut added: Vec<CommandEntry> = (0..4).map(|second| entry("ShipOrder", second)).collect();
    added.iter_mut().zip(kinds).for_each(|(entry, kind)| entry.outcome = kind);
    let texts = "\0 \" \\ é 🦀".to_owned();
    added[0].tags = vec!["order:17".to_owned(), texts.clone()];
    added[0].metadata = Metadata::new()
        .with_correlation_id("x".repeat(60_000))
        .with_initiator(Principal::new(PrincipalKind::User, "ada"))
        .with("tenant", &texts);
    added[0].idempotency_key = Some(texts.clone());
    added[0].stored = Some(StoredCommand::new("shop.ShipOrder", SchemaVersion::FIRST, "{\"order\":17}"));
    added[0].decision = Some(Decision::default());
    added[0].duration = Duration::from_micros(u64::MAX);
    added[0].attempts = u32::MAX;
    let place = |position| Place::new(Position::new(position), EventId::new());
    added[0].events = Some((place(3), place(i64::MAX.unsigned_abs())));
    added[1].text = Some(texts.clone());
    added[1].metadata = Metadata::new().with_correlation_id(texts.clone());
    added[2].began_at = Timestamp::from_micros(-1);
    views.add_commands(added.clone()).await?;
    views.add_commands(Vec::new()).await?;
    let found = find(&views, CommandQuery::new()).await?;
    ensure!(found.entries.is_sorted_by(|one, next| one.id > next.id), "the newest entry is not the first: {found:?}");
    added.reverse();
    for (found, added) in found.entries.iter().zip(&added) {
        same("an entry that was added", &found.entry, added)?;
    }
    same("how many entries there are", &(found.entries.len(), found.next), &(4, None))?;
    for number in [2, 3] {
        let id = added[number].metadata.correlation_id().unwrap_or_default();
        let found = find(&views, CommandQuery::new().correlation_id(id)).await?.entries.len();
        same("how many entries have an odd correlation id", &found, &1)?;
    }
    Ok(())
}

async fn entries_are_found_by_what_they_are<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: CommandEntries,
{
    let views = context.open_at(&context.log()).await?;
    let mut added = vec![entry("ship", 1), entry("Ship", 2), entry("Ship", 3), entry("Cancel", 4)];
    added[2].outcome = OutcomeKind::Refused;
    for (at, id) in [(0, "a"), (2, "a"), (3, "ab")] {
        added[at].metadata = Metadata::new().with_correlation_id(id);
    }
    let time = |at: usize| added[at].began_at;
    let (second, last) = (time(1), time(3));
    views.add_commands(added).await?;
    let all = find(&views, CommandQuery::new()).await?;
    let cases = [
        ("the name", CommandQuery::new().command("Ship"), vec![3, 2]),
        ("another name", CommandQuery::new().command("' OR true --"), vec![]),
        ("the outcome", CommandQuery::new().outcome(OutcomeKind::Refused), vec![3]),
        ("the correlation id", CommandQuery::new().correlation_id("a"), vec![3, 1]),
        ("the first time", CommandQuery::new().from(second), vec![4, 3, 2]),
        ("the time after the last", CommandQuery::new().until(last), vec![3, 2, 1]),
        ("both times", CommandQuery::new().from(second).until(last), vec![3, 2]),
        ("the id", CommandQuery::new().id(all.entries[1].id), vec![3]),
        ("everything", CommandQuery::new().command("Ship").correlation_id("a").from(second), vec![3]),
        ("what is nowhere", CommandQuery::new().id(u64::MAX), vec![]),
    ];
    for (by, query, expected) in cases {
        let found: Vec<i64> = find(&views, query)
            .await?
            .entries
            .iter()
            .map(|kept| (kept.entry.began_at.as_micros() - 1_700_000_000_000_000) / 1_000_000)
            .collect();
        same(&format!("the entries that are found by {by}"), &found, &expected)?;
    }
    Ok(())
}

async fn the_command_that_led_to_an_event_is_found<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: CommandEntries,
{
    let views = context.open_at(&context.log()).await?;
    let place = |position| Place::new(Position::new(position), EventId::new());
    let of = |command: &str, first: Place, last: Place| {
        let mut entry = entry(command, 0);
        (entry.outcome, entry.events) = (OutcomeKind::Appended, Some((first, last)));
        entry
    };
    let (one, first, last) = (place(7), place(8), place(10_007));
    // The largest append, and one of a log that was replaced since.
    let added = vec![of("one", one, one), of("many", first, last), of("old", place(7), place(7)), entry("none", 0)];
    views.add_commands(added).await?;
    let cases = [
        (one, vec!["one"]),
        (first, vec!["many"]),
        (place(5_000), vec!["many"]),
        (last, vec!["many"]),
        (Place::from(Position::new(7)), vec!["old", "one"]),
        (place(10_008), vec![]),
        (place(6), vec![]),
    ];
    for (event, expected) in cases {
        let page = find(&views, CommandQuery::new().event(event)).await?;
        same(&format!("the command that led to the event at {event}"), &commands(&page), &expected)?;
    }
    Ok(())
}

async fn pages_have_every_entry_once<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: CommandEntries,
{
    let views = context.open_at(&context.log()).await?;
    add_numbered(&views, 25).await?;
    let (mut query, mut found) = (CommandQuery::new().limit(10), Vec::new());
    loop {
        let page = find(&views, query.clone()).await?;
        ensure!(page.entries.len() <= 10, "a page of 10 has {} entries", page.entries.len());
        found.extend(page.entries.into_iter().map(|kept| kept.entry.command));
        let Some(next) = page.next else { break };
        // What is added meanwhile is on no page.
        views.add_commands(vec![entry("later", 99)]).await?;
        query = query.before(next);
    }
    let expected: Vec<String> = (0..25).rev().map(|number| number.to_string()).collect();
    same("the entries of all pages", &found, &expected)
}

async fn several_writers_lose_nothing<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: CommandEntries,
{
    let place = context.log();
    let views = context.open_at(&place).await?;
    let mut writers = Vec::new();
    for writer in 0..4_u32 {
        let views = views.clone();
        writers.push(async move {
            for batch in 0..5 {
                let of = |number| entry(&format!("{writer}.{batch}.{number}"), 0);
                views.add_commands((0..3).map(of).collect()).await?;
            }
            Ok(())
        });
    }
    context.together("several writers of entries", writers).await?;
    let found = find(&views, CommandQuery::new()).await?.entries;
    let ids: BTreeSet<u64> = found.iter().map(|kept| kept.id).collect();
    let names: BTreeSet<&str> = found.iter().map(|kept| kept.entry.command.as_str()).collect();
    same("how many entries, ids and commands there are", &(found.len(), ids.len(), names.len()), &(60, 60, 60))?;
    for batch in (0..4).flat_map(|writer| (0..5).map(move |batch| format!("{writer}.{batch}."))) {
        let of: Vec<&str> =
            found.iter().map(|kept| kept.entry.command.as_str()).filter(|name| name.starts_with(&batch)).collect();
        ensure!(of.is_sorted_by(|one, next| one > next), "a batch was added in another order: {of:?}");
    }
    Ok(())
}

async fn old_entries_are_removed<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: CommandEntries,
{
    let views = context.open_at(&context.log()).await?;
    let before = RemoveCommands::BeganBefore(entry("", 2).began_at);
    same("how many were removed from an empty log", &views.remove_commands(before).await?, &0)?;
    add_numbered(&views, 4).await?;
    same("how many old entries were removed", &views.remove_commands(before).await?, &2)?;
    same("how many old entries were removed again", &views.remove_commands(before).await?, &0)?;
    let left = find(&views, CommandQuery::new()).await?;
    same("the entries that are left after old ones were removed", &commands(&left), &vec!["3", "2"])
}

async fn surplus_entries_are_removed<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: CommandEntries,
{
    let views = context.open_at(&context.log()).await?;
    let newest = RemoveCommands::AllButNewest;
    same("how many were removed from an empty log", &views.remove_commands(newest(2)).await?, &0)?;
    add_numbered(&views, 5).await?;
    same("how many of 5 were removed but for 5", &views.remove_commands(newest(5)).await?, &0)?;
    same("how many of 5 were removed but for 2", &views.remove_commands(newest(2)).await?, &3)?;
    let left = find(&views, CommandQuery::new()).await?;
    same("the newest entries", &commands(&left), &vec!["4", "3"])
}

async fn no_id_is_used_again<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: CommandEntries,
{
    let views = context.open_at(&context.log()).await?;
    add_numbered(&views, 3).await?;
    let highest = find(&views, CommandQuery::new()).await?.entries.first().map(|kept| kept.id);
    same("how many were removed", &views.remove_commands(RemoveCommands::AllButNewest(0)).await?, &3)?;
    add_numbered(&views, 1).await?;
    let next = find(&views, CommandQuery::new()).await?.entries.first().map(|kept| kept.id);
    ensure!(next > highest, "after all entries were removed, {next:?} comes after {highest:?}");
    Ok(())
}

async fn entries_are_there_after_a_restart_of_the_process<T: TestViews>(context: &ViewsContext<T>) -> Outcome
where
    T::Views: CommandEntries,
{
    let place = context.log();
    let views = context.open_at(&place).await?;
    add_numbered(&views, 2).await?;
    let second = context.open_at(&place).await?;
    let found = find(&second, CommandQuery::new()).await?;
    same("the entries that another handle finds", &commands(&found), &vec!["1", "0"])?;
    second.add_commands(vec![entry("2", 2)]).await?;
    drop((views, second));
    let views = context.open_at(&place).await?;
    let found = find(&views, CommandQuery::new()).await?;
    same("the entries of views that were opened again", &commands(&found), &vec!["2", "1", "0"])
}
