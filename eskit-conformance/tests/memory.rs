//! The store in memory, held to the contract.

use std::convert::Infallible;

use eskit::MemoryStore;
use eskit_conformance::Suite;

eskit_conformance::suite!(memory, Suite::volatile(|| async { Ok::<_, Infallible>(MemoryStore::new()) }));
