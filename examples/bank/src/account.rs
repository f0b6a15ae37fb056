use std::fmt;

use eskit::prelude::*;

use crate::history::AccountOpenedV2;
use crate::{BankError, Cents, Currency, TransferReceived, TransferSent};

/// Names an account.
#[derive(TagValue, Shape, Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub struct AccountId(String);

impl AccountId {
    /// The account with this name.
    pub fn new(name: impl Into<String>) -> AccountId {
        AccountId(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who owns an account.
#[derive(Shape, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct Owner {
    /// All names but the last; may be empty.
    pub given_names: String,
    /// The last name.
    pub family_name: String,
}

/// An account was opened. Its events need no tag: they lie in its stream.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(version = 3, from = AccountOpenedV2)]
pub struct AccountOpened {
    /// Who owns it.
    pub owner: Owner,
    /// What it is kept in.
    pub currency: Currency,
}

/// Money was paid in.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(alias = "bank.MoneyPaidIn")]
pub struct MoneyDeposited {
    /// How much.
    pub amount: Cents,
}

/// Money was paid out.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct MoneyWithdrawn {
    /// How much.
    pub amount: Cents,
}

/// An account was closed, for good.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct AccountClosed {}

/// Everything that can happen to an account: for those who read its stream.
#[derive(Event, Clone, PartialEq, Debug)]
pub enum AccountEvent {
    /// It was opened.
    Opened(AccountOpened),
    /// Money was paid in.
    Deposited(MoneyDeposited),
    /// Money was paid out.
    Withdrawn(MoneyWithdrawn),
    /// Money went to another account.
    Sent(TransferSent),
    /// Money came from another account.
    Received(TransferReceived),
    /// It was closed.
    Closed(AccountClosed),
}

/// Open an account.
#[derive(Command, Clone, Debug)]
pub struct OpenAccount {
    /// The account, which must be new.
    #[tag]
    pub account: AccountId,
    /// Who owns it.
    pub owner: Owner,
    /// What it is kept in.
    pub currency: Currency,
}

/// Pay money in.
#[derive(Command, Clone, Debug)]
pub struct Deposit {
    /// The account.
    #[tag]
    pub account: AccountId,
    /// How much; not zero.
    pub amount: Cents,
}

/// Pay money out.
#[derive(Command, Clone, Debug)]
pub struct Withdraw {
    /// The account.
    #[tag]
    pub account: AccountId,
    /// How much; not zero, and not more than the account holds.
    pub amount: Cents,
}

/// Close an account that holds nothing.
#[derive(Command, Clone, Debug)]
pub struct CloseAccount {
    /// The account.
    #[tag]
    pub account: AccountId,
}

/// One account: folded from the events of its stream.
#[aggregate(stream = "account", key = AccountId)]
#[derive(Default, Clone, Serialize, Deserialize, PartialEq, Debug)]
pub struct Account {
    status: Status,
    currency: Currency,
    balance: Cents,
}

#[derive(Clone, Copy, Default, Serialize, Deserialize, PartialEq, Debug)]
enum Status {
    #[default]
    Unknown,
    Open,
    Closed,
}

impl Account {
    /// What the account holds.
    pub fn balance(&self) -> Cents {
        self.balance
    }

    /// What the account is kept in.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// Whether it was opened and not closed since.
    pub fn is_open(&self) -> bool {
        self.status == Status::Open
    }

    fn check_open(&self, account: &AccountId) -> Result<(), BankError> {
        match self.status {
            Status::Open => Ok(()),
            Status::Unknown => Err(BankError::AccountUnknown { account: account.clone() }),
            Status::Closed => Err(BankError::AccountClosed { account: account.clone() }),
        }
    }

    /// Refuses an amount that cannot be paid in.
    pub(crate) fn check_credit(&self, account: &AccountId, amount: Cents) -> Result<(), BankError> {
        self.check_open(account)?;
        if amount == Cents::ZERO {
            return Err(BankError::AmountZero);
        }
        match self.balance.checked_add(amount) {
            Some(_) => Ok(()),
            None => Err(BankError::BalanceTooHigh { account: account.clone() }),
        }
    }

    /// Refuses an amount that cannot be paid out.
    pub(crate) fn check_debit(&self, account: &AccountId, amount: Cents) -> Result<(), BankError> {
        self.check_open(account)?;
        if amount == Cents::ZERO {
            return Err(BankError::AmountZero);
        }
        match self.balance.checked_sub(amount) {
            Some(_) => Ok(()),
            None => Err(BankError::FundsInsufficient { account: account.clone(), balance: self.balance }),
        }
    }
}

#[decider]
impl Account {
    #[evolve]
    fn opened(&mut self, event: &AccountOpened) {
        self.status = Status::Open;
        self.currency = event.currency;
    }

    #[evolve]
    fn deposited(&mut self, event: &MoneyDeposited) {
        self.balance += event.amount;
    }

    #[evolve]
    fn withdrawn(&mut self, event: &MoneyWithdrawn) {
        self.balance -= event.amount;
    }

    #[evolve]
    fn sent(&mut self, event: &TransferSent) {
        self.balance -= event.amount;
    }

    #[evolve]
    fn received(&mut self, event: &TransferReceived) {
        self.balance += event.amount;
    }

    #[evolve]
    fn closed(&mut self, _: &AccountClosed) {
        self.status = Status::Closed;
    }

    #[decide]
    fn open(&self, command: &OpenAccount) -> Result<AccountOpened, BankError> {
        let OpenAccount { account, owner, currency } = command.clone();
        if self.status != Status::Unknown {
            return Err(BankError::AccountExists { account });
        }
        Ok(AccountOpened { owner, currency })
    }

    #[decide]
    fn deposit(&self, command: &Deposit) -> Result<MoneyDeposited, BankError> {
        self.check_credit(&command.account, command.amount)?;
        Ok(MoneyDeposited { amount: command.amount })
    }

    #[decide]
    fn withdraw(&self, command: &Withdraw) -> Result<MoneyWithdrawn, BankError> {
        self.check_debit(&command.account, command.amount)?;
        Ok(MoneyWithdrawn { amount: command.amount })
    }

    #[decide]
    fn close(&self, command: &CloseAccount) -> Result<AccountClosed, BankError> {
        self.check_open(&command.account)?;
        if self.balance != Cents::ZERO {
            return Err(BankError::AccountNotEmpty { balance: self.balance });
        }
        Ok(AccountClosed {})
    }
}
