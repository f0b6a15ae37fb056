//! Accounts, each in a stream of its own: `account:<id>`.
//!
//! | command | reads | appends |
//! |---|---|---|
//! | [`OpenAccount`] | the [`Account`] | [`AccountOpened`] |
//! | [`Deposit`], [`Withdraw`] | the [`Account`] | [`MoneyDeposited`], [`MoneyWithdrawn`] |
//! | [`CloseAccount`] | the [`Account`] | [`AccountClosed`] |
//! | [`Transfer`] | both [`Account`]s | [`TransferSent`] to one stream and [`TransferReceived`] to the other, or neither |
//!
//! The append goes through only if each stream still has the version that the decision read.
//!
//! The bank's log is older than this program: [`AccountOpened`] has its third shape, and [`MoneyDeposited`] its second
//! name. The module [`history`] holds the former ones. `eskit.lock`, beside `Cargo.toml`, records them all, and the build holds
//! the program to it.

mod account;
mod error;
pub mod history;
mod money;
mod transfer;

pub use account::{
    Account, AccountClosed, AccountEvent, AccountId, AccountOpened, CloseAccount, Deposit, MoneyDeposited,
    MoneyWithdrawn, OpenAccount, Owner, Withdraw,
};
pub use error::BankError;
pub use money::{Cents, Currency};
pub use transfer::{Transfer, TransferReceived, TransferSent};

eskit::lock!();
