use std::error::Error;
use std::time::Duration;

use eskit::Running;
#[cfg(feature = "postgres")]
use eskit::postgres::{PostgresStore, PostgresViews};
use eskit::prelude::*;
use eskit::sqlite::{SqliteStore, SqliteViews};

#[cfg(feature = "postgres")]
use super::PostgresFunnel;
use super::{Funnel, FunnelReport};

/// How long the last events may take.
const PATIENCE: Duration = Duration::from_secs(300);

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Where the funnel is kept: beside the log.
#[derive(Debug)]
pub enum FunnelViews {
    /// Nowhere: a log in memory has no database.
    None,
    /// In files beside that of the log.
    Sqlite(SqliteViews),
    /// In the database of the log.
    #[cfg(feature = "postgres")]
    Postgres(PostgresViews),
}

impl FunnelViews {
    /// Opens the views beside this log.
    ///
    /// # Errors
    /// The file or the database cannot be used.
    pub async fn open(store: &AnyStore) -> Result<FunnelViews> {
        #[cfg(feature = "postgres")]
        if let Some(store) = store.downcast_ref::<PostgresStore>() {
            return Ok(FunnelViews::Postgres(PostgresViews::open(store.pool().clone()).await?));
        }
        Ok(match store.downcast_ref::<SqliteStore>() {
            Some(store) => FunnelViews::Sqlite(SqliteViews::open(store.path().with_extension("views.db")).await?),
            None => FunnelViews::None,
        })
    }

    /// Lets the funnel follow the log of an app, once that is started.
    pub fn follow<S: EventStore + 'static>(&self, app: App<S>) -> App<S> {
        match self {
            FunnelViews::None => app,
            FunnelViews::Sqlite(views) => app.with_projection(Funnel, views.clone()),
            #[cfg(feature = "postgres")]
            FunnelViews::Postgres(views) => app.with_projection(PostgresFunnel, views.clone()),
        }
    }

    /// Waits until the funnel shows all that is in the log now, and reads it; `None` if it is kept nowhere.
    ///
    /// # Errors
    /// The log or the views failed.
    pub async fn report<S: EventStore + 'static>(&self, app: &Running<S>) -> Result<Option<FunnelReport>> {
        let head = app.store().head().await?;
        Ok(match self {
            FunnelViews::None => None,
            FunnelViews::Sqlite(views) => {
                app.caught_up::<Funnel>(head).within(PATIENCE).await?;
                Some(super::sqlite::read(views).await?)
            }
            #[cfg(feature = "postgres")]
            FunnelViews::Postgres(views) => {
                app.caught_up::<PostgresFunnel>(head).within(PATIENCE).await?;
                Some(super::postgres::read(views).await?)
            }
        })
    }
}
