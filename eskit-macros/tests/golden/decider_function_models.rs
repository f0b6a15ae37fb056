#[decider(crate = facade::eskit)]
fn transfer(
    command: &Transfer,
    #[key(from)] from: &Account,
    #[key(account = to)] to: &Account,
) -> Result<(Withdrawn, Deposited), BankError> {
    Err(BankError::Closed)
}
