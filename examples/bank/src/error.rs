use std::error::Error;
use std::fmt;

use crate::{AccountId, Cents, Currency};

/// Why the bank refuses a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BankError {
    /// Nobody opened the account.
    AccountUnknown {
        /// The account that was asked for.
        account: AccountId,
    },
    /// The account was opened before, and may be closed since.
    AccountExists {
        /// The account that was to be opened.
        account: AccountId,
    },
    /// The account is closed.
    AccountClosed {
        /// The account.
        account: AccountId,
    },
    /// An account that holds money cannot be closed.
    AccountNotEmpty {
        /// What it holds.
        balance: Cents,
    },
    /// Nothing is to be moved.
    AmountZero,
    /// The account holds less than is to be taken from it.
    FundsInsufficient {
        /// The account.
        account: AccountId,
        /// What it holds.
        balance: Cents,
    },
    /// The account would hold more than can be counted.
    BalanceTooHigh {
        /// The account.
        account: AccountId,
    },
    /// A transfer from an account to itself.
    AccountsEqual,
    /// A transfer between accounts of different currencies.
    CurrenciesDiffer {
        /// The currency of the sender's account.
        from: Currency,
        /// The currency of the receiver's account.
        to: Currency,
    },
}

impl fmt::Display for BankError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BankError::AccountUnknown { account } => write!(f, "there is no account `{account}`"),
            BankError::AccountExists { account } => write!(f, "there is an account `{account}` already"),
            BankError::AccountClosed { account } => write!(f, "account `{account}` is closed"),
            BankError::AccountNotEmpty { balance } => write!(f, "the account still holds {balance}"),
            BankError::AmountZero => f.write_str("the amount is zero"),
            BankError::FundsInsufficient { account, balance } => {
                write!(f, "account `{account}` holds only {balance}")
            }
            BankError::BalanceTooHigh { account } => {
                write!(f, "account `{account}` would hold more than can be counted")
            }
            BankError::AccountsEqual => f.write_str("sender and receiver are the same account"),
            BankError::CurrenciesDiffer { from, to } => write!(f, "one account is in {from}, the other in {to}"),
        }
    }
}

impl Error for BankError {}
