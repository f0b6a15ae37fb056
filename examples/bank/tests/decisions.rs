//! What each command does, given what happened before.

use bank::{
    Account, AccountClosed, AccountId, AccountOpened, BankError, Cents, CloseAccount, Currency, Deposit,
    MoneyDeposited, MoneyWithdrawn, OpenAccount, Owner, Transfer, TransferReceived, TransferSent, Withdraw,
};
use eskit::log::StreamId;
use eskit::testing::{Given, given};

fn id(name: &str) -> AccountId {
    AccountId::new(name)
}

fn cents(cents: u64) -> Cents {
    Cents::new(cents)
}

fn owner() -> Owner {
    Owner { given_names: "Ada".into(), family_name: "Lovelace".into() }
}

/// An account with this name, currency and balance, besides what `history` holds.
fn with_account(history: Given, name: &str, currency: Currency, balance: u64) -> Given {
    let events = (AccountOpened { owner: owner(), currency }, MoneyDeposited { amount: cents(balance) });
    history.and_in(StreamId::of::<Account>(id(name)), events)
}

fn account(balance: u64) -> Given {
    with_account(given(()), "a", Currency::Eur, balance)
}

#[test]
fn an_account_is_opened_once() {
    let open = OpenAccount { account: id("a"), owner: owner(), currency: Currency::Usd };
    given(()).when(open.clone()).then(AccountOpened { owner: owner(), currency: Currency::Usd });
    account(1).when(open.clone()).then_error(BankError::AccountExists { account: id("a") });
    // An id is never used again.
    let closed = account(100).and_command(Withdraw { account: id("a"), amount: cents(100) });
    let closed = closed.and_command(CloseAccount { account: id("a") });
    closed.when(open).then_error(BankError::AccountExists { account: id("a") });
}

#[test]
fn money_goes_in_and_out_up_to_the_balance() {
    let withdraw = |amount| Withdraw { account: id("a"), amount: cents(amount) };
    let deposit = |amount| Deposit { account: id("a"), amount: cents(amount) };
    account(100)
        .when(deposit(50))
        .then(MoneyDeposited { amount: cents(50) })
        .then_state(|account| assert_eq!(account.balance(), cents(150)));
    account(100)
        .when(withdraw(100))
        .then(MoneyWithdrawn { amount: cents(100) })
        .then_state(|account| assert_eq!(account.balance(), Cents::ZERO));
    let insufficient = BankError::FundsInsufficient { account: id("a"), balance: cents(100) };
    account(100).when(withdraw(101)).then_error(insufficient);
    account(100).when(withdraw(0)).then_error(BankError::AmountZero);
    account(100).when(deposit(0)).then_error(BankError::AmountZero);
    account(u64::MAX).when(deposit(1)).then_error(BankError::BalanceTooHigh { account: id("a") });
}

#[test]
fn only_an_empty_account_is_closed_and_stays_so() {
    let close = CloseAccount { account: id("a") };
    account(100).when(close.clone()).then_error(BankError::AccountNotEmpty { balance: cents(100) });
    let empty = account(100).and_command(Withdraw { account: id("a"), amount: cents(100) });
    empty.clone().when(close.clone()).then(AccountClosed {}).then_state(|account| assert!(!account.is_open()));
    let closed = empty.and_command(close.clone());
    closed.clone().when(close).then_error(BankError::AccountClosed { account: id("a") });
    closed
        .when(Deposit { account: id("a"), amount: cents(1) })
        .then_error(BankError::AccountClosed { account: id("a") });
}

#[test]
fn what_was_never_opened_takes_no_command() {
    let unknown = || BankError::AccountUnknown { account: id("x") };
    given(()).when(Deposit { account: id("x"), amount: cents(1) }).then_error(unknown());
    given(()).when(Withdraw { account: id("x"), amount: cents(1) }).then_error(unknown());
    given(()).when(CloseAccount { account: id("x") }).then_error(unknown());
    account(100).when(Transfer { from: id("a"), to: id("x"), amount: cents(1) }).then_error(unknown());
    account(100).when(Transfer { from: id("x"), to: id("a"), amount: cents(1) }).then_error(unknown());
}

#[test]
fn a_transfer_writes_to_both_streams() {
    let outcome = with_account(account(100), "b", Currency::Eur, 1).when(Transfer {
        from: id("a"),
        to: id("b"),
        amount: cents(70),
    });
    outcome
        .then((
            TransferSent { account: id("a"), to: id("b"), amount: cents(70) },
            TransferReceived { account: id("b"), from: id("a"), amount: cents(70) },
        ))
        .then_state_of::<Account>(id("a"), |account| assert_eq!(account.balance(), cents(30)))
        .then_state_of::<Account>(id("b"), |account| assert_eq!(account.balance(), cents(71)));
    let streams: Vec<String> =
        outcome.events().iter().filter_map(|event| event.stream.as_ref()).map(|at| at.stream.to_string()).collect();
    assert_eq!(streams, ["account:a", "account:b"]);
}

#[test]
fn a_transfer_is_refused_as_a_whole() {
    let transfer = |from, to, amount| Transfer { from: id(from), to: id(to), amount: cents(amount) };
    let both = || with_account(account(100), "b", Currency::Eur, 1);
    both().when(transfer("a", "a", 1)).then_error(BankError::AccountsEqual);
    both().when(transfer("a", "b", 0)).then_error(BankError::AmountZero);
    both()
        .when(transfer("a", "b", 101))
        .then_error(BankError::FundsInsufficient { account: id("a"), balance: cents(100) });
    with_account(account(100), "b", Currency::Usd, 1)
        .when(transfer("a", "b", 1))
        .then_error(BankError::CurrenciesDiffer { from: Currency::Eur, to: Currency::Usd });
    with_account(account(100), "b", Currency::Eur, u64::MAX)
        .when(transfer("a", "b", 1))
        .then_error(BankError::BalanceTooHigh { account: id("b") });
}

#[test]
fn amounts_read_as_money() {
    assert_eq!(cents(1_205).to_string(), "12.05");
    assert_eq!(
        BankError::FundsInsufficient { account: id("a"), balance: cents(5) }.to_string(),
        "account `a` holds only 0.05"
    );
}
