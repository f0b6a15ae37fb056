use std::str::FromStr;

use eskit_runtime::{StoreError, StoreErrorKind};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// The pool of a DSN; connects when it is first used. No error shows the DSN, which may hold a password.
pub(crate) fn pool(dsn: &str, max_connections: u32) -> Result<PgPool, StoreError> {
    let is_postgres = dsn.starts_with("postgres://") || dsn.starts_with("postgresql://");
    let options = is_postgres.then(|| PgConnectOptions::from_str(dsn)).transpose();
    match options {
        Ok(Some(options)) => {
            let options = options.application_name("eskit");
            Ok(PgPoolOptions::new().max_connections(max_connections).connect_lazy_with(options))
        }
        Ok(None) => Err(unreadable("it does not begin with `postgres://`")),
        Err(error) => Err(unreadable(&error.to_string())),
    }
}

fn unreadable(why: &str) -> StoreError {
    let text = format!("the DSN cannot be read: {why}; write `postgres://user@host/database`");
    StoreError::new(StoreErrorKind::Invalid, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dsn_that_cannot_be_read_is_refused_without_its_secrets() {
        for dsn in ["", "mysql://u:secret@h/d", "postgres://u:secret@h:port/d", "postgres://u:secret@h/d?sslmode=x"] {
            let error = pool(dsn, 2).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{dsn}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
