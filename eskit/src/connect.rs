use eskit_runtime::{AnyStore, StoreError, StoreErrorKind};

use crate::MemoryStore;

/// Opens the store that a DSN names, and makes its file or its tables if they are not there or older.
///
/// | DSN | store | feature |
/// |---|---|---|
/// | `memory:` | a [`MemoryStore`], empty | |
/// | `sqlite:///var/lib/app.db` | SQLite at an absolute path | `sqlite` |
/// | `sqlite://app.db` or `sqlite:app.db` | SQLite at a path relative to the working directory | `sqlite` |
/// | `postgres://user:password@host:port/database` | PostgreSQL, in the schema `eskit` of a database that exists | `postgres` |
///
/// Nothing has to be closed: what was answered is in the log, and a store closes itself when its last clone is dropped.
///
/// Each store has options of its own, such as other names or migrations that are run by somebody else; to set them, open
/// it by its own type.
///
/// ```
/// # use eskit::prelude::*;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), eskit::StoreError> {
/// let app = App::new(eskit::connect("memory:").await?);
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`StoreErrorKind::Invalid`] for a DSN that names no store of this build; otherwise what opening the store returns.
pub async fn connect(dsn: &str) -> Result<AnyStore, StoreError> {
    match dsn.split_once(':') {
        Some(("memory", "")) => Ok(AnyStore::new(MemoryStore::new())),
        Some(("sqlite", path)) => sqlite(dsn, path.strip_prefix("//").unwrap_or(path)).await,
        Some(("postgres" | "postgresql", _)) => postgres(dsn).await,
        _ => Err(unknown(dsn, "it names no store")),
    }
}

#[cfg(feature = "postgres")]
async fn postgres(dsn: &str) -> Result<AnyStore, StoreError> {
    Ok(AnyStore::new(eskit_postgres::PostgresStore::options().migrate(true).connect(dsn).await?))
}

#[cfg(not(feature = "postgres"))]
async fn postgres(dsn: &str) -> Result<AnyStore, StoreError> {
    Err(unknown(dsn, "this build has no PostgreSQL; switch on the feature `postgres` of eskit"))
}

#[cfg(feature = "sqlite")]
async fn sqlite(dsn: &str, path: &str) -> Result<AnyStore, StoreError> {
    if path.is_empty() {
        return Err(unknown(dsn, "it names no file"));
    }
    Ok(AnyStore::new(eskit_sqlite::SqliteStore::open(path).await?))
}

#[cfg(not(feature = "sqlite"))]
async fn sqlite(dsn: &str, _: &str) -> Result<AnyStore, StoreError> {
    Err(unknown(dsn, "this build has no SQLite; switch on the feature `sqlite` of eskit"))
}

/// The error for a DSN that cannot be used. What stands behind the scheme may hold a password, so only that is shown
/// which is needed.
fn unknown(dsn: &str, why: &str) -> StoreError {
    let what = match dsn.split_once(':') {
        Some((scheme, _)) => format!("the DSN `{scheme}:..`"),
        None => "a DSN without a scheme".to_owned(),
    };
    StoreError::new(
        StoreErrorKind::Invalid,
        format!(
            "cannot connect to {what}: {why}; write `memory:`, `sqlite:///path/to/file.db`, or \
             `postgres://user@host/database`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dsn_that_names_no_store_is_refused_without_its_secrets() {
        let bare = connect("campus.db").await.unwrap_err().to_string();
        assert!(
            bare.starts_with("cannot connect to a DSN without a scheme: it names no store; write `memory:`"),
            "{bare}"
        );
        for dsn in [
            "",
            "mysql://user:secret@host/db",
            "sqlite:",
            "sqlite://",
            "memory:x",
            "postgres://user:secret@host:port/db",
        ] {
            let error = connect(dsn).await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{dsn}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(connect("memory:").await.is_ok());
    }
}
