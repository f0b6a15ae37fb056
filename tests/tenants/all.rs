//! A projection that follows all tenants.

use std::sync::Arc;
use std::time::Duration;

use eskit::log::NewEvent;
use eskit::log::Position;
use eskit::prelude::*;
use eskit::tenant::TenantId;
use eskit::{MemoryTx, MemoryViews, RecordedEvent};
use eskit_tests::campus::{CourseDefined, define};

use super::tenant;

/// The courses of each tenant.
struct Courses;

#[projection(name = "courses-of-tenants", by = "tenant", on_error = "park")]
impl Courses {
    #[on]
    fn defined(&self, event: &CourseDefined, recorded: &RecordedEvent, tx: &mut MemoryTx) -> Result<(), String> {
        let tenant = TenantId::of(recorded).ok_or("it is nobody's")?;
        if event.capacity == 0 {
            return Err(format!("{tenant} has a course without seats"));
        }
        let count = tx.get("courses", tenant.as_str()).and_then(|count| count.as_u64()).unwrap_or_default();
        tx.put("courses", tenant.to_string(), (count + 1).into());
        Ok(())
    }
}

#[tokio::test]
async fn a_tenant_whose_event_fails_is_parked_alone() {
    let store = Arc::new(MemoryStore::new());
    let views = MemoryViews::new();
    let mut options = eskit::subscription::FollowOptions::default();
    options.retry = eskit::RetryPolicy::attempts(1).with_delays(Duration::ZERO, Duration::ZERO);
    let all = App::new(Arc::clone(&store)).with_follow_options(options).with_projection(Courses, views.clone());
    let all = all.start().await.unwrap();
    let broken = CourseDefined { course: "broken".into(), capacity: 0 };
    let acme = tenant(Arc::clone(&store), "acme");
    acme.append(eskit::log::Append::new(NewEvent::encode(&broken).unwrap())).await.unwrap();
    for (id, course) in [("acme", "maths"), ("globex", "maths"), ("globex", "physics")] {
        App::new(tenant(Arc::clone(&store), id)).execute(define(course, 3)).await.unwrap();
    }
    all.caught_up::<Courses>(Position::new(4)).await.unwrap();
    let rows = views.table::<Courses>("courses");
    assert_eq!(rows.into_iter().map(|(id, count)| format!("{id} {count}")).collect::<Vec<_>>(), ["globex 2"]);
    let parked = all.parked::<Courses>().unwrap().list().await.unwrap();
    let listed: Vec<_> = parked.iter().map(|parked| (parked.position.get(), &*parked.key, &*parked.text)).collect();
    assert_eq!(listed, [(1, "acme", "acme has a course without seats"), (2, "acme", "")]);
    all.stop().await.unwrap();
}
