//! Accounts: one stream each, and a decision that writes to two of them.

use eskit::prelude::*;

/// An account exists from now on.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct AccountOpened {
    /// The account.
    #[tag]
    pub account: String,
    /// Who owns it.
    #[tag]
    pub owner: String,
}

/// Cash was paid in. Carries no tag: it goes to the stream of the account that decided it.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Deposited {
    /// How much.
    pub cents: u64,
}

/// Money went to another account.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct MoneySent {
    /// The account that sent it.
    #[tag]
    pub account: String,
    /// The account that got it.
    pub to: String,
    /// How much.
    pub cents: u64,
}

/// Money came from another account.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct MoneyReceived {
    /// The account that got it.
    #[tag]
    pub account: String,
    /// The account that sent it.
    pub from: String,
    /// How much.
    pub cents: u64,
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq)]
pub enum BankError {
    /// The account exists already.
    Open,
    /// There is no such account.
    NotOpen,
    /// The owner has as many accounts as allowed.
    TooMany,
    /// The balance does not suffice.
    Short {
        /// How much there is.
        cents: u64,
    },
}

impl std::fmt::Display for BankError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for BankError {}

/// Open an account.
#[derive(Command, Clone, Debug)]
pub struct Open {
    /// The account.
    #[tag]
    pub account: String,
    /// Who owns it.
    #[tag]
    pub owner: String,
}

/// Pay cash in.
#[derive(Command, Clone, Debug)]
pub struct Deposit {
    /// The account.
    #[tag]
    pub account: String,
    /// How much.
    pub cents: u64,
}

/// Send money to another account.
#[derive(Command, Clone, Debug)]
pub struct Transfer {
    /// The account that sends.
    #[tag("account")]
    pub from: String,
    /// The account that gets.
    #[tag("account")]
    pub to: String,
    /// How much.
    pub cents: u64,
}

/// One account.
#[aggregate(stream = "account")]
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Account {
    /// Whether it exists.
    pub open: bool,
    /// What is on it.
    pub cents: u64,
}

#[decider]
impl Account {
    #[evolve]
    fn opened(&mut self, _: &AccountOpened) {
        self.open = true;
    }

    #[evolve]
    fn deposited(&mut self, event: &Deposited) {
        self.cents += event.cents;
    }

    #[evolve]
    fn sent(&mut self, event: &MoneySent) {
        self.cents -= event.cents;
    }

    #[evolve]
    fn received(&mut self, event: &MoneyReceived) {
        self.cents += event.cents;
    }

    #[decide]
    fn deposit(&self, command: &Deposit) -> Result<Deposited, BankError> {
        if self.open { Ok(Deposited { cents: command.cents }) } else { Err(BankError::NotOpen) }
    }
}

/// The accounts of one owner, wherever they live: a model by tag over events of streams.
#[aggregate(tag = "owner")]
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Portfolio {
    /// How many there are.
    pub accounts: u32,
}

#[decider]
impl Portfolio {
    #[evolve]
    fn opened(&mut self, _: &AccountOpened) {
        self.accounts += 1;
    }
}

/// The most accounts of one owner.
pub const ACCOUNTS_MAX: u32 = 2;

#[decider]
fn open(command: &Open, account: &Account, portfolio: &Portfolio) -> Result<AccountOpened, BankError> {
    if account.open {
        return Err(BankError::Open);
    }
    if portfolio.accounts >= ACCOUNTS_MAX {
        return Err(BankError::TooMany);
    }
    Ok(AccountOpened { account: command.account.clone(), owner: command.owner.clone() })
}

#[decider]
fn transfer(
    command: &Transfer,
    #[key(from)] from: &Account,
    #[key(to)] to: &Account,
) -> Result<(MoneySent, MoneyReceived), BankError> {
    if !from.open || !to.open {
        return Err(BankError::NotOpen);
    }
    if from.cents < command.cents {
        return Err(BankError::Short { cents: from.cents });
    }
    let Transfer { from, to, cents } = command.clone();
    Ok((MoneySent { account: from.clone(), to: to.clone(), cents }, MoneyReceived { account: to, from, cents }))
}

/// Counts the deposits of an account and passes over everything else in its stream.
#[aggregate(stream = "account", partial)]
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct DepositCount {
    /// How many there were.
    pub deposits: u32,
}

#[decider]
impl DepositCount {
    #[evolve]
    fn deposited(&mut self, _: &Deposited) {
        self.deposits += 1;
    }
}

/// Short for a command.
pub fn open_account(account: &str, owner: &str) -> Open {
    Open { account: account.into(), owner: owner.into() }
}

/// Short for a command.
pub fn deposit(account: &str, cents: u64) -> Deposit {
    Deposit { account: account.into(), cents }
}

/// Short for a command.
pub fn send(from: &str, to: &str, cents: u64) -> Transfer {
    Transfer { from: from.into(), to: to.into(), cents }
}

/// Short for an event.
pub fn opened(account: &str, owner: &str) -> AccountOpened {
    AccountOpened { account: account.into(), owner: owner.into() }
}
