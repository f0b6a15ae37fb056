use eskit::prelude::*;

use crate::{Account, AccountId, BankError, Cents};

/// Money went to another account. The tag names the stream that it belongs to.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
#[event(codec = "cbor")]
pub struct TransferSent {
    /// The account that the money left.
    #[tag]
    pub account: AccountId,
    /// The account that the money went to.
    pub to: AccountId,
    /// How much.
    pub amount: Cents,
}

/// Money came from another account. The tag names the stream that it belongs to.
#[derive(Event, Serialize, Deserialize, Clone, PartialEq, Debug)]
pub struct TransferReceived {
    /// The account that the money went to.
    #[tag]
    pub account: AccountId,
    /// The account that the money left.
    pub from: AccountId,
    /// How much.
    pub amount: Cents,
}

/// Move money from one account to another.
#[derive(Command, Clone, Debug)]
pub struct Transfer {
    /// The account that the money leaves.
    #[tag]
    pub from: AccountId,
    /// The account that the money goes to, in the same currency.
    #[tag]
    pub to: AccountId,
    /// How much; not zero, and not more than the sender's account holds.
    pub amount: Cents,
}

/// One decision over two streams: both events are appended, or neither.
#[decider]
fn transfer(
    command: &Transfer,
    #[key(from)] sender: &Account,
    #[key(to)] receiver: &Account,
) -> Result<(TransferSent, TransferReceived), BankError> {
    let Transfer { from, to, amount } = command.clone();
    if from == to {
        return Err(BankError::AccountsEqual);
    }
    sender.check_debit(&from, amount)?;
    receiver.check_credit(&to, amount)?;
    if sender.currency() != receiver.currency() {
        return Err(BankError::CurrenciesDiffer { from: sender.currency(), to: receiver.currency() });
    }
    let sent = TransferSent { account: from.clone(), to: to.clone(), amount };
    Ok((sent, TransferReceived { account: to, from, amount }))
}
