use eskit_runtime::{AnyStore, StoreError, StoreErrorKind};

use crate::MemoryStore;

/// Opens the store that a DSN names, and creates it if it is not there.
///
/// | DSN | store |
/// |---|---|
/// | `memory:` | a [`MemoryStore`], empty |
/// | `sqlite:///var/lib/app.db` | SQLite at an absolute path |
/// | `sqlite://app.db` or `sqlite:app.db` | SQLite at a path relative to the working directory |
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
        _ => Err(unknown(dsn, "it names no store")),
    }
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
    let scheme = dsn.split_once(':').map_or(dsn, |(scheme, _)| scheme);
    StoreError::new(
        StoreErrorKind::Invalid,
        format!("cannot connect to the DSN `{scheme}:..`: {why}; write `memory:` or `sqlite:///path/to/file.db`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dsn_that_names_no_store_is_refused_without_its_secrets() {
        for dsn in ["", "mysql://user:secret@host/db", "sqlite:", "sqlite://", "memory:x"] {
            let error = connect(dsn).await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{dsn}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(connect("memory:").await.is_ok());
    }
}
