//! Read models: rows and checkpoint are committed together, and who is to blame when they are not.

use std::sync::Arc;
use std::time::Duration;

use crate::support::*;
use crate::views_support::*;
use eskit_postgres::{PostgresViews, Tx, sqlx};
use eskit_runtime::RecordedEvent;
use eskit_runtime::log::{Position, StoreErrorKind};
use eskit_runtime::model::EventTypes;
use eskit_runtime::subscription::{
    Apply, ApplyError, Batch, Control, FollowOptions, GivenUp, HandleAsync, HandleError, Partition, State, Subscriber,
    SubscriberType, Views, follow,
};

#[tokio::test]
async fn a_log_is_followed_from_start_to_end_and_on() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    fixture.events(&["a", "b", "c"]).await;
    for total in [3, 4] {
        let control = Control::of::<Courses<1>>(Partition::WHOLE);
        let (options, subscriber) = (FollowOptions::default(), Arc::new(Courses::<1>));
        let following = follow(&fixture.store, &subscriber, &views, &options, &control, &TokioSleep);
        let steering = async {
            control.reached(Position::new(3)).await.unwrap();
            fixture.events(&["d"]).await;
            control.reached(Position::new(total + 1)).await.unwrap();
            control.watch(|health| (health.state == State::Live).then_some(())).await;
            control.stop();
        };
        let (ended, ()) = tokio::join!(following, steering);
        ended.unwrap();
        let all: Vec<i64> = (1..=i64::try_from(total + 1).unwrap()).collect();
        assert_eq!(rows(views.pool(), "course_list").await, all);
        let checkpoints = views.checkpoints().await.unwrap();
        assert_eq!(checkpoints.len(), 1);
        assert!(checkpoints[0].is_active && checkpoints[0].place.position == Position::new(total + 1));
    }
}

#[tokio::test]
async fn a_handler_that_fails_is_named_by_its_event_and_nothing_is_kept() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let mut claim = claim::<Courses<1>>(&views).await;
    for (name, why) in [
        ("refuse", "no rows returned"),
        ("panic", "the handler panicked: no luck"),
        ("mistake", "no_such_column"),
        ("twice", "courses_pkey"),
        ("swallow", "run it in a savepoint"),
        ("swallow-and-fail", "run it in a savepoint"),
        ("deferred", "seats_pos_fkey"),
    ] {
        let before = claim.checkpoint.place;
        let first = usize::try_from(before.position.get()).unwrap();
        let events = fixture.events(&["a", "b", name, "c"]).await;
        let (index, text) = handler(apply(&views, &mut claim, Courses::<1>, &events[first..]).await);
        assert!(index == 2 && text.contains(why), "{name}: {index} {text}");
        assert_eq!(rows(views.pool(), "course_list").await.len(), first / 4 * 3, "{name}");
        assert_eq!(views.checkpoints().await.unwrap()[0].place, before, "{name}");
        // Without the culprit all goes well.
        let mut rest = batch(&events[first..]);
        rest.given_up.push(GivenUp { position: events[first + 2].position, text, attempts: 1 });
        views.apply(&claim, &Arc::new(Courses::<1>), &rest).await.unwrap();
        claim.checkpoint.place = rest.to;
    }
    let events = fixture.events(&["savepoint"]).await;
    apply(&views, &mut claim, Courses::<1>, &events[events.len() - 1..]).await.unwrap();
}

/// A constraint that is checked late need not hold before the end of an append.
#[tokio::test]
async fn a_constraint_that_is_checked_late_blames_the_append_that_breaks_it() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let mut claim = claim::<Courses<1>>(&views).await;
    let names = ["a", "b", "deferred", "c", "d"];
    fixture.append_all(vec![event("a")]).await;
    fixture.append_all(vec![event("b"), event("deferred"), event("c")]).await;
    let events = fixture.events(&["d"]).await;
    assert_eq!(events.len(), names.len());
    let (index, text) = handler(apply(&views, &mut claim, Courses::<1>, &events).await);
    assert!(index == 3 && text.contains("seats_pos_fkey"), "{index} {text}");
}

