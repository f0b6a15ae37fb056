use std::fmt;
use std::sync::Arc;

use eskit_runtime::StoreError;
use eskit_runtime::log::{LogId, Place, Subject};
use eskit_runtime::vault::{KeyId, KeyStore, StoredKey, WrappedKey};
use sqlx::{PgPool, PgTransaction};

use crate::error::Fault;
use crate::keys::open::{PostgresKeyStoreOptions, begin};
use crate::keys::rows::Rows;

/// The keys of personal data, in tables of their own, in a schema of their own.
///
/// Use another database than that of the log, with backups of its own: a backup of both keeps readable what is forgotten later.
///
/// A key that is destroyed is gone from every answer at once, for every process. The files of PostgreSQL keep the old version of its row
/// until the table is rewritten, the write-ahead log until its old files are removed, and replicas and backups for as long as they are kept.
/// There the key stands as the master key wrapped it: [rewrap](https://docs.rs/eskit) all keys with a new master key from time to time, and
/// destroy the old one, to be rid of them. To be rid of the bytes in the server's own files too, run this as a superuser:
///
/// ```sql
/// VACUUM (FULL) eskit_keys.keys;
/// SELECT pg_switch_wal();
/// CHECKPOINT;
/// ```
///
/// The first statement needs the table for itself, for about as long as reading it takes. It keeps what a transaction could still see that
/// began before the key was destroyed. The last one removes the write-ahead log up to there if the server has `wal_recycle = off`, and neither
/// `wal_keep_size` nor a replication slot nor a failing archive keeps it; otherwise its files are overwritten one by one.
#[derive(Clone)]
pub struct PostgresKeyStore {
    pool: PgPool,
    schema: Arc<str>,
    rows: Arc<Rows>,
}

impl PostgresKeyStore {
    /// Opens the keys in the schema `eskit_keys` of this pool's database; creates their tables if they are missing.
    ///
    /// # Errors
    /// As [`PostgresKeyStoreOptions::open`].
    pub async fn open(pool: PgPool) -> Result<PostgresKeyStore, StoreError> {
        PostgresKeyStoreOptions::default().open(pool).await
    }

    /// The options with which to open keys.
    pub fn options() -> PostgresKeyStoreOptions {
        PostgresKeyStoreOptions::default()
    }

    /// What the caller is told.
    fn told<T>(&self, doing: &str, done: Result<T, Fault>) -> Result<T, StoreError> {
        done.map_err(|fault| fault.into_failure(&format!("{doing} the keys `{}`", self.schema)))
    }
}

impl PostgresKeyStoreOptions {
    /// Opens the keys in the database of this pool; creates their tables if they are missing.
    ///
    /// # Errors
    /// The database cannot be reached; the role may not create the tables; the schema holds those of another program, or of a newer
    /// version of this one.
    pub async fn open(self, pool: PgPool) -> Result<PostgresKeyStore, StoreError> {
        let (schema, quoted) = self.prepare(&pool).await?;
        Ok(PostgresKeyStore { pool, schema: schema.into(), rows: Arc::new(Rows::new(&quoted)) })
    }
}

async fn commit<T>(transaction: PgTransaction<'static>, done: T) -> Result<T, Fault> {
    transaction.commit().await?;
    Ok(done)
}

impl KeyStore for PostgresKeyStore {
    async fn get_or_insert(&self, keys: Vec<StoredKey>) -> Result<Vec<StoredKey>, StoreError> {
        let done = async {
            let mut tx = begin(&self.pool).await?;
            let done = self.rows.get_or_insert(&mut tx, keys).await?;
            commit(tx, done).await
        };
        self.told("write", done.await)
    }

    async fn get(&self, ids: Vec<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        let done = async {
            let mut tx = begin(&self.pool).await?;
            let done = self.rows.get(&mut tx, &ids).await?;
            commit(tx, done).await
        };
        self.told("read", done.await)
    }

    async fn of_subject(&self, log: LogId, subject: Subject) -> Result<Vec<StoredKey>, StoreError> {
        let done = async {
            let mut tx = begin(&self.pool).await?;
            let done = self.rows.of_subject(&mut tx, log, &subject).await?;
            commit(tx, done).await
        };
        self.told("read", done.await)
    }

    async fn destroy(&self, keys: Vec<StoredKey>) -> Result<u64, StoreError> {
        let done = async {
            let mut tx = begin(&self.pool).await?;
            let done = self.rows.destroy(&mut tx, keys).await?;
            commit(tx, done).await
        };
        self.told("write", done.await)
    }

    async fn destroyed(&self) -> Result<u64, StoreError> {
        let done = async {
            let mut tx = begin(&self.pool).await?;
            let done = self.rows.destroyed(&mut tx).await?;
            commit(tx, done).await
        };
        self.told("read", done.await)
    }

    async fn page(&self, after: Option<KeyId>) -> Result<Vec<StoredKey>, StoreError> {
        let done = async {
            let mut tx = begin(&self.pool).await?;
            let done = self.rows.page(&mut tx, after).await?;
            commit(tx, done).await
        };
        self.told("read", done.await)
    }

    async fn rewrap(&self, id: KeyId, from: WrappedKey, to: WrappedKey) -> Result<bool, StoreError> {
        let done = async {
            let mut tx = begin(&self.pool).await?;
            let done = self.rows.rewrap(&mut tx, id, from, to).await?;
            commit(tx, done).await
        };
        self.told("write", done.await)
    }

    async fn searched(&self, log: LogId, by: String) -> Result<Place, StoreError> {
        let done = async {
            let mut tx = begin(&self.pool).await?;
            let done = self.rows.searched(&mut tx, log, &by).await?;
            commit(tx, done).await
        };
        self.told("read", done.await)
    }

    async fn set_searched(&self, log: LogId, by: String, place: Place) -> Result<(), StoreError> {
        let done = async {
            let mut tx = begin(&self.pool).await?;
            self.rows.set_searched(&mut tx, log, &by, place).await?;
            commit(tx, ()).await
        };
        self.told("write", done.await)
    }
}

impl fmt::Debug for PostgresKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresKeyStore").field("schema", &self.schema).finish_non_exhaustive()
    }
}
