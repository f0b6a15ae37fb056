use eskit::StoreError;
use eskit::prelude::*;
use eskit::sqlite::rusqlite::{self, params_from_iter};
use eskit::sqlite::{SqliteViews, Tx};

use super::change::{self, Change};
use super::report::{FunnelReport, Week};
use super::{TABLES, TIMES, WEEKS};
use crate::{ApplicationEvent, OfferEvent};

/// How applications fare, in SQLite.
pub struct Funnel;

#[projection(name = "funnel")]
impl Funnel {
    #[tables]
    const SQL: &str = TABLES;

    #[on]
    fn application(&self, event: &ApplicationEvent, recorded: &RecordedEvent, tx: &mut Tx) -> rusqlite::Result<()> {
        write(change::of_application(event, recorded), tx)
    }

    #[on]
    fn offer(&self, event: &OfferEvent, recorded: &RecordedEvent, tx: &mut Tx) -> rusqlite::Result<()> {
        write(change::of_offer(event, recorded), tx)
    }
}

fn write(change: Option<Change>, tx: &mut Tx) -> rusqlite::Result<()> {
    if let Some(Change { sql, values }) = change {
        tx.prepare_cached(sql)?.execute(params_from_iter(values))?;
    }
    Ok(())
}

pub(super) async fn read(views: &SqliteViews) -> Result<FunnelReport, StoreError> {
    let read = |conn: &rusqlite::Connection| {
        let mut weeks = conn.prepare(&WEEKS.replace("{cases}", "cases"))?;
        let weeks = weeks.query_map([], |row: &rusqlite::Row<'_>| {
            let get = |column| row.get::<_, i64>(column);
            let row = (get(0)?, get(1)?, get(2)?, get(3)?, get(4)?, get(5)?, get(6)?, get(7)?);
            Ok(Week::from(row))
        });
        let weeks = weeks?.collect::<Result<_, _>>()?;
        let mut times = conn.prepare(&TIMES.replace("{cases}", "cases"))?;
        let times = times.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(FunnelReport::new(weeks, times))
    };
    views.read::<Funnel, _>(read).await
}