#[tokio::test]
async fn failures_of_the_database_are_not_the_handlers() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let mut claim = claim::<Courses<1>>(&views).await;
    for (name, kind) in [
        ("deadlock", StoreErrorKind::Busy),
        ("lose", StoreErrorKind::Unavailable),
        ("lose-silently", StoreErrorKind::Unavailable),
    ] {
        let events = fixture.events(&["a", name]).await;
        match apply(&views, &mut claim, Courses::<1>, &events[events.len() - 2..]).await {
            Err(ApplyError::Views(error)) => assert_eq!(error.kind(), kind, "{name}: {error}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(rows(views.pool(), "course_list").await.is_empty());
}

#[tokio::test]
async fn a_handler_that_ends_the_transaction_is_told_so() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let mut claim = claim::<Courses<1>>(&views).await;
    for name in ["commit", "commit-last"] {
        let events = fixture.events(&["a", name]).await;
        match apply(&views, &mut claim, Courses::<1>, &events[events.len() - 2..]).await {
            Err(ApplyError::Views(error)) => {
                assert_eq!(error.kind(), StoreErrorKind::Invalid);
                assert!(error.to_string().contains("ended the transaction of its batch\nhelp: "), "{error}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(views.checkpoints().await.unwrap()[0].place, claim.checkpoint.place);
}

#[tokio::test]
async fn parked_events_hold_up_their_key_and_no_other() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let mut claim = claim::<Parking>(&views).await;
    let events = fixture.events(&["refuse", "a", "refuse", "a"]).await;
    let mut first = batch(&events[..2]);
    first.given_up.push(GivenUp { position: events[0].position, text: "no\0 luck".to_owned(), attempts: 5 });
    views.apply(&claim, &Arc::new(Parking), &first).await.unwrap();
    claim.checkpoint.place = first.to;
    apply(&views, &mut claim, Parking, &events[2..]).await.unwrap();
    assert_eq!(rows(views.pool(), "parking").await, [2, 4]);
    let parked = views.parked("parking", 1).await.unwrap();
    let told: Vec<_> = parked.iter().map(|one| (one.position.get(), one.text.as_str(), one.attempts)).collect();
    assert_eq!(told, [(1, "no\u{fffd} luck", 5), (3, "", 0)]);
    assert_eq!((parked[1].id, parked[1].key.as_str()), (events[2].id, parked[0].key.as_str()));

    let place = views.checkpoints().await.unwrap()[0].place;
    let refused = views.replay(&Arc::new(Parking), &events[0]).await;
    assert!(matches!(refused, Err(ApplyError::Handler { index: 0, .. })), "{refused:?}");
    assert_eq!(views.parked("parking", 1).await.unwrap().len(), 2);
    let mut mended = events[0].clone();
    mended.name = events[1].name.clone();
    let (one, other) = (views.clone(), views.clone());
    let subscriber = Arc::new(Parking);
    let (one, other) = tokio::join!(one.replay(&subscriber, &mended), other.replay(&subscriber, &mended));
    assert_eq!([one.unwrap(), other.unwrap()].iter().filter(|replayed| **replayed).count(), 1);
    assert!(views.drop_parked("parking", 1, events[2].position).await.unwrap());
    assert!(!views.drop_parked("parking", 1, events[2].position).await.unwrap());
    assert!(views.parked("parking", 1).await.unwrap().is_empty());
    assert_eq!(
        (rows(views.pool(), "parking").await, views.checkpoints().await.unwrap()[0].place),
        (vec![1, 2, 4], place)
    );
}

/// A projection whose table and statements have the same text as those of another one, but other types.
struct Numbers;
struct Texts;

async fn insert(value: i32, event: &RecordedEvent, tx: &mut Tx) -> sqlx::Result<i64> {
    let (sql, pos) = ("INSERT INTO items VALUES ($1, $2) RETURNING *", event.position.get().to_string());
    let row = match value {
        0 => sqlx::query(sql).bind(pos).bind("text").fetch_one(&mut **tx).await?,
        _ => {
            sqlx::query(sql).bind(i64::try_from(event.position.get()).unwrap()).bind(value).fetch_one(&mut **tx).await?
        }
    };
    drop(row);
    sqlx::query_scalar("SELECT count(*) FROM items").fetch_one(&mut **tx).await
}

impl Subscriber for Numbers {
    const TYPE: &'static SubscriberType = &described("numbers", 1, "CREATE TABLE items (pos bigint, item int)");
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl Subscriber for Texts {
    const TYPE: &'static SubscriberType = &described("texts", 1, "CREATE TABLE items (pos text, item text)");
    const EVENTS: EventTypes = EventTypes::NONE;
    const TAKES_ALL: bool = true;
}

impl HandleAsync<Tx> for Numbers {
    async fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        insert(7, event, tx).await.map(|_| true).map_err(HandleError::new)
    }
}

impl HandleAsync<Tx> for Texts {
    async fn handle(&self, event: &RecordedEvent, tx: &mut Tx) -> Result<bool, HandleError> {
        insert(0, event, tx).await.map(|_| true).map_err(HandleError::new)
    }
}

#[tokio::test]
async fn projections_with_the_same_statements_share_a_pool() {
    let Some(fixture) = fixture().await else { return };
    let options = sqlx::postgres::PgPoolOptions::new().max_connections(1);
    let pool = options.connect_with(fixture.database.connect_options()).await.unwrap();
    let views = PostgresViews::open(pool).await.unwrap();
    let (mut numbers, mut texts) = (claim::<Numbers>(&views).await, claim::<Texts>(&views).await);
    let events = fixture.events(&["a", "b", "c"]).await;
    for event in events.chunks(1) {
        apply(&views, &mut numbers, Numbers, event).await.unwrap();
        apply(&views, &mut texts, Texts, event).await.unwrap();
    }
    for (schema, expected) in [("numbers", 3), ("texts", 3)] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {schema}.items"));
        assert_eq!(sqlx::query_scalar::<_, i64>(sql).fetch_one(views.pool()).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn sessions_with_other_defaults_make_no_difference() {
    let Some(fixture) = fixture().await else { return };
    fixture.events(&["a"]).await;
    execute(
        fixture.store.pool(),
        "CREATE SCHEMA evil; CREATE FUNCTION evil.eq(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false';
         CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.eq); CREATE TABLE evil.courses (x int)",
    )
    .await;
    for (name, value) in [
        ("default_transaction_isolation", "serializable"),
        ("default_transaction_isolation", "repeatable read"),
        ("default_transaction_read_only", "on"),
        ("search_path", "evil,pg_catalog"),
        ("synchronous_commit", "off"),
        ("session_replication_role", "replica"),
    ] {
        let options = fixture.database.connect_options().options([(name, value)]);
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(3).connect_with(options).await.unwrap();
        let views = PostgresViews::options().lease(Duration::from_millis(300)).open(pool).await.unwrap();
        let mut claim = claim::<Courses<1>>(&views).await;
        views.restart(&claim, &subscription::<Courses<1>>()).await.unwrap();
        claim.checkpoint.place = subscription::<Courses<1>>().start;
        apply(&views, &mut claim, Courses::<1>, &everything(&fixture.store).await).await.unwrap();
        views.activate(&claim).await.unwrap();
        tokio::time::sleep(Duration::from_millis(700)).await;
        views.set_events(&claim, vec!["e".to_owned()]).await.unwrap();
        assert!(try_claim::<Courses<1>>(&views).await.is_none(), "{name}: the lease was not renewed");
        assert_eq!(rows(fixture.store.pool(), "course_list").await, [1], "{name}");
        views.release(claim).await;
    }
}

#[tokio::test]
async fn an_empty_batch_moves_the_checkpoint() {
    let Some(fixture) = fixture().await else { return };
    let views = fixture.views().await;
    let claim = claim::<Courses<1>>(&views).await;
    let events = fixture.events(&["a"]).await;
    views.apply(&claim, &Arc::new(Courses::<1>), &Batch::new(Vec::new(), events[0].place())).await.unwrap();
    assert_eq!(views.checkpoints().await.unwrap()[0].place, events[0].place());
    // The claim is where it was, so it is not there any more.
    let again = views.apply(&claim, &Arc::new(Courses::<1>), &batch(&events)).await;
    assert!(matches!(again, Err(ApplyError::Deposed)), "{again:?}");
}

/// As behind a pooler that assigns connections per transaction: nothing is left of a session when its transaction has ended.
#[tokio::test]
async fn each_transaction_may_have_a_session_of_its_own() {
    let Some(fixture) = fixture().await else { return };
    let options = sqlx::postgres::PgPoolOptions::new().max_connections(4);
    let options = options.after_release(|_, _| Box::pin(async { Ok(false) }));
    let pool = options.connect_with(fixture.database.connect_options()).await.unwrap();
    let views = PostgresViews::options().lease(Duration::from_millis(600)).open(pool).await.unwrap();
    work(&views, &fixture.events(&["a", "b"]).await).await;
    assert_eq!(rows(fixture.store.pool(), "course_list").await, [1, 2]);
    assert_eq!(rows(fixture.store.pool(), "parking").await, [1, 2]);
}
