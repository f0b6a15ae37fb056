//! cqrs-es on its memory store, in this process.

use std::time::Instant;

use cqrs_es::CqrsFramework;
use cqrs_es::mem_store::MemStore;
use tokio::runtime::Runtime;

use crate::peers::cqrs_account::{Account, Deposit};
use eskit_bench_harness::Failure;

/// cqrs-es on its memory store, with as many accounts of as many events as it was opened with.
pub(crate) struct Memory {
    cqrs: CqrsFramework<Account, MemStore<Account>>,
    accounts: usize,
}

impl Memory {
    /// Fills a store.
    pub(crate) fn open(runtime: &Runtime, accounts: usize, events: usize) -> Result<Memory, Failure> {
        let memory = Memory { cqrs: CqrsFramework::new(MemStore::default(), Vec::new(), ()), accounts };
        for _ in 0..events {
            memory.commands_per_second(runtime)?;
        }
        Ok(memory)
    }

    /// Executes one command on every account; returns how many a second.
    pub(crate) fn commands_per_second(&self, runtime: &Runtime) -> Result<f64, Failure> {
        let started = Instant::now();
        runtime.block_on(async {
            for account in 0..self.accounts {
                self.cqrs.execute(&account.to_string(), Deposit::new(1)).await?;
            }
            Ok::<(), Failure>(())
        })?;
        Ok(self.accounts as f64 / started.elapsed().as_secs_f64())
    }
}
