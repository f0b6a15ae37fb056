use std::error::Error;

use campus::{Rosters, SeatGiver, Seats};
use eskit::prelude::*;
use eskit::rows::{ReadRows, RowPage, Rows, RowsError};
use eskit::sqlite::{SqliteStore, SqliteViews};
use eskit::{MemoryViews, Running};
#[cfg(feature = "postgres")]
use {
    campus::rosters::postgres,
    eskit::postgres::{PostgresStore, PostgresViews, sqlx},
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What the campus lists, kept beside its log: the courses as rows of [`Seats`], and the rosters in SQL.
///
/// A handler is a plain function in SQLite, and an `async` one in PostgreSQL, so there are two projections with the same
/// SQL. In memory there is no SQL, and no third one: nobody would look at it again after the run.
pub(crate) enum Lists {
    Memory(MemoryViews),
    Sqlite(SqliteViews),
    #[cfg(feature = "postgres")]
    Postgres(PostgresViews),
}

impl Lists {
    /// Opens them beside the log: in files beside its file, or in schemas of its database.
    pub(crate) async fn open(store: &AnyStore) -> Result<Lists> {
        #[cfg(feature = "postgres")]
        if let Some(store) = store.downcast_ref::<PostgresStore>() {
            return Ok(Lists::Postgres(PostgresViews::open(store.pool().clone()).await?));
        }
        Ok(match store.downcast_ref::<SqliteStore>() {
            Some(store) => Lists::Sqlite(SqliteViews::open(store.path().with_extension("views.db")).await?),
            None => Lists::Memory(MemoryViews::new()),
        })
    }

    /// Lets them follow the log of an app. The checkpoint of its processor is kept beside them.
    pub(crate) fn follow(&self, app: App<AnyStore>) -> App<AnyStore> {
        match self {
            Lists::Memory(views) => app.with_rows::<Seats>(views.clone()).with_processor(SeatGiver, views.clone()),
            Lists::Sqlite(views) => app
                .with_rows::<Seats>(views.clone())
                .with_projection(Rosters, views.clone())
                .with_processor(SeatGiver, views.clone()),
            #[cfg(feature = "postgres")]
            Lists::Postgres(views) => app
                .with_rows::<Seats>(views.clone())
                .with_projection(postgres::Rosters, views.clone())
                .with_processor(SeatGiver, views.clone()),
        }
    }

    /// Waits until they show all that is in the log now.
    pub(crate) async fn caught_up(&self, app: &Running<AnyStore>) -> Result<()> {
        let head = app.store().head().await?;
        app.caught_up::<Rows<Seats>>(head).await?;
        match self {
            Lists::Memory(_) => {}
            Lists::Sqlite(_) => app.caught_up::<Rosters>(head).await?,
            #[cfg(feature = "postgres")]
            Lists::Postgres(_) => app.caught_up::<postgres::Rosters>(head).await?,
        }
        Ok(())
    }

    /// The courses with the most students.
    pub(crate) async fn fullest(&self, count: usize) -> Result<RowPage<Seats>> {
        Ok(match self {
            Lists::Memory(views) => fullest(views, count).await?,
            Lists::Sqlite(views) => fullest(views, count).await?,
            #[cfg(feature = "postgres")]
            Lists::Postgres(views) => fullest(views, count).await?,
        })
    }

    /// The courses of a term, each with its students; `None` without SQL.
    pub(crate) async fn rosters(&self, term: u32) -> Result<Option<Vec<(String, String)>>> {
        let pattern = format!("%-{term}");
        Ok(match self {
            Lists::Memory(_) => None,
            Lists::Sqlite(views) => {
                let list = views.read::<Rosters, _>(move |conn| {
                    let mut list = conn.prepare_cached(Rosters::LIST)?;
                    list.query_map([pattern], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
                });
                Some(list.await?)
            }
            #[cfg(feature = "postgres")]
            Lists::Postgres(views) => {
                let list = sqlx::query_as(postgres::Rosters::LIST).bind(pattern);
                Some(list.fetch_all(views.pool()).await?)
            }
        })
    }
}

/// A list by rows is the same in all views.
async fn fullest(views: &impl ReadRows, count: usize) -> std::result::Result<RowPage<Seats>, RowsError> {
    views.rows().order_by("taken").descending().limit(count).list().await
}
