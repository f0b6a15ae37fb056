use std::str::FromStr;

use eskit_runtime::{StoreError, StoreErrorKind};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::error::Fault;

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

/// Connects once, aside of the pool: while the server refuses connections the pool tries on and on, and says in the end that it
/// has none free.
pub(crate) async fn reach(pool: &PgPool) -> Result<(), Fault> {
    let options = pool.connect_options();
    let limit = pool.options().get_acquire_timeout();
    let connection = tokio::time::timeout(limit, PgConnection::connect_with(&options)).await;
    // Whether the server is told about the end changes nothing.
    let _ = connection.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await;
    Ok(())
}

fn unreadable(why: &str) -> StoreError {
    let text = format!("the DSN cannot be read: {why}; write `postgres://user@host/database`");
    StoreError::new(StoreErrorKind::Invalid, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_server_that_is_not_there_is_told_at_once() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let pool = pool(&format!("postgres://u@127.0.0.1:{port}/d"), 2).unwrap();
        let fault = reach(&pool).await.unwrap_err();
        assert_eq!(fault.kind(), StoreErrorKind::Unavailable);
        let names = crate::names::Names::new("eskit", "").unwrap();
        let text = fault.text("open", &names);
        assert!(text.contains("refused") && text.contains("check host and port"), "{text}");
    }

    #[tokio::test]
    async fn a_dsn_that_cannot_be_read_is_refused_without_its_secrets() {
        for dsn in ["", "mysql://u:secret@h/d", "postgres://u:secret@h:port/d", "postgres://u:secret@h/d?sslmode=x"] {
            let error = pool(dsn, 2).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{dsn}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
