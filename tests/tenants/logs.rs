//! A log for each tenant.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use eskit::prelude::*;
use eskit::tenant::{DeleteTenantError, TenantId, Tenants};
use eskit_tests::campus::{Seats, define};

fn id(id: &str) -> TenantId {
    TenantId::new(id).unwrap()
}

/// Logs in memory, and how often one was opened.
fn counted(kept: usize) -> (Tenants<MemoryStore, Infallible>, Arc<AtomicUsize>) {
    let opened = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&opened);
    let tenants = Tenants::new(kept, move |_| {
        let count = Arc::clone(&count);
        async move {
            tokio::task::yield_now().await;
            count.fetch_add(1, Ordering::SeqCst);
            Ok(MemoryStore::new())
        }
    });
    (tenants, opened)
}

#[tokio::test]
async fn a_log_is_opened_once_however_many_ask() {
    let (tenants, opened) = counted(10);
    let acme = id("acme");
    let (a, b, c) = tokio::join!(tenants.get(&acme), tenants.get(&acme), tenants.get(&acme));
    assert!(Arc::ptr_eq(&a.unwrap(), &b.unwrap()));
    assert!(Arc::ptr_eq(&c.unwrap(), &tenants.get(&acme).await.unwrap()));
    assert_eq!(opened.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn few_stay_open_unless_they_are_used() {
    let (tenants, opened) = counted(4);
    let used = tenants.get(&id("used")).await.unwrap();
    for number in 0..50 {
        tenants.get(&id(&format!("t{number}"))).await.unwrap();
    }
    assert!(tenants.open_tenants().len() <= 5, "{:?}", tenants.open_tenants());
    assert!(Arc::ptr_eq(&used, &tenants.get(&id("used")).await.unwrap()));
    assert_eq!(opened.load(Ordering::SeqCst), 51);
}

#[tokio::test]
async fn what_cannot_be_opened_is_tried_again() {
    let tries = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&tries);
    let tenants = Tenants::new(4, move |tenant: TenantId| {
        let is_first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if is_first { Err(format!("no disk for {tenant}")) } else { Ok(MemoryStore::new()) } }
    });
    assert_eq!(tenants.get(&id("acme")).await.err(), Some("no disk for acme".to_owned()));
    assert!(tenants.get(&id("acme")).await.is_ok());
}

#[tokio::test]
async fn a_file_for_each_tenant_is_deleted_with_it() {
    let dir = std::env::temp_dir().join(format!("eskit-tenants-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let logs = dir.clone();
    let tenants = Tenants::new(4, move |tenant: TenantId| SqliteStore::open(logs.join(format!("{tenant}.db"))));
    for (tenant, capacity) in [("acme", 3), ("globex", 5)] {
        let app = App::new(tenants.get(&id(tenant)).await.unwrap());
        app.execute(define("maths", capacity)).await.unwrap();
    }
    let acme = App::new(tenants.get(&id("acme")).await.unwrap());
    let remove = async || std::fs::remove_file(dir.join("acme.db"));
    let refused = tenants.delete(&id("acme"), remove).await.unwrap_err();
    assert!(matches!(refused, DeleteTenantError::InUse { .. }));
    assert_eq!(acme.load::<Seats>("maths").await.unwrap().state.capacity, 3);
    drop(acme);
    tenants.delete(&id("acme"), async || std::fs::remove_file(dir.join("acme.db"))).await.unwrap();

    assert_eq!(tenants.open_tenants(), [id("globex")]);
    let anew = App::new(tenants.get(&id("acme")).await.unwrap());
    assert_eq!(anew.load::<Seats>("maths").await.unwrap().state.capacity, 0);
    let globex = App::new(tenants.get(&id("globex")).await.unwrap());
    assert_eq!(globex.load::<Seats>("maths").await.unwrap().state.capacity, 5);
    drop((anew, globex, tenants));
    std::fs::remove_dir_all(&dir).unwrap();
}
