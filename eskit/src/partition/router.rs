use std::fmt;
use std::sync::Arc;

use eskit_runtime::model::{Command, Decide};

use super::check::Boundary;
use super::error::{CrossesLogs, PartitionError};
use crate::tenant::{TenantId, Tenants};

/// A log for each value of a tag, and what finds that of a command. `T` is what is kept for each log: an app, started or not, or a store.
///
/// ```
/// # use eskit::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)] pub struct Deposited { #[tag] region: String, #[tag] account: u32, cents: u64 }
/// # #[derive(Command)] pub struct Deposit { #[tag] region: String, #[tag] account: u32, cents: u64 }
/// # #[aggregate(tag("region", "account"))] #[derive(Default)] pub struct Account { cents: u64 }
/// # #[decider] impl Account {
/// #     #[evolve] fn deposited(&mut self, e: &Deposited) { self.cents += e.cents }
/// #     #[decide] fn deposit(&self, c: &Deposit) -> Deposited {
/// #         Deposited { region: c.region.clone(), account: c.account, cents: c.cents }
/// #     }
/// # }
/// use std::convert::Infallible;
///
/// use eskit::partition::{Partition, Partitioned};
/// use eskit::tenant::{TenantId, Tenants};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // In a program, a file or a schema for each region.
/// let apps = Tenants::new(100, |region: TenantId| async move {
///     Ok::<_, Infallible>(App::new(Partition::new(MemoryStore::new(), "region", region)))
/// });
/// let regions = Partitioned::new("region", &[], apps)?;
///
/// let deposit = Deposit { region: "eu".to_owned(), account: 7, cents: 500 };
/// let app = regions.of(&deposit).await?;
/// app.execute(deposit).await?;
/// assert_eq!(app.load::<Account>(("eu", 7)).await?.cents, 500);
/// # Ok(()) }
/// ```
///
/// The values of the tag are [`TenantId`]s, so that they can name a file or a schema.
///
/// Each log has positions, projections, checkpoints and snapshots of its own. A processor of one log carries work to another: its method
/// finds the app of the other command with [`Partitioned::of`], and executes it with [`Effect::key`](crate::processor::Effect::key) as the
/// idempotency key, so that it is executed once however often the method is repeated.
#[derive(Debug)]
pub struct Partitioned<T, E> {
    boundary: Boundary,
    logs: Tenants<T, E>,
}

impl<T: Send + Sync + 'static, E> Partitioned<T, E> {
    /// What is kept for each value of this tag. `owned` names other keys, by tag or by stream, whose every value has all its events in one
    /// log: the accounts of a region, if no account is in two. The logs are taken at their word for that.
    ///
    /// # Errors
    /// Deciders of this program, as far as the tag is on their command, on their events or in a key of their models, that
    /// need more than one log.
    pub fn new(
        tag: &'static str,
        owned: &'static [&'static str],
        logs: Tenants<T, E>,
    ) -> Result<Partitioned<T, E>, CrossesLogs> {
        let boundary = Boundary { tag, owned };
        boundary.check_all()?;
        Ok(Partitioned { boundary, logs })
    }

    /// What is kept for the log of this command.
    ///
    /// # Errors
    /// [`PartitionError`]: the decider of the command needs several logs, and was not linked into the registry when that was
    /// checked; the value of its tag names no log; or the log cannot be opened.
    pub async fn of<C: Decide>(&self, command: &C) -> Result<Arc<T>, PartitionError<E>> {
        self.boundary.check::<C>().map_err(PartitionError::Crosses)?;
        let value = self.value(command);
        let value = TenantId::new(value).map_err(|source| PartitionError::Value {
            command: C::TYPE.name,
            tag: self.boundary.tag,
            source,
        })?;
        self.logs.get(&value).await.map_err(PartitionError::Open)
    }

    /// What is kept for each value, to get that of a value itself: to load a state, or to start what follows the logs.
    pub fn logs(&self) -> &Tenants<T, E> {
        &self.logs
    }

    /// The value of the tag on a command that has one.
    fn value<C: Command>(&self, command: &C) -> String {
        let mut found = String::new();
        command.each_tag(&mut |index, value: &dyn fmt::Display| {
            if C::TYPE.tags.get(index).is_some_and(|field| field.key == self.boundary.tag) {
                found = value.to_string();
            }
        });
        found
    }
}
