//! Views on a network that swallows what goes through it.

use std::sync::Arc;
use std::time::Duration;

use crate::proxy::{Direction, Proxy};
use crate::support::*;
use crate::views_support::{Courses, batch, claim, rows};
use eskit_postgres::{PostgresViews, Tx};
use eskit_runtime::RecordedEvent;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::model::EventTypes;
use eskit_runtime::subscription::{Apply, ApplyError, HandleAsync, HandleError, Subscriber, SubscriberType};
use sqlx::postgres::PgPoolOptions;
use tokio::time::timeout;

/// Long enough for whatever is not stuck.
const STUCK: Duration = Duration::from_secs(10);

/// Writes, and then has its connection fall silent.
struct CutOff(Proxy, Direction);

impl Subscriber for CutOff {
    const TYPE: &'static SubscriberType = Courses::<1>::TYPE;
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl HandleAsync<Tx> for CutOff {
    async fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        let handled = Courses::<1>.handle(event, tx).await;
        self.0.mute(self.1);
        handled
    }
}

/// What the views themselves ask is given up in time, and what the silent connection has written does not stand in the way.
#[tokio::test]
async fn a_batch_on_a_silent_connection_ends_and_is_handled_again() {
    for direction in [Direction::ToServer, Direction::ToClient] {
        let Some(fixture) = fixture().await else { return };
        let events = fixture.events(&["a"]).await;
        let proxy = Proxy::start(&fixture.database);
        let pool = PgPoolOptions::new().acquire_timeout(Duration::from_millis(500));
        let pool = pool.connect_lazy_with(proxy.connect_options());
        let options = PostgresViews::options().lease(Duration::from_secs(1)).call_timeout(Duration::from_millis(300));
        let views = options.open(pool).await.unwrap();
        let held = claim::<CutOff>(&views).await;
        let batch = batch(&events);
        match timeout(STUCK, views.apply(&held, &Arc::new(CutOff(proxy, direction)), &batch)).await.unwrap() {
            Err(ApplyError::Views(error)) => {
                assert_eq!(error.kind(), StoreErrorKind::Unavailable);
                assert!(error.to_string().contains("the server did not answer within 300ms"), "{error}");
            }
            other => panic!("{other:?}"),
        }
        let direct = fixture.views().await;
        assert!(rows(direct.pool(), "course_list").await.is_empty());
        let courses = Arc::new(Courses::<1>);
        // Idle connections of the pool are silent too, until it has tried them.
        let again = async { while views.apply(&held, &courses, &batch).await.is_err() {} };
        timeout(STUCK, again).await.unwrap();
        assert_eq!(rows(direct.pool(), "course_list").await, [1]);
    }
}
