use eskit_runtime::StoreError;

use crate::append::synchronous::Synchronous;
use crate::error::Fault;
use crate::synchronous::connection::Beside;
use crate::synchronous::read_model;

/// Builds the read model of a projection from what the log holds, or what it lacks of that: a page in each transaction, so that appends
/// go on in between. Ends early once it is not wanted any more. Blocks.
pub(super) fn build(
    beside: &mut Beside,
    projection: &Synchronous,
    is_wanted: impl Fn() -> bool,
) -> Result<(), StoreError> {
    let of = &projection.subscription;
    let doing = format!("build the synchronous projection {of} in");
    let path = beside.path().clone();
    let fail = |fault: Fault| fault.into_error(&doing, &path);
    beside.transact(|tx| read_model::prepare(tx, of)).map_err(fail)?;
    while is_wanted() {
        if beside.transact(|tx| read_model::advance(tx, projection)).map_err(fail)? {
            break;
        }
    }
    Ok(())
}
