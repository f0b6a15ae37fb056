use std::error::Error;

use eskit::AnyStore;
#[cfg(feature = "postgres")]
use eskit::postgres::{PostgresKeyStore, PostgresStore};
use eskit::sqlite::{SqliteKeyStore, SqliteStore};
use eskit::vault::{LocalMasterKey, MemoryKeyStore, Vault};

/// For this story only. A program of yours reads its master key from a file that nobody else can read, with
/// [`LocalMasterKey::from_file`], or implements [`MasterKey`](eskit::vault::MasterKey) for a key management service.
const MASTER_KEY: [u8; 32] = *b"the master key of a made-up town";

/// Opens the keys of the students beside the log: in a file of their own, in tables of their own, or in memory.
pub(crate) async fn open(store: &AnyStore) -> Result<Vault, Box<dyn Error>> {
    let master = LocalMasterKey::from_bytes("campus", MASTER_KEY);
    #[cfg(feature = "postgres")]
    if let Some(store) = store.downcast_ref::<PostgresStore>() {
        return Ok(Vault::new(PostgresKeyStore::open(store.pool().clone()).await?, master));
    }
    Ok(match store.downcast_ref::<SqliteStore>() {
        Some(store) => Vault::new(SqliteKeyStore::open(store.path().with_extension("keys.db")).await?, master),
        None => Vault::new(MemoryKeyStore::new(), master),
    })
}
