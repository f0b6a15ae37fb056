use std::error::Error;
use std::io::Write;

use bank::{
    Account, AccountEvent, AccountId, Cents, Currency, Deposit, OpenAccount, Owner, Transfer, Withdraw, history,
};
use eskit::log::{Append, AppendError, Condition, ExpectedVersion, Pages, Query, ReadOptions, StreamId};
use eskit::prelude::*;
use eskit::{MemoryViews, SnapshotOptions};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Tells the whole story. Every run takes accounts of its own, so that it can be told again on the same store.
pub(crate) async fn tell(store: AnyStore, out: &mut impl Write) -> Result<()> {
    let app = App::new(store);
    let number = seed(app.store()).await?;
    let ada = AccountId::new(format!("ada-{number}"));
    let bob = AccountId::new(format!("bob-{number}"));
    replay(&app, &ada, out).await?;
    transfer(&app, &ada, &bob, out).await?;
    pay_once(&app, &bob, number, out).await?;
    insist_on_a_version(&app, &ada, out).await?;
    show_statement(&app, &ada, out).await?;
    keep_snapshots(&app, &bob, out).await
}

/// Records what the first release would have left, in the first `ada-<number>` that is free.
async fn seed(store: &AnyStore) -> Result<u32> {
    let mut number = 1;
    loop {
        let account = AccountId::new(format!("ada-{number}"));
        let is_new = Condition::Stream { stream: stream(&account), expected: ExpectedVersion::NoStream };
        match store.append(Append::new(history::first_release(&account)).with(is_new)).await {
            Ok(_) => return Ok(number),
            Err(AppendError::Conflict(_)) => number += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

fn stream(account: &AccountId) -> StreamId {
    StreamId::of::<Account>(account)
}

async fn read_account(app: &App<AnyStore>, account: &AccountId) -> Result<Vec<RecordedEvent>> {
    let mut pages = Pages::new(app.store(), Query::stream(stream(account)), ReadOptions::default());
    let mut events = Vec::new();
    while let Some(page) = pages.next().await? {
        events.extend(page);
    }
    Ok(events)
}

async fn replay(app: &App<AnyStore>, ada: &AccountId, out: &mut impl Write) -> Result<()> {
    writeln!(out, "1. A log older than the program: old shapes, and an old name")?;
    writeln!(out, "   {:<22} version  payload", format!("{}", stream(ada)))?;
    let mut owner = String::new();
    for event in read_account(app, ada).await? {
        let payload = String::from_utf8_lossy(&event.payload);
        writeln!(out, "   {:<22} {:<8} {payload}", event.name.as_str(), event.schema_version.get())?;
        if let AccountEvent::Opened(opened) = event.decode()? {
            owner = format!("{} {}", opened.owner.given_names, opened.owner.family_name);
        }
    }
    let account = app.load::<Account>(ada.clone()).await?;
    writeln!(out, "   read today as  {owner}, {}, holds {}", account.currency(), account.balance())?;
    Ok(())
}

async fn transfer(app: &App<AnyStore>, ada: &AccountId, bob: &AccountId, out: &mut impl Write) -> Result<()> {
    writeln!(out, "\n2. A transfer: one decision, two streams")?;
    let owner = Owner { given_names: "Bob".to_owned(), family_name: "Martin".to_owned() };
    app.execute(OpenAccount { account: bob.clone(), owner, currency: Currency::Eur }).await?;
    for amount in [Cents::new(12_000), Cents::new(3_000)] {
        let command = Transfer { from: ada.clone(), to: bob.clone(), amount };
        write!(out, "   {ada} sends {amount} to {bob}:  ")?;
        match app.execute(command).await {
            Ok(executed) => writeln!(out, "{} events: {}", executed.events.len(), places(&executed.events))?,
            Err(ExecuteError::Domain(refusal)) => writeln!(out, "refused: {refusal}")?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// In which stream each event lies, and as which of its versions.
fn places(events: &[RecordedEvent]) -> String {
    let places = events.iter().filter_map(|event| event.stream.as_ref());
    places.map(|at| format!("{} version {}", at.stream, at.version)).collect::<Vec<_>>().join(", ")
}

async fn pay_once(app: &App<AnyStore>, bob: &AccountId, number: u32, out: &mut impl Write) -> Result<()> {
    writeln!(out, "\n3. A payment that arrives twice counts once")?;
    for _ in 0..2 {
        let command = Deposit { account: bob.clone(), amount: Cents::new(500) };
        let executed = app.execute(command).idempotency_key(format!("payment-{number}")).await?;
        let (balance, repeated) = (executed.state.balance(), executed.repeated);
        writeln!(out, "   {bob} deposits 5.00:  balance {balance}, repeated: {repeated}")?;
    }
    Ok(())
}

async fn insist_on_a_version(app: &App<AnyStore>, ada: &AccountId, out: &mut impl Write) -> Result<()> {
    writeln!(out, "\n4. A caller may insist on the version that it saw")?;
    for seen in [2, 3] {
        let command = Withdraw { account: ada.clone(), amount: Cents::new(1_000) };
        write!(out, "   {ada} withdraws 10.00, having seen version {seen}:  ")?;
        match app.execute(command).expected_version(ExpectedVersion::Exact(seen)).await {
            Ok(executed) => writeln!(out, "balance {}", executed.state.balance())?,
            Err(error @ ExecuteError::Conflict { .. }) => writeln!(out, "{error}")?,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

async fn show_statement(app: &App<AnyStore>, account: &AccountId, out: &mut impl Write) -> Result<()> {
    writeln!(out, "\n5. The statement of {account}: its stream, event by event")?;
    for event in read_account(app, account).await? {
        let version = event.stream.as_ref().map_or(0, |at| at.version);
        let text = match event.decode::<AccountEvent>()? {
            AccountEvent::Opened(opened) => format!("opened by {}", opened.owner.family_name),
            AccountEvent::Deposited(deposited) => format!("+ {:>8}", deposited.amount.to_string()),
            AccountEvent::Withdrawn(withdrawn) => format!("- {:>8}", withdrawn.amount.to_string()),
            AccountEvent::Sent(sent) => format!("- {:>8}  to {}", sent.amount.to_string(), sent.to),
            AccountEvent::Received(received) => format!("+ {:>8}  from {}", received.amount.to_string(), received.from),
            AccountEvent::Closed(_) => "closed".to_owned(),
        };
        writeln!(out, "   {version:>3}  {text}")?;
    }
    let balance = app.load::<Account>(account.clone()).await?.balance();
    writeln!(out, "   balance {balance}")?;
    Ok(())
}

async fn keep_snapshots(app: &App<AnyStore>, bob: &AccountId, out: &mut impl Write) -> Result<()> {
    writeln!(out, "\n6. Snapshots: a long history is not read again")?;
    // `SqliteViews` and `PostgresViews` keep them for the next start of the program.
    let views = MemoryViews::new();
    let kept = || app.clone().with_snapshots::<Account>(views.clone(), SnapshotOptions::every(50));
    let running = kept();
    for _ in 0..120 {
        running.execute(Deposit { account: bob.clone(), amount: Cents::new(1) }).await?;
    }
    running.snapshots_written().await;
    let started = kept();
    let account = started.load::<Account>(bob.clone()).await?;
    let found = started.snapshots::<Account>()?.counts().hits;
    writeln!(out, "   {bob} has {} events, and was loaded from {found} snapshot", account.version)?;
    Ok(())
}
