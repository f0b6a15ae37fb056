//! Money is neither made nor lost, however many transfers run at once.

#![allow(clippy::unwrap_used, reason = "a helper of tests may panic")]

use std::sync::Arc;

use bank::{Account, AccountId, BankError, Cents, Currency, Deposit, OpenAccount, Owner, Transfer};
use eskit::RetryPolicy;
use eskit::log::EventId;
use eskit::prelude::*;
use tokio::task::JoinSet;

const ACCOUNTS: usize = 4;
const TRANSFERS: usize = 60;
const BALANCE: u64 = 1_000;
const AMOUNT: u64 = 400;

fn id(number: usize) -> AccountId {
    AccountId::new(format!("account-{}", number % ACCOUNTS))
}

async fn app() -> Arc<App<SqliteStore>> {
    let path = format!("{}/bank-{}.db", env!("CARGO_TARGET_TMPDIR"), EventId::new());
    let app = App::new(SqliteStore::open(path).await.unwrap()).with_retry(RetryPolicy::attempts(200));
    for account in (0..ACCOUNTS).map(id) {
        let owner = Owner { given_names: "Ada".into(), family_name: "Lovelace".into() };
        app.execute(OpenAccount { account: account.clone(), owner, currency: Currency::Eur }).await.unwrap();
        app.execute(Deposit { account, amount: Cents::new(BALANCE) }).await.unwrap();
    }
    Arc::new(app)
}

#[tokio::test]
async fn transfers_at_the_same_moment_keep_the_sum() {
    let app = app().await;
    let mut tasks = JoinSet::new();
    for number in 0..TRANSFERS {
        let app = Arc::clone(&app);
        // Every pair of accounts in both directions, so that transfers meet head on.
        let transfer = Transfer { from: id(number), to: id(number / ACCOUNTS + 1), amount: Cents::new(AMOUNT) };
        tasks.spawn(async move { app.execute(transfer).await.map(|executed| executed.attempts) });
    }
    let mut conflicts = 0;
    for outcome in tasks.join_all().await {
        match outcome {
            Ok(attempts) => conflicts += attempts - 1,
            Err(ExecuteError::Domain(BankError::FundsInsufficient { .. } | BankError::AccountsEqual)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert!(conflicts > 0, "no transfer met another");
    let mut sum = Cents::ZERO;
    for account in (0..ACCOUNTS).map(id) {
        sum += app.load::<Account>(account).await.unwrap().balance();
    }
    assert_eq!(sum, Cents::new(BALANCE * ACCOUNTS as u64));
}
