//! The SQLite store, held to the contract.

use eskit_conformance::Suite;
use eskit_sqlite::SqliteStore;

eskit_conformance::suite!(sqlite, Suite::durable(|log| async move { SqliteStore::open(log.path("db")).await }));
